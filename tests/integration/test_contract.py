"""Submissions recorded under earlier versions of the contract are accepted for ever; documents say what the contract says."""
import subprocess

import pytest
from conftest import BUILD, ROOT
from contract import KINDS
from test_every_kind import add_ward

RECORDED = sorted((ROOT / "tests/contract").glob("*/*.bin"))


def test_every_kind_of_this_version_is_recorded():
    assert {p.stem for p in RECORDED} >= set(KINDS)


@pytest.mark.parametrize("path", RECORDED, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_recorded_submission_is_accepted(collector, database, daemon, path):
    client = collector("01")
    if path.stem == "model_ward":
        add_ward(database, daemon)
    client.send_frames(b"baocao/1", path.read_bytes())
    receipt = client.receipt()
    assert [o.outcome for o in receipt.outcome] == [client.protocol.OUTCOME_STORED], receipt
    assert receipt.outcome[0].unknown_fields == 0


def printed(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_first_migration_of_tables_is_what_the_contract_prints():
    assert (ROOT / "schema/migrations/0002_contract.sql").read_text() == printed(BUILD / "baocao-contract", "sql")


def test_the_data_dictionary_is_what_the_contract_prints():
    assert (ROOT / "docs/data-dictionary.md").read_text() == printed(BUILD / "baocao-contract", "dictionary")


def test_the_protocol_page_lists_every_rule():
    assert printed(BUILD / "baocao-contract", "rules") in (ROOT / "docs/protocol.md").read_text()


def test_the_security_page_lists_every_bound():
    assert printed(BUILD / "baocao-contract", "bounds") in (ROOT / "docs/security.md").read_text()


def test_the_sample_configuration_is_what_the_daemon_prints():
    assert (ROOT / "docs/baocaod.conf.sample").read_text() == printed(BUILD / "baocaod", "--print-config")
