"""Taking the packages away, and laying them down again: nothing that cannot be made again is lost."""
import pytest

pytestmark = pytest.mark.quick


def test_a_removal_stops_everything_and_loses_nothing(server):
    server.file(5)
    server.key = server.run("cat", "/etc/baocao/server.key").stdout
    server.run("apt-get", "remove", "--yes", "baocao-server")
    assert server.property("ActiveState") == "inactive"
    assert server.shell("pgrep -x baocaod || true").stdout == ""
    # Debian masks the units of a package that was removed and not purged, so that their enablement is kept.
    assert server.shell("systemctl list-units --all --plain --no-legend 'baocao*' | grep -vE ' (not-found|masked) +inactive ' || true").stdout == ""
    assert server.run("cat", "/etc/baocao/server.key").stdout == server.key
    assert server.run("ls", "/etc/baocao/baocaod.conf").stdout
    assert server.stored() == 6


def test_a_purge_leaves_keys_and_database(server):
    server.run("apt-get", "purge", "--yes", "baocao-server", "baocao-collector")
    assert server.run("cat", "/etc/baocao/server.key").stdout == server.key
    left = server.shell("find /etc /usr /lib /var/lib /run -xdev -iname '*baocao*' -not -path '/proc/*' -not -path '/usr/src/*'").stdout
    assert left.split() == ["/etc/baocao"], left
    assert server.stored() == 6


def test_installed_again_it_goes_on_where_it_was(server):
    server.shell("apt-get install --yes ./baocao-server_*.deb ./baocao-collector_*.deb", folder="/packages")
    server.run("baocaod-setup")
    server.wait_active()
    assert server.run("cat", "/etc/baocao/server.key").stdout == server.key
    server.file(3)
    assert server.stored() == 9
