"""The real daemon and the real tool, held against the cases."""
import json
import os
import pathlib
import sqlite3
import subprocess
import threading

import pytest
import zmq
from integration import BUILD, Client

HERE = pathlib.Path(__file__).resolve().parent
SERVER, CLIENT = ({path.stem: path for path in sorted((HERE / "cases" / side).glob("*.json"))} for side in ("server", "client"))


def test_the_cases_are_what_the_script_makes(tmp_path):
    subprocess.run([HERE / "make", tmp_path / "cases"], check=True, stdout=subprocess.DEVNULL)
    made, kept = ({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
                  for folder in (tmp_path / "cases", HERE / "cases"))
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


def as_case(receipt, protocol, earlier):
    """A receipt as the cases write it. earlier: the receipts before it."""
    said = {}
    if receipt.HasField("submission_id"):
        said["submission_id"] = receipt.submission_id
    if receipt.HasField("whole"):
        said["whole"] = protocol.Outcome.Name(receipt.whole).removeprefix("OUTCOME_")
        said["problem"] = receipt.problem.rule
    if receipt.outcome:
        said["outcome"] = [outcome_as_case(number, one, protocol, earlier) for number, one in enumerate(receipt.outcome)]
    return said


def outcome_as_case(number, one, protocol, earlier):
    name = protocol.Outcome.Name(one.outcome).removeprefix("OUTCOME_")
    assert one.HasField("report_no") == (name != "REFUSED") and one.HasField("received_at")
    said = {"outcome": name}
    if one.HasField("content_digest"):
        said["content_digest"] = one.content_digest.hex()
    if one.HasField("unknown_fields"):
        said["unknown_fields"] = one.unknown_fields
    if one.violation:
        said["violation"] = sorted(f"{violation.path} {violation.rule}" for violation in one.violation)
        assert all(violation.vi and violation.en for violation in one.violation)
    for index, before in enumerate(earlier):
        if number < len(before.outcome) and before.outcome[number].report_no == one.report_no and name != "REFUSED":
            assert before.outcome[number].received_at == one.received_at
            said["same_as"] = index
    return said


def test_the_server_answers_as_every_case_says(collector):
    import protocol_pb2
    client, wrong = collector(), []
    for name, path in SERVER.items():
        case, earlier = json.loads(path.read_text()), []
        for exchange in case["exchanges"]:
            body = (path.parent / exchange["body"]).read_bytes()
            client.send_frames(exchange["version"].encode(), body, *[b""] * (exchange.get("frames", 2) - 2))
            receipt = client.receipt()
            for one in exchange["receipt"].get("outcome", []):
                if "violation" in one:
                    one["violation"].sort()
            said = as_case(receipt, protocol_pb2, earlier)
            if said != exchange["receipt"]:
                wrong.append(f"{name} ({case['what']}): {json.dumps(said)} is not {json.dumps(exchange['receipt'])}")
            earlier.append(receipt)
    print(len(SERVER), "cases of a server")
    assert wrong == [], "\n".join(wrong)


class Answering(threading.Thread):
    """A server on ipc:// that answers each submission with a case's bytes."""

    def __init__(self, path, answer):
        super().__init__(daemon=True)
        import protocol_pb2
        self.submission, self.answer = protocol_pb2.Submission, answer
        self.endpoint = f"ipc://{path}"
        self.socket = Client.context.socket(zmq.ROUTER)
        self.socket.bind(self.endpoint)
        self.ending = threading.Event()
        self.start()

    def run(self):
        while not self.ending.is_set():
            if self.socket.poll(50):
                sender, version, body = self.socket.recv_multipart()
                number = self.submission(submission_id=self.submission.FromString(body).submission_id)
                self.socket.send_multipart([sender, version, self.answer + number.SerializeToString()])

    def close(self):
        self.ending.set()
        self.join()
        self.socket.close()


def reports(path, count):
    path.write_text("".join(json.dumps({
        "unit_code": "01", "period_type": "campaign", "period_first": "2022-08-01", "period_last": f"2022-08-{10 + n}", "revision": 1,
        "festival_day": {"points_planned": 10, "points_held": 12, "venue": [{"venue_kind": "ward", "held": 12}]}}) + "\n" for n in range(count)))
    return path


@pytest.mark.parametrize("name", CLIENT)
def test_the_client_takes_from_a_receipt_what_the_case_says(name, tmp_path):
    case = json.loads(CLIENT[name].read_text())
    server = Answering(tmp_path / "socket", CLIENT[name].with_suffix(".bin").read_bytes())
    environment = {**os.environ, "BAOCAO_OUTBOX": str(tmp_path / "outbox.db")}
    patience = "1" if None in case["reports"] else "20"  # no more answers come, or the one that does ends the waiting
    try:
        ran = subprocess.run([BUILD / "baocao", "send", "--server", server.endpoint, "--timeout", patience,
                              reports(tmp_path / "reports.jsonl", len(case["reports"]))], env=environment, capture_output=True, text=True)
    finally:
        server.close()
    with sqlite3.connect(tmp_path / "outbox.db") as db:
        numbers = [outcome for outcome, in db.execute("SELECT outcome FROM entry ORDER BY entry_no")]
    import protocol_pb2
    assert [None if n is None else protocol_pb2.Outcome.Name(n).removeprefix("OUTCOME_") for n in numbers] == case["reports"], ran
