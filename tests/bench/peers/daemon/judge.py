"""From the bytes of a report to an item that can be stored, or to everything that is wrong with it.

Festival days only: the kind that the benchmark files. Labels and bounds come from the options of the contract; the walk over
the fields is written out, for a walk over the descriptors takes three times as long.
"""
import calendar
import datetime
import functools
import hashlib
import re

from google.protobuf import message

import festival_day_pb2
import protocol_pb2
import report_pb2
import rules_pb2

VIET_NAM = datetime.timezone(datetime.timedelta(hours=7))
TEXTS = {
    "required": ("thiếu", "is missing"), "min": ("quá nhỏ", "is too small"), "max": ("quá lớn", "is too large"),
    "max_len": ("quá dài", "is too long"), "pattern": ("không đúng mẫu", "does not match its pattern"),
    "date": ("không phải là ngày", "is not a date"), "timestamp": ("không phải là thời điểm", "is not an RFC 3339 time"),
    "max_items": ("quá nhiều dòng", "has too many lines"), "unique_by": ("trùng dòng khác", "speaks of what another line does"),
    "body": ("không có nội dung", "carries no body that this server knows"),
    "period_length": ("không khớp loại kỳ", "does not fit the type of the period"),
    "points_held_sum": ("khác tổng các điểm", "is not the sum of the commune-level venues"),
    "unit_unknown": ("không có đơn vị này", "is no unit on that day"), "out_of_scope": ("ngoài phạm vi", "is not the sender's"),
    "no_form": ("không có biểu này", "is not filed by this unit"), "period_not_begun": ("kỳ chưa đến", "lies in the future"),
    "conflict": ("đã có nội dung khác", "is stored with another content"),
    "store": ("cơ sở dữ liệu từ chối", "is refused by the database"), "malformed": ("không đọc được", "cannot be read"),
}


def rule_of(field):
    return field.GetOptions().Extensions[rules_pb2.field]


def numbers_of(descriptor):
    """(name, required, least, greatest) of the numbers of a message."""
    return [(f.name, rule_of(f).required, rule_of(f).min, rule_of(f).max) for f in descriptor.fields
            if f.cpp_type in (f.CPPTYPE_UINT32, f.CPPTYPE_UINT64)]


def label(value):
    prefix = re.sub("(?<=.)(?=[A-Z])", "_", value.type.name).upper()
    return value.name.removeprefix(prefix + "_").lower()


def labels_of(enum):
    return {value.number: label(value) for value in enum.DESCRIPTOR.values}


REPORT_FIELDS = report_pb2.Report.DESCRIPTOR.fields_by_name
DAY_FIELDS = festival_day_pb2.FestivalDay.DESCRIPTOR.fields_by_name
REPORT_NUMBERS = numbers_of(report_pb2.Report.DESCRIPTOR)
DAY_NUMBERS = numbers_of(festival_day_pb2.FestivalDay.DESCRIPTOR)
VENUE_NUMBERS = numbers_of(festival_day_pb2.FestivalDay.Venue.DESCRIPTOR)
VENUES_MAX = rule_of(DAY_FIELDS["venue"]).max_items
UNIT_CODE = re.compile(rule_of(REPORT_FIELDS["unit_code"]).pattern)
UNIT_CODE_MAX = rule_of(REPORT_FIELDS["unit_code"]).max_len
FILED_AT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
FILED_AT_MAX = rule_of(REPORT_FIELDS["filed_at"]).max_len
PERIOD_TYPE, PRECISION, VENUE_KIND = map(labels_of, (report_pb2.PeriodType, report_pb2.Precision, festival_day_pb2.VenueKind))
PERIODS = {v.number: v.GetOptions().Extensions[rules_pb2.value] for v in report_pb2.PeriodType.DESCRIPTOR.values}
COMMUNE_LEVEL = {v.number for v in festival_day_pb2.VenueKind.DESCRIPTOR.values
                 if v.GetOptions().Extensions[rules_pb2.value].commune_level}


class Item:
    """One report on its way. key: (top_unit_id, unit_id, period_type, first, last, revision)."""
    __slots__ = ("submission", "raw", "report", "key", "digest", "violations", "outcome", "report_no", "received_at")

    def __init__(self, submission, raw):
        self.submission, self.raw = submission, raw
        self.report = self.key = self.digest = self.outcome = self.report_no = self.received_at = None
        self.violations = []

    def add(self, path, rule):
        vi, en = TEXTS[rule]
        self.violations.append(protocol_pb2.Violation(path=path, rule=rule, vi=f"{path}: {vi}", en=f"{path} {en}"))


@functools.lru_cache(maxsize=100_000)
def parse_date(text):
    try:
        if len(text) != 10 or text[4] != "-" or text[7] != "-":  # fromisoformat takes other forms of ISO 8601 too
            return None
        day = datetime.date.fromisoformat(text)
        return day if 1900 <= day.year <= 2999 else None
    except ValueError:
        return None


def add_months(day, months):
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@functools.lru_cache(maxsize=100_000)  # the units of a country report on the same days
def period_fits(period_type, first, last):
    rule = PERIODS[period_type]
    if rule.days:
        return last == first + datetime.timedelta(days=rule.days - 1)
    end = add_months(first, rule.months or 12) - datetime.timedelta(days=1)
    return last == end if rule.months else first <= last <= end


def judge_numbers(about, numbers, prefix, item):
    for name, required, least, greatest in numbers:
        if about.HasField(name):
            value = getattr(about, name)
            if value > greatest:
                item.add(prefix + name, "max")
            elif value < least:
                item.add(prefix + name, "min")
        elif required:
            item.add(prefix + name, "required")


def judge_venues(day, item):
    if len(day.venue) > VENUES_MAX:
        item.add("festival_day.venue", "max_items")
        return
    kinds = set()
    for number, venue in enumerate(day.venue):
        prefix = f"festival_day.venue[{number}]."
        judge_numbers(venue, VENUE_NUMBERS, prefix, item)
        if not venue.HasField("venue_kind"):
            item.add(prefix + "venue_kind", "required")
        elif venue.venue_kind in kinds:
            item.add(prefix[:-1], "unique_by")
        else:
            kinds.add(venue.venue_kind)


def judge_day(day, item):
    judge_numbers(day, DAY_NUMBERS, "festival_day.", item)
    judge_venues(day, item)
    if day.HasField("points_held") and day.points_held != sum(
            [v.held for v in day.venue if v.venue_kind in COMMUNE_LEVEL and v.HasField("venue_kind")]):
        item.add("festival_day.points_held", "points_held_sum")


def judge_text(report, name, longest, pattern, rule, item):
    text = getattr(report, name)
    if len(text) > longest:
        item.add(name, "max_len")
    elif not pattern.fullmatch(text):
        item.add(name, rule)


def judge_date(report, name, item):
    """Gives the date, or None and a violation."""
    if not report.HasField(name):
        item.add(name, "required")
        return None
    day = parse_date(getattr(report, name))
    if day is None:
        item.add(name, "max_len" if len(getattr(report, name)) > 10 else "date")
    return day


def judge_contract(report, item):
    """Gives first and last day, as far as they can be read."""
    if report.HasField("unit_code"):
        judge_text(report, "unit_code", UNIT_CODE_MAX, UNIT_CODE, "pattern", item)
    else:
        item.add("unit_code", "required")
    if not report.HasField("period_type"):
        item.add("period_type", "required")
    first, last = judge_date(report, "period_first", item), judge_date(report, "period_last", item)
    judge_numbers(report, REPORT_NUMBERS, "", item)
    if report.HasField("filed_at"):
        judge_text(report, "filed_at", FILED_AT_MAX, FILED_AT, "timestamp", item)
    if report.WhichOneof("body") == "festival_day":
        judge_day(report.festival_day, item)
    else:
        item.add("", "body")
    if first is not None and last is not None and report.HasField("period_type") and not period_fits(
            report.period_type, first, last):
        item.add("period_last", "period_length")
    return first, last


def judge_authority(catalogue, sender, report, first, last, item):
    """Gives the unit, if there is one."""
    if first is not None and first > item.submission.today:
        item.add("period_first", "period_not_begun")
    if last is None or not report.HasField("unit_code"):
        return None
    unit = catalogue.unit_on(report.unit_code, last)
    if unit is None:
        item.add("unit_code", "unit_unknown")
        return None
    if not catalogue.in_scope(unit.unit_id, sender.scope_unit_id):
        item.add("unit_code", "out_of_scope")
    if report.HasField("period_type") and report.HasField("festival_day") and not catalogue.has_form(
            "festival_day", unit.level, PERIOD_TYPE[report.period_type], last):
        item.add("period_type", "no_form")
    return unit


def canonical(report):
    """The encoding that the content digest covers."""
    if report.HasField("filed_at"):
        report = report_pb2.Report.FromString(report.SerializeToString())
        report.ClearField("filed_at")
    report.DiscardUnknownFields()
    report.precision = report.precision  # the default, filled in
    return report.SerializeToString()


def judge(catalogue, sender, item):
    try:
        report = item.report = report_pb2.Report.FromString(item.raw)
    except message.DecodeError:
        item.add("", "malformed")
    else:
        first, last = judge_contract(report, item)
        unit = judge_authority(catalogue, sender, report, first, last, item)
    if item.violations:
        item.outcome = protocol_pb2.OUTCOME_REFUSED
        return
    item.key = (unit.top_unit_id, unit.unit_id, report.period_type, first, last, report.revision)
    item.digest = hashlib.blake2b(canonical(report), digest_size=32).digest()
