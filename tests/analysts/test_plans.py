"""No documented view reads a big table from end to end, whatever functions it calls: asked of ten years of one commune in ten, by
an analyst of the ministry and by one of a province, with everything folded and with a day's filings that are not."""
import json

import psycopg
import pytest
from fill import fill, file_late
from queries import QUERIES

BIG = 20_000 # rows


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
        # Roles belong to the cluster, which ends with this run. Only a superuser has plans explained, so the roles are taken on.
        connection.execute("CREATE ROLE ministry IN ROLE baocao_analyst")
        connection.execute("CREATE ROLE province IN ROLE baocao_branch_analyst")
        connection.execute("SELECT baocao.limit_analyst('province', '01', '2024-12-31')")
        connection.execute("LOAD 'auto_explain'")
        connection.execute("SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; "
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


def tables_read_from_end_to_end(connection, query, role="ministry"):
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
    return {node["Schema"] + "." + node["Relation Name"] for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan"}


@pytest.mark.parametrize("role", ["ministry", "province"])
@pytest.mark.parametrize("name", QUERIES)
def test_no_big_table_is_read_from_end_to_end(stored, name, role):
    connection, big = stored
    assert tables_read_from_end_to_end(connection, QUERIES[name], role) & big == set()


@pytest.mark.parametrize("query", ["SELECT count(precision) FROM baocao.report",
                                   "SELECT count(*) FROM baocao.reports_as_known(now()) WHERE precision = 'exact'"])
def test_it_would_be_seen(filled, query):
    connection, big = filled
    assert tables_read_from_end_to_end(connection, query) & big == {"baocao.report"}
