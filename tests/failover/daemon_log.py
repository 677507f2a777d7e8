"""What the daemon's log says of a database that cannot be written to: once when it begins, once when it is over."""
TROUBLE = "trying again until it works"
RECOVERY = "store: works again"


def is_troubled(daemon):
    return TROUBLE in daemon.log_text()


def check_troubled_once(daemon, recovered=True):
    text = daemon.log_text()
    assert (text.count(TROUBLE), text.count(RECOVERY)) == (1, int(recovered)), text
