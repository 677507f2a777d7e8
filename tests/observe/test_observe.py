import json
import re
import subprocess

import psycopg
import pytest
import yaml
from conftest import ROOT, wait_until
from observing import get, samples
from reports import festival_day

ALERTS = ROOT / "observe/alerts.yml"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
NAME = re.compile(r"\b(?:baocao|process)_[a-z_]+")
BUILT_IN = {"up"}


def metric_names():
    """What a query may name: the table's metrics, and a histogram's three series."""
    rows = re.findall(r"^\| `(\S+?)` \| (\w+) \|", (ROOT / "docs/metrics.md").read_text(), re.M)
    return {name + ending for name, kind in rows for ending in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))}


def promtool(*arguments, **options):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, **options)


def dashboard(name):
    return json.loads((ROOT / f"observe/grafana/{name}.json").read_text())


def panels(name):
    return [panel for panel in dashboard(name)["panels"] if panel["type"] != "row"]


# what is exposed

def test_promtool_accepts_what_is_exposed(observed, collector):
    collector("01", of=observed).file(festival_day(), festival_day("79"))
    checked = promtool("check", "metrics", input=get(observed.http, "/metrics")[2])
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_promtool_finds_what_is_wrong():
    checked = promtool("check", "metrics", input="# TYPE baocao_x counter\nbaocao_x 1\n")
    assert checked.returncode != 0 and "_total" in checked.stdout + checked.stderr


def test_prometheus_scrapes_every_metric_with_its_type_and_what_it_says(observed, collector, prometheus):
    client = collector("01", of=observed)
    assert client.outcomes(festival_day(), festival_day()) == ["STORED", "DUPLICATE"]
    wait_until(lambda: prometheus.query("up == 1"), "it is scraped")
    wait_until(lambda: prometheus.query('baocao_reports_answered_total{outcome="stored"} == 1'), "it has the report")
    known = set(prometheus.ask("label/__name__/values"))
    assert metric_names() <= known
    told = prometheus.ask("targets/metadata")
    types = {row["metric"]: (row["type"], row["unit"]) for row in told if row["metric"].startswith(("baocao_", "process_"))}
    for name, kind, unit in re.findall(r"^\| `(\S+?)` \| (\w+) \| (\w*) \|", (ROOT / "docs/metrics.md").read_text(), re.M):
        assert types[name.removesuffix("_total")] == (kind, unit)  # units are told in OpenMetrics only

    def last_scrape():  # it has 200 ms: one may fail where a machine stands still, and the next does not
        target, = prometheus.ask("targets")["activeTargets"]
        return target["lastError"], target["health"]
    wait_until(lambda: last_scrape() == ("", "up"), "a scrape without an error")


# alerts

# The alert, the series that make it fire ("value" as promtool writes it: from, step and times), and after how long. Steps
# of a minute. {} is filled with a value at which all is well.
MINUTES = 200
CASES = {
    "BaocaoDown": ({'up{job="baocaod",instance="a"}': "0"}, "5m"),
    "BaocaoNotReady": ({'baocao_ready{instance="a"}': "0"}, "5m"),
    "BaocaoRestarts": ({'process_start_time_seconds{job="baocaod",instance="a"}': "1+1"}, "30m"),
    "BaocaoWriterHung": ({'baocao_writer_hung{instance="a",writer="1"}': "1", 'baocao_writer_hung{instance="a",writer="0"}': "0"}, "1m"),
    "BaocaoDatabaseAway": ({'baocao_database_up{instance="a"}': "0"}, "5m"),
    "BaocaoDatabaseReadOnly": ({'baocao_database_up{instance="a"}': "1", 'baocao_database_writable{instance="a"}': "0"}, "5m"),
    "BaocaoReportsWait": ({'baocao_oldest_pending_age_seconds{instance="a"}': "70"}, "5m"),
    "BaocaoSlowReceipts": ({'baocao_ack_latency_seconds_bucket{instance="a",le="5"}': "0+1",
                            'baocao_ack_latency_seconds_bucket{instance="a",le="10"}': "0+100",
                            'baocao_ack_latency_seconds_bucket{instance="a",le="+Inf"}': "0+100"}, "30m"),
    "BaocaoSlowDatabase": ({'baocao_transaction_seconds_bucket{instance="a",le="1"}': "0+1",
                            'baocao_transaction_seconds_bucket{instance="a",le="5"}': "0+100",
                            'baocao_transaction_seconds_bucket{instance="a",le="+Inf"}': "0+100"}, "30m"),
    "BaocaoBusy": ({'baocao_submissions_busy_total{instance="a"}': "0+3", 'baocao_submissions_received_total{instance="a"}': "0+10"}, "30m"),
    "BaocaoOutOfMemory": ({'baocao_messages_dropped_total{instance="a",reason="out_of_memory"}': "0+1"}, "5m"),
    "BaocaoMemoryHigh": ({'process_resident_memory_bytes{job="baocaod",instance="a"}': "900000000"}, "10m"),
    "BaocaoDescriptors": ({'process_open_fds{job="baocaod",instance="a"}': "90", 'process_max_fds{job="baocaod",instance="a"}': "100"}, "10m"),
    "BaocaoStoreRefuses": ({'baocao_violations_total{instance="a",rule="store"}': "0+1"}, "10m"),
    "BaocaoConflict": ({'baocao_reports_answered_total{instance="a",outcome="conflict"}': "0+1"}, "10m"),
    "BaocaoOutOfScope": ({'baocao_violations_total{instance="a",rule="out_of_scope"}': "0+1"}, "10m"),
    "BaocaoKeyShutOut": ({'baocao_handshakes_failed_total{instance="a",reason="expired"}': "0+1"}, "10m"),
    "BaocaoStrangers": ({'baocao_handshakes_failed_total{instance="a",reason="unknown_key"}': "0+100"}, "60m"),
    "BaocaoClock": ({'baocao_database_clock_offset_seconds{instance="a"}': "-3"}, "10m"),
    "BaocaoCatalogueOld": ({'baocao_catalogue_age_seconds{instance="a"}': "400"}, "1m"),
    "BaocaoReloadRefused": ({'baocao_config_last_reload_good{instance="a"}': "0"}, "1m"),
    "BaocaoNothingFiled": ({'baocao_reports_received_total{instance="a"}': "100"}, "30h"),
}
WELL = {
    "up": "1", "baocao_ready": "1", "process_start_time_seconds": "1700000000", "baocao_writer_hung": "0", "baocao_database_up": "1",
    "baocao_database_writable": "1", "baocao_oldest_pending_age_seconds": "2", "baocao_ack_latency_seconds_bucket": "0+100",
    "baocao_transaction_seconds_bucket": "0+100", "baocao_submissions_busy_total": "0+1", "baocao_submissions_received_total": "0+10",
    "baocao_messages_dropped_total": "0", "process_resident_memory_bytes": "60000000", "process_open_fds": "40", "process_max_fds": "100",
    "baocao_violations_total": "5", "baocao_reports_answered_total": "5", "baocao_handshakes_failed_total": "5",
    "baocao_database_clock_offset_seconds": "0.1", "baocao_catalogue_age_seconds": "50", "baocao_config_last_reload_good": "1",
    "baocao_reports_received_total": "0+1",
}


def notation(value, minutes):
    begin, _, step = value.partition("+")
    return f"{begin}+{step or 0}x{minutes}"


def test_every_alert_has_a_case():
    assert set(CASES) == {rule["alert"] for rule in RULES}


def test_promtool_accepts_the_rules():
    checked = promtool("check", "rules", str(ALERTS))
    assert checked.returncode == 0 and f"{len(RULES)} rules found" in checked.stdout, checked.stdout + checked.stderr


def rule_test(alert, series, when, labels):
    minutes = int(when[:-1]) * (60 if when.endswith("h") else 1) + 10
    return {"interval": "1m", "input_series": [{"series": name, "values": notation(value, minutes)} for name, value in series.items()],
            "alert_rule_test": [{"eval_time": when, "alertname": alert, "exp_alerts": labels}]}


def run_rule_tests(folder, tests):
    path = folder / "test.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "tests": tests}))
    return promtool("test", "rules", str(path))


def expected(rule, folder, series, when):
    """promtool wants labels and annotations: they are taken from what it says that it got."""
    said = run_rule_tests(folder, [rule_test(rule["alert"], series, when, [])])
    got = re.search(r"got:\[\s*(.*?)\s*\]\s*$", said.stdout + said.stderr, re.S)
    return said.returncode, got.group(1) if got else ""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_fires_when_it_should_and_only_then(rule, tmp_path):
    series, when = CASES[rule["alert"]]
    status, said = expected(rule, tmp_path, series, when)
    assert status != 0 and rule["alert"] in said and f'severity="{rule["labels"]["severity"]}"' in said, said
    well = {name: WELL[name.partition("{")[0]] for name in series}
    silent = run_rule_tests(tmp_path, [rule_test(rule["alert"], well, when, [])])
    assert silent.returncode == 0, silent.stdout + silent.stderr


def anchors(path):
    """Of the headings of a page, as GitHub and others make them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", path.read_text(), re.M)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_names_metrics_that_exist_and_what_to_do(rule):
    named = set(NAME.findall(rule["expr"])) | {word for word in BUILT_IN if re.search(rf"\b{word}\b", rule["expr"])}
    assert named and named <= metric_names() | BUILT_IN
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor == rule["alert"].lower() and anchor in anchors(ROOT / page)


def test_no_alert_fires_for_a_daemon_that_is_well(observed, collector, prometheus):
    assert collector("01", of=observed).outcomes(festival_day()) == ["STORED"]
    wait_until(lambda: prometheus.query('baocao_reports_answered_total{outcome="stored"} == 1'), "it has the report")

    def evaluated():
        rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
        return rules if rules and all(rule["health"] == "ok" for rule in rules) else None
    rules = wait_until(evaluated, "every rule was evaluated", deadline=60)
    assert {rule["name"] for rule in rules} == set(CASES)
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []


# dashboards

def test_the_dashboards_are_what_the_metrics_and_views_make(tmp_path):
    subprocess.run([ROOT / "observe/dashboards", tmp_path], check=True)
    for name in ("operations.json", "analysts.json"):
        assert (tmp_path / name).read_text() == (ROOT / "observe/grafana" / name).read_text(), f"run observe/dashboards: {name}"


@pytest.mark.parametrize("name", ["operations", "analysts"])
def test_a_dashboard_can_be_provisioned(name):
    made = dashboard(name)
    sources = yaml.safe_load((ROOT / "observe/grafana/provisioning/datasources/baocao.yaml").read_text())["datasources"]
    assert made["uid"] == f"baocao-{name}" and made["title"] and made["schemaVersion"] >= 30
    assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])
    known = {source["uid"] for source in sources}
    assert {panel["datasource"]["uid"] for panel in panels(name)} | {v["datasource"]["uid"] for v in made["templating"]["list"]} <= known
    places = set()
    for panel in made["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & places, f"{panel['title']} covers another"
        places |= cells


def test_every_metric_has_a_panel():
    shown = {name for panel in panels("operations") for target in panel["targets"] for name in NAME.findall(target["expr"])}
    assert {name for name in metric_names() if not name.endswith(("_sum", "_count"))} <= shown <= metric_names()


def test_prometheus_answers_every_query_of_the_operators_dashboard(observed, collector, prometheus):
    assert collector("01", of=observed).outcomes(festival_day(), festival_day("79")) == ["STORED", "REFUSED"]
    wait_until(lambda: prometheus.query('baocao_reports_answered_total{outcome="stored"} == 1'), "it has the report")
    for variable in dashboard("operations")["templating"]["list"]:
        metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()
        series = wait_until(lambda: prometheus.query(metric), f"{metric} is there")  # noqa: B023
        assert label in series[0]["metric"]

    def filled(expression):
        return expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
    for panel in panels("operations"):
        for target in panel["targets"]:
            wait_until(lambda: prometheus.query(filled(target["expr"])), f"an answer to {target['expr']}")


# Grafana fills these in.
def filled(query):
    query = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 BETWEEN now() - interval '1 year' AND now()", query)
    return query.replace("$year", "2022")


def test_an_analyst_may_run_every_query_of_the_analysts_dashboard(observed, collector, database, cluster):
    assert collector("01", of=observed).outcomes(festival_day()) == ["STORED"]
    database.run("DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baocao_grafana') THEN "
                 "CREATE ROLE baocao_grafana LOGIN IN ROLE baocao_analyst; END IF; END$$")
    queries = [(panel["title"], target["rawSql"]) for panel in panels("analysts") for target in panel["targets"]]
    queries += [(variable["name"], variable["query"]) for variable in dashboard("analysts")["templating"]["list"]]
    with psycopg.connect(cluster.conninfo(database.name, "baocao_grafana"), autocommit=True) as analyst:
        answers = {title: analyst.execute(filled(query)).fetchall() for title, query in queries}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            analyst.execute("DELETE FROM baocao.report")
    assert answers["year"] == [(2022,)]
    assert answers["Ngày hội: số điểm tổ chức (points held, the nation)"] == [("2022", 10, 12)]
    assert len(answers["Báo cáo nhận được mỗi ngày (reports received a day)"]) == 1


def test_every_view_of_analysts_has_a_panel(database):
    views = {name for name, in database.rows(
        "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'baocao'::regnamespace "
        "AND has_table_privilege('baocao_analyst', oid, 'SELECT')")}
    asked = {name for panel in panels("analysts") for target in panel["targets"] for name in re.findall(r"baocao\.(\w+)", target["rawSql"])}
    assert views <= asked
