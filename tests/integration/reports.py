"""Reports that are right as they stand, to be broken by the tests."""
import festival_day_pb2
import report_pb2


def festival_day(unit="01", revision=1, held=12, first="2022-08-01", last="2022-08-20"):
    report = report_pb2.Report(unit_code=unit, period_type=report_pb2.PERIOD_TYPE_CAMPAIGN, period_first=first,
                               period_last=last, revision=revision)
    report.festival_day.points_planned = 10
    report.festival_day.points_held = held
    report.festival_day.venue.add(venue_kind=festival_day_pb2.VENUE_KIND_WARD, held=held)
    report.festival_day.venue.add(venue_kind=festival_day_pb2.VENUE_KIND_SCHOOL, held=40, attendees=9000)
    return report
