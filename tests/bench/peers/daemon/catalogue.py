"""Units, forms and collectors, read once at the start: what reports are judged by beside the contract."""
import datetime
import functools
import typing


class Unit(typing.NamedTuple):
    unit_id: int
    parent_id: int | None
    top_unit_id: int
    level: str
    first: datetime.date
    last: datetime.date


class Sender(typing.NamedTuple):
    collector_id: int
    scope_unit_id: int
    scope_top_unit_id: int


class Catalogue:
    def __init__(self, connection):
        self.by_code, self.by_id = {}, {}
        for code, *columns in connection.execute(
                "SELECT code, unit_id, parent_id, top_unit_id, level::text, coalesce(lower(valid), '1900-01-01'), "
                "coalesce(upper(valid) - 1, '2999-12-31') FROM baocao.unit"):
            unit = Unit(*columns)
            self.by_code.setdefault(code, []).append(unit)
            self.by_id[unit.unit_id] = unit
        self.forms = connection.execute(
            "SELECT kind::text, level::text, period_type::text, coalesce(lower(valid), '1900-01-01'), "
            "coalesce(upper(valid) - 1, '2999-12-31') FROM baocao.form").fetchall()
        self.senders = {key: Sender(*columns) for key, *columns in connection.execute(
            "SELECT public_key, collector_id, scope_unit_id, top_unit_id FROM baocao.collector_key "
            "JOIN baocao.collector USING (collector_id) JOIN baocao.unit ON unit_id = scope_unit_id "
            "WHERE revoked_at IS NULL AND now() >= valid_from AND now() < coalesce(valid_to, 'infinity')")}
        self.successors = {predecessor: (successor, alone) for predecessor, successor, alone in connection.execute(
            "SELECT predecessor_id, successor_id, count(*) OVER (PARTITION BY predecessor_id) = 1 "
            "AND count(*) OVER (PARTITION BY successor_id) = 1 FROM baocao.unit_succession WHERE extent = 'whole'")}

    def unit_on(self, code, day):
        for unit in self.by_code.get(code, ()):
            if unit.first <= day <= unit.last:
                return unit
        return None

    @functools.cache
    def has_form(self, kind, level, period_type, day):
        return any(form[:3] == (kind, level, period_type) and form[3] <= day <= form[4] for form in self.forms)

    def leads_to(self, start, end, only_alone):
        while start != end and start in self.successors:
            start, alone = self.successors[start]
            if only_alone and not alone:
                return False
        return start == end

    @functools.cache
    def in_scope(self, unit_id, scope_unit_id):
        """Whether the unit is the scope, hangs under it, passed whole into it, or is the same office under another version."""
        while unit_id is not None:
            if self.leads_to(unit_id, scope_unit_id, False) or self.leads_to(scope_unit_id, unit_id, True):
                return True
            unit_id = self.by_id[unit_id].parent_id
        return False
