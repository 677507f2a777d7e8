"""Of a build whose gate is open: it says so and does not start."""


def test_a_daemon_whose_gate_is_open_does_not_start(start_daemon):
    daemon = start_daemon()
    assert daemon.wait_exit() == 1
    assert f"the gate of {daemon.router} does not hold: a stranger's key: let in" in daemon.log_text()
    assert "listening on" not in daemon.log_text()
