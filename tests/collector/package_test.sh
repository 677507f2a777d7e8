#!/bin/bash
# The package baocao-collector on a Debian 12 that has nothing of it: lintian, installation, a key, a report queued without a network,
# an upgrade, removal, installation again, purge: the outbox and the keys are there all the time.
set -euo pipefail
ROOT=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
[ "$(id -u)" = 0 ] || { echo "needs root: a chroot is made" >&2; exit 2; }
work=$(mktemp -d)
trap 'umount "$work/root/proc" "$work/root" 2>/dev/null || true; rm -rf "$work"' EXIT

passed=0 failed=0
check() # what, command ...
{
	local what=$1 output
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1)); echo "ok - $what"
	else
		failed=$((failed + 1)); echo "not ok - $what"; echo "$output" | tail -40
	fi
}

# The package of this tree, as of a version.
make_package() # version
{
	cmake -S "$ROOT" -B "$work/build" -G Ninja -DBUILD_TESTING=OFF -DBAOCAO_VERSION="$1" >"$work/log" 2>&1 &&
		cmake --build "$work/build" >>"$work/log" 2>&1 &&
		(cd "$work/build" && cpack -G DEB -D CPACK_COMPONENTS_ALL=collector -B "$work/packages") >>"$work/log" 2>&1 ||
		{ tail -40 "$work/log"; return 1; }
	ls "$work/packages/baocao-collector_$1"[_-]*.deb
}

# Everything that the package depends on, so that it is installed without a network; made once.
base_image() # package
{
	local depends base sources
	depends=$(dpkg-deb -f "$1" Depends | tr ',' '\n' | sed 's/[(|].*//; s/ //g' | sort -u | paste -sd ,)
	base=${TMPDIR:-/tmp}/baocao-collector-base-$(sha256sum <<<"$depends" | cut -c 1-12)
	if [ ! -e "$base/.whole" ]; then
		rm -rf "$base"
		sources=$(grep -lE 'debian\.org|/debian' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1)
		mmdebstrap --quiet --mode=root --variant=minbase --aptopt='APT::Install-Recommends "false"' --include="$depends" bookworm \
			"$base" "$sources" >&2
		touch "$base/.whole"
	fi
	echo "$base"
}

inside() # command ...
{
	chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}
shell() # script: as a clerk without a network would
{
	unshare --net chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root sh -euc "$1"
}
install_package() # file
{
	cp "$1" "$work/root/tmp/"
	inside dpkg --install "/tmp/$(basename "$1")"
}
still_there() { shell 'baocao status | grep "1 PENDING" && test -s /root/key && test -s /root/key.pub && cmp /root/key /root/copy'; }
agents_too() { shell 'ls /var/lib/baocao-collector/outbox.db /etc/baocao/collector.key'; }

first=$(make_package 0.1.0)
second=$(make_package 0.1.1)
base=$(base_image "$first")
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount -t proc proc "$work/root/proc"
mkdir -p "$work/root/tmp"
cat >"$work/root/tmp/a.jsonl" <<'JSON'
{"unit_code": "01", "period_type": "campaign", "period_first": "2022-08-01", "period_last": "2022-08-20", "revision": 1, "festival_day": {"points_planned": 10, "points_held": 12, "venue": [{"venue_kind": "ward", "held": 12}]}}
JSON

check "lintian finds nothing" lintian --fail-on error,warning,info,override --suppress-tags initial-upload-closes-no-bugs \
	--allow-root "$first"
check "it is installed from nothing" install_package "$first"
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
check "it is upgraded" install_package "$second"
check "the new version is there" shell 'baocao --version | grep -x "baocao 0.1.1"'
check "after the upgrade outbox and keys are there" still_there
check "it is removed" inside dpkg --remove baocao-collector
check "the program is gone" shell '! command -v baocao && test -s /root/.local/state/baocao/outbox.db'
check "after the removal the agent's outbox and key are there" agents_too
check "it is installed again" install_package "$second"
check "what was queued is still queued" still_there
check "it is purged" inside dpkg --purge baocao-collector
check "after the purge its configuration is gone, the agent's outbox and key are not" shell '! test -e /etc/baocao/baocao.conf &&
	ls /var/lib/baocao-collector/outbox.db /etc/baocao/collector.key && ! test -e /var/spool/baocao'
check "and it is installed once more" install_package "$first"
check "what was queued is still queued, after all that" still_there
check "the agent's, too" shell 'runuser -u baocao-collector -- baocao status --outbox /var/lib/baocao-collector/outbox.db |
	grep "1 PENDING"'
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
