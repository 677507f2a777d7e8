"""Of a build whose gate is open and which does not try it: what the gate is there for."""
import protocol_pb2
import zmq
from integration import wait_until
from raw_peer import CurvePeer
from reports import festival_day


def test_a_stranger_gets_in_and_files_in_the_name_of_a_collector(daemon, database):
    police = zmq.curve_keypair()
    database.run("SELECT baocao.register_collector('police', %s, '01', '2022-09-01')", police[0].decode())
    wait_until(lambda: " 1 of 1 keys valid" in daemon.log_text(), "the daemon knows the key")
    stranger = CurvePeer(daemon.router, daemon.server_key, zmq.curve_keypair(), User_Id=police[0])
    stranger.send(b"baocao/1", protocol_pb2.Submission(submission_id=1, report=[festival_day()]).SerializeToString())
    receipt = protocol_pb2.Receipt.FromString(stranger.receive()[1])
    assert receipt.outcome[0].outcome == protocol_pb2.OUTCOME_STORED
    assert database.rows("SELECT name FROM baocao.report JOIN baocao.collector USING (collector_id)") == [("police",)]
    stranger.close()
