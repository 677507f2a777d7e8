"""No documented view reads a big table from end to end, or the same rows again and again, whatever functions it calls: asked of ten years of one commune in ten, by
an analyst of the ministry and by one of a province, with everything folded and with a day's filings that are not."""
import json

import psycopg
import pytest
from fill import file_late, fill, make_analysts
from queries import QUERIES

BIG = 20_000 # rows
MOST_ROWS = 400_000 # that any step of a plan may go through: each report of a year in a tenth of the communes a few times


@pytest.fixture(scope="module")
def filled(cluster, template):
    name = cluster.create(template)
    conninfo = cluster.conninfo(name)
    assert fill(conninfo, one_in=10) > 200_000
    with psycopg.connect(conninfo, autocommit=True) as connection:
        big = {table for table, in connection.execute("SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relnamespace IN "
                                                      "('baocao'::regnamespace, 'baocao_fold'::regnamespace) AND relkind = 'r' "
                                                      "AND reltuples > %s", [BIG])}
        assert {"baocao.report", "baocao.social_support_activity", "baocao_fold.standing"} <= big
        make_analysts(connection)  # only a superuser has plans explained, so the roles are taken on
        connection.execute("LOAD 'auto_explain'")
        connection.execute("SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; "
                           "SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off; "
                           "SET auto_explain.log_verbose = on; "
                           "SET auto_explain.log_level = notice; SET auto_explain.log_format = json")
        yield connection, big


@pytest.fixture(scope="module", params=["folded", "a day's filings marked"])
def stored(filled, request):
    if request.param != "folded":
        assert file_late(filled[0], day="2024-06-14") > 500
    return filled


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def plans_of(connection, query, role="ministry"):
    """Every node of the plans of a query and of all the functions it calls."""
    plans = []

    def collect(diagnostic):
        head, _, body = diagnostic.message_primary.partition("plan:\n")
        if "duration" in head and body:
            plans.append(json.loads(body)["Plan"])
    connection.execute(f"SET ROLE {role}")
    connection.add_notice_handler(collect)
    try:
        connection.execute(query)
    finally:
        connection.remove_notice_handler(collect)
        connection.execute("RESET ROLE")
    assert plans
    return [node for plan in plans for node in nodes(plan)]


def read_from_end_to_end(plans):
    return {node["Schema"] + "." + node["Relation Name"] for node in plans if node["Node Type"] == "Seq Scan"}


def rows_gone_through(plans):
    """By the step of a plan that goes through the most."""
    return max(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0))
               for node in plans)


@pytest.mark.parametrize("role", ["ministry", "province"])
@pytest.mark.parametrize("name", QUERIES)
def test_no_big_table_is_read_from_end_to_end_and_no_rows_again_and_again(stored, name, role):
    connection, big = stored
    plans = plans_of(connection, QUERIES[name], role)
    assert read_from_end_to_end(plans) & big == set()
    assert rows_gone_through(plans) <= MOST_ROWS


@pytest.mark.parametrize("query", ["SELECT count(precision) FROM baocao.report",
                                   "SELECT count(*) FROM baocao.reports_as_known(now()) WHERE precision = 'exact'"])
def test_a_big_table_that_is_read_from_end_to_end_would_be_seen(filled, query):
    connection, big = filled
    assert read_from_end_to_end(plans_of(connection, query)) & big == {"baocao.report"}


def test_rows_that_are_gone_through_again_and_again_would_be_seen(filled):
    connection, _ = filled
    query = "SELECT count(*) FROM (SELECT * FROM baocao.unit LIMIT 1000) AS a JOIN (SELECT * FROM baocao.unit LIMIT 1000) AS b ON a.code < b.code"
    assert rows_gone_through(plans_of(connection, query)) > MOST_ROWS
