"""Every kind through both sockets, and every rule of the contract: made from the descriptors, field by field by none."""
import pytest
import zmq
from conftest import wait_until
from contract import (KINDS, base_report, broken_reports, column_value, kept_reports, scope_of)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("socket", [zmq.DEALER, zmq.PUSH], ids=["router", "pull"])
def test_a_report_of_every_kind_is_filed_and_read_back(collector, database, daemon, kind, socket):
    scope, unit = scope_of(kind)
    report = base_report(kind)
    client = collector(scope, kind=socket)
    if unit == "00001":
        add_ward(database, daemon)
    client.send(report)
    if socket == zmq.DEALER:
        outcome = client.receipt().outcome[0]
        assert outcome.outcome == client.protocol.OUTCOME_STORED, outcome
    wait_until(lambda: database.value("SELECT count(*) FROM baocao.report") == 1, "the report is stored")
    body = getattr(report, kind)
    scalars = [f for f in body.DESCRIPTOR.fields if f.message_type is None]
    if scalars:
        columns = ", ".join(f"{f.name}::text" if f.enum_type or f.type == f.TYPE_STRING else f.name for f in scalars)
        assert database.rows(f"SELECT {columns} FROM baocao.{kind}") == [tuple(column_value(body, f) for f in scalars)]
    for lines in (f for f in body.DESCRIPTOR.fields if f.message_type is not None):
        fields = lines.message_type.fields
        columns = ", ".join(f"{f.name}::text" if f.enum_type else f.name for f in fields)
        assert database.rows(f"SELECT {columns} FROM baocao.{kind}_{lines.name} ORDER BY line_no") == [
            tuple(column_value(line, f) for f in fields) for line in getattr(body, lines.name)]


def add_ward(database, daemon):
    units = database.value("SELECT count(*) FROM baocao.unit")
    database.run("SELECT baocao.add_unit('001', 'district', 'urban_district', 'Quận Ba Đình', '01', '2008-08-01', '2025-03-01')")
    database.run("SELECT baocao.add_unit('00001', 'commune', 'ward', 'Phường Phúc Xá', '001', '2008-08-01', '2025-03-01')")
    wait_until(lambda: f"{units + 2} units" in daemon.log_text(), "the daemon knows the ward")


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_is_kept_by_a_report_at_its_bound_and_broken_by_one_beyond(collector, database, kind, daemon):
    scope, unit = scope_of(kind)
    client = collector(scope)
    if unit == "00001":
        add_ward(database, daemon)
    broken, kept = list(broken_reports(kind)), list(kept_reports(kind))
    assert len(broken) >= 5 and kept
    for what, report, path, rule in broken:
        outcome = client.file(report).outcome[0]
        assert (path, rule) in {(v.path, v.rule) for v in outcome.violation}, (what, path, rule, outcome)
        assert outcome.outcome == client.protocol.OUTCOME_REFUSED
    for number, (what, report, path, rule) in enumerate(kept):
        outcome = client.file(report).outcome[0]
        assert (path, rule) not in {(v.path, v.rule) for v in outcome.violation}, (what, outcome)
