#!/bin/bash
# The package baocao-collector on a Debian 12 that has nothing of it: lintian, installation, a key, a report queued without a network,
# an upgrade, removal, installation again, purge: the outbox and the keys are there all the time.
set -euo pipefail
ROOT=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/checks.sh"
BAOCAO_BUILD=${BAOCAO_BUILD:-$ROOT/build}
[ "$(id -u)" = 0 ] || { echo "needs root: a chroot is made" >&2; exit 2; }
. "$ROOT/tests/collector/package.sh"
trap package_clear EXIT

shell() # script: as a clerk without a network would
{
	unshare --net chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root sh -euc "$1"
}
still_there() { shell 'baocao status | grep "1 PENDING" && test -s /root/key && test -s /root/key.pub && cmp /root/key /root/copy'; }
agents_too() { shell 'ls /var/lib/baocao-collector/outbox.db /etc/baocao/collector.key'; }

build "$BAOCAO_BUILD"
build "$work/build" -DBUILD_TESTING=OFF -DBAOCAO_VERSION=0.1.1
first=$(package_make "$BAOCAO_BUILD")
second=$(package_make "$work/build")
package_machine "$first"
cat >"$work/root/tmp/a.jsonl" <<'JSON'
{"unit_code": "01", "period_type": "campaign", "period_first": "2022-08-01", "period_last": "2022-08-20", "revision": 1, "festival_day": {"points_planned": 10, "points_held": 12, "venue": [{"venue_kind": "ward", "held": 12}]}}
JSON

check "lintian finds nothing" lintian --fail-on error,warning,info,override --suppress-tags initial-upload-closes-no-bugs \
	--allow-root "$first"
check "it is installed from nothing" package_install "$first"
check "its user, its folders and their rights are there" shell 'test "$(stat -c %U:%G:%a /var/spool/baocao /var/lib/baocao-collector |
	paste -sd " ")" = "baocao-collector:baocao-collector:2770 baocao-collector:baocao-collector:700"'
check "units, manual pages, completion and the sample are there" shell 'ls /lib/systemd/system/baocao-watch.service \
	/usr/lib/systemd/user/baocao-watch.service /usr/share/man/man1/baocao.1.gz /usr/share/man/man5/baocao.conf.5.gz \
	/usr/share/bash-completion/completions/baocao /usr/share/zsh/vendor-completions/_baocao \
	/usr/share/fish/vendor_completions.d/baocao.fish /etc/baocao/baocao.conf'
check "a key is made" shell 'cd /root && baocao keygen key && cp key copy'
check "a report is queued without a network" shell 'baocao queue /tmp/a.jsonl'
check "the agent's outbox is made by its user" shell 'runuser -u baocao-collector -- baocao queue --outbox \
	/var/lib/baocao-collector/outbox.db /tmp/a.jsonl && baocao keygen /etc/baocao/collector.key && mkdir -p /var/spool/baocao/sent'
check "it is upgraded" package_install "$second"
check "the new version is there" shell 'baocao --version | grep -x "baocao 0.1.1"'
check "after the upgrade outbox and keys are there" still_there
check "it is removed" package_inside dpkg --remove baocao-collector
check "the program is gone" shell '! command -v baocao && test -s /root/.local/state/baocao/outbox.db'
check "after the removal the agent's outbox and key are there" agents_too
check "it is installed again" package_install "$second"
check "what was queued is still queued" still_there
check "it is purged" package_inside dpkg --purge baocao-collector
check "after the purge its configuration is gone, the agent's outbox and key are not" shell '! test -e /etc/baocao/baocao.conf &&
	ls /var/lib/baocao-collector/outbox.db /etc/baocao/collector.key && ! test -e /var/spool/baocao'
check "and it is installed once more" package_install "$first"
check "what was queued is still queued, after all that" still_there
check "the agent's, too" shell 'runuser -u baocao-collector -- baocao status --outbox /var/lib/baocao-collector/outbox.db |
	grep "1 PENDING"'
checks_end
