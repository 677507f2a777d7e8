"""No documented view reads a big table from end to end, whatever functions it calls: asked of ten years of one commune in ten."""
import json

import psycopg
import pytest
from fill import fill
from queries import QUERIES

BIG = 20_000 # rows


@pytest.fixture(scope="module")
def filled(cluster, template):
    conninfo = cluster.conninfo(cluster.create(template))
    assert fill(conninfo, one_in=10) > 200_000
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("LOAD 'auto_explain'")
        connection.execute("SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; "
                           "SET auto_explain.log_verbose = on; "
                           "SET auto_explain.log_level = notice; SET auto_explain.log_format = json")
        big = {name for name, in connection.execute("SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relnamespace IN "
                                                    "('baocao'::regnamespace, 'baocao_fold'::regnamespace) AND relkind = 'r' "
                                                    "AND reltuples > %s", [BIG])}
        assert {"baocao.report", "baocao.social_support_activity", "baocao_fold.standing"} <= big
        yield connection, big


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def tables_read_from_end_to_end(connection, query):
    plans = []

    def collect(diagnostic):
        head, _, body = diagnostic.message_primary.partition("plan:\n")
        if "duration" in head and body:
            plans.append(json.loads(body)["Plan"])
    connection.add_notice_handler(collect)
    try:
        connection.execute(query)
    finally:
        connection.remove_notice_handler(collect)
    assert plans
    return {node["Schema"] + "." + node["Relation Name"] for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan"}


@pytest.mark.parametrize("name", QUERIES)
def test_no_big_table_is_read_from_end_to_end(filled, name):
    connection, big = filled
    assert tables_read_from_end_to_end(connection, QUERIES[name]) & big == set()


@pytest.mark.parametrize("query", ["SELECT count(precision) FROM baocao.report",
                                   "SELECT count(*) FROM baocao.reports_as_known(now()) WHERE precision = 'exact'"])
def test_it_would_be_seen(filled, query):
    connection, big = filled
    assert tables_read_from_end_to_end(connection, query) & big == {"baocao.report"}
