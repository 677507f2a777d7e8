"""The contract as the descriptors tell it: a right report of each kind, and for each rule one that breaks it."""
import copy

import kind_pb2
import report_pb2
import rules_pb2

REPORT = report_pb2.Report.DESCRIPTOR
KINDS = [f.name for f in REPORT.oneofs_by_name["body"].fields]


def rule_of(field):
    return field.GetOptions().Extensions[rules_pb2.field]


def scope_of(kind):
    """A sender's scope, and a unit in it whose form asks for the kind."""
    return ("01", "00001") if kind == "model_ward" else ("01", "01")


def text_for(field):
    rule = rule_of(field)
    if rule.format == rules_pb2.TEXT_FORMAT_DATE:
        return "2022-06-30"
    if rule.pattern.startswith("[0-9]+"):
        return "2878/QĐ"
    return "Camera an ninh"[:rule.max_len]


def fill(message, line=0):
    """Gives every field a value that keeps its rule; numbers fall so that not_above holds."""
    for field in message.DESCRIPTOR.fields:
        rule = rule_of(field)
        if field.label == field.LABEL_REPEATED:
            fill(getattr(message, field.name).add(), 0)
            fill(getattr(message, field.name).add(), 1)
        elif field.enum_type:
            labels = [v for v in field.enum_type.values if label(v) not in rule.none_of]
            setattr(message, field.name, labels[min(line, len(labels) - 1)].number)
        elif field.type == field.TYPE_STRING:
            setattr(message, field.name, text_for(field))
        else:
            setattr(message, field.name, min(3, rule.max))
    return message


def label(value):
    prefix = "".join("_" + c if c.isupper() else c.upper() for c in value.type.name).lstrip("_")
    return value.name.removeprefix(prefix + "_").lower()


def base_report(kind):
    report = report_pb2.Report(unit_code=scope_of(kind)[1], period_type=report_pb2.PERIOD_TYPE_YEAR,
                               period_first="2021-12-15", period_last="2022-12-14", revision=2)
    body = fill(getattr(report, kind))
    body.SetInParent()
    if kind == "festival_day":  # the named check: commune-level venues add up to points_held
        body.points_held = sum(v.held for v in body.venue)
    if kind == "withdrawal":
        body.withdrawn_kind = kind_pb2.KIND_FESTIVAL_DAY
    return report


def column_value(message, field):
    if not message.HasField(field.name):
        return None
    value = getattr(message, field.name)
    return label(field.enum_type.values_by_number[value]) if field.enum_type else value


def places(kind):
    """(path, how to get the message from a report) of the envelope, the body and its first lines."""
    yield "", lambda report: report
    yield f"{kind}.", lambda report: getattr(report, kind)
    for field in REPORT.fields_by_name[kind].message_type.fields:
        if field.message_type:
            yield (f"{kind}.{field.name}[0].",
                   lambda report, name=field.name: getattr(getattr(report, kind), name)[0])


def cases(kind):
    """(what, change, path, rule id, breaks) for every rule of every field that a report of the kind can carry."""
    for prefix, get in places(kind):
        for field in get(base_report(kind)).DESCRIPTOR.fields:
            if field.containing_oneof is not None and field.containing_oneof.name == "body":
                continue
            for rule_id, change, breaks in field_cases(field):
                yield f"{prefix}{field.name} {rule_id}", get, change, f"{prefix}{field.name}", rule_id, breaks


def assign(name, value):
    return lambda message: setattr(message, name, value)


def lines_of(name, count):
    def change(message):
        lines = getattr(message, name)
        first = copy.deepcopy(lines[0])
        del lines[:]
        for _ in range(count):
            lines.add().CopyFrom(first)
    return change


def field_cases(field):
    rule, name = rule_of(field), field.name
    if rule.required:
        yield "required", lambda m: m.ClearField(name), True
        yield "required", lambda m: None, False
    if field.label == field.LABEL_REPEATED:
        yield "max_items", lines_of(name, rule.max_items + 1), True
        yield "max_items", lines_of(name, rule.max_items), False
        if rule.min_items:
            yield "min_items", lines_of(name, rule.min_items - 1), True
            yield "min_items", lines_of(name, rule.min_items), False
    elif field.type in (field.TYPE_UINT32, field.TYPE_UINT64):
        yield "max", assign(name, rule.max + 1), True
        yield "max", assign(name, rule.max), False
        if rule.HasField("min"):
            yield "min", assign(name, rule.min - 1), True
            yield "min", assign(name, rule.min), False
        if rule.not_above:
            def above(message, extra):
                setattr(message, rule.not_above, 2)
                setattr(message, name, 2 + extra)
            yield "not_above", lambda m: above(m, 1), True
            yield "not_above", lambda m: above(m, 0), False
    elif field.type == field.TYPE_STRING:
        yield "max_len", assign(name, "ă" * (rule.max_len + 1)), True
        yield "max_len", assign(name, "ă" * rule.max_len), False
        if rule.min_len:
            yield "min_len", assign(name, "ă" * (rule.min_len - 1)), True
            yield "min_len", assign(name, "ă" * rule.min_len), False
        if rule.pattern:
            yield "pattern", assign(name, "a-b"), True
            yield "pattern", lambda m: None, False
        if rule.format == rules_pb2.TEXT_FORMAT_DATE:
            yield "date", assign(name, "2022-02-29"), True
            yield "date", assign(name, "2024-02-29"), False
        if rule.format == rules_pb2.TEXT_FORMAT_TIMESTAMP:
            yield "timestamp", assign(name, "2022-08-19"), True
            yield "timestamp", assign(name, "2022-08-19T08:00:00+07:00"), False
    elif field.enum_type:
        for value in field.enum_type.values:
            forbidden = label(value) in rule.none_of
            yield "none_of", assign(name, value.number), forbidden


def made(kind, wanted):
    for what, get, change, path, rule, breaks in cases(kind):
        if breaks == wanted:
            report = base_report(kind)
            change(get(report))
            yield what, report, path, rule
    for field in REPORT.fields_by_name[kind].message_type.fields:
        if field.label != field.LABEL_REPEATED or not rule_of(field).unique_by:
            continue
        report = base_report(kind)
        lines = getattr(getattr(report, kind), field.name)
        if wanted:
            for name in rule_of(field).unique_by:
                setattr(lines[1], name, getattr(lines[0], name))
        yield f"{field.name} unique_by", report, f"{kind}.{field.name}[1]", "unique_by"


def broken_reports(kind):
    return made(kind, True)


def kept_reports(kind):
    return made(kind, False)
