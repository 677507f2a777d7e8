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
                           "SET auto_explain.log_level = notice; SET auto_explain.log_format = json")
        big = {name for name, in connection.execute("SELECT relname FROM pg_class WHERE relnamespace IN "
                                                    "('baocao'::regnamespace, 'baocao_fold'::regnamespace) AND relkind = 'r' "
                                                    "AND reltuples > %s", [BIG])}
        assert {"report", "social_support_activity", "standing"} <= big
        yield connection, big


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.parametrize("name", QUERIES)
def test_no_big_table_is_read_from_end_to_end(filled, name):
    connection, big = filled
    plans = []

    def collect(diagnostic):
        head, _, body = diagnostic.message_primary.partition("plan:\n")
        if "duration" in head and body:
            plans.append(json.loads(body)["Plan"])
    connection.add_notice_handler(collect)
    try:
        connection.execute(QUERIES[name])
    finally:
        connection.remove_notice_handler(collect)
    assert plans
    # A scan that a condition of the plan kept from starting, as over the marks of a folded database, read nothing.
    read = [node for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    assert [node["Relation Name"] for node in read if node["Relation Name"] in big] == []
