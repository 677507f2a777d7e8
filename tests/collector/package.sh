# The package baocao-collector on a Debian 12 of its own: what it depends on is there, of the package nothing. The caller has
# set -euo pipefail, is root, and has set ROOT, the top of the tree. Everything is in $work, which package_clear takes away.
work=$(mktemp -d)
package_clear()
{
	umount "$work/root$work/desk" "$work/root/proc" "$work/root" 2>/dev/null || true
	rm -rf "$work"
}

# The package of what is built in a folder; says its path.
package_make() # folder
{
	(cd "$1" && cpack -G DEB -D CPACK_COMPONENTS_ALL=collector -B "$work/packages") >"$work/log" 2>&1 || { tail -40 "$work/log" >&2; return 1; }
	ls -t "$work/packages/baocao-collector_"*.deb | head -1
}

# Everything that the package depends on, so that it is installed without a network; made once. Says its path, in a subshell.
package_base() # package
{
	local depends base sources
	depends=$(dpkg-deb -f "$1" Depends | tr ',' '\n' | sed 's/[(|].*//; s/ //g' | sort -u | paste -sd ,)
	base=${TMPDIR:-/tmp}/baocao-collector-base-$(sha256sum <<<"$depends" | cut -c 1-12)
	exec 9>"$base.lock" # until this subshell ends: another run may be making it
	flock 9
	if [ ! -e "$base/.whole" ]; then
		rm -rf "$base"
		sources=$(grep -lE 'debian\.org|/debian' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1)
		mmdebstrap --quiet --mode=root --variant=minbase --aptopt='APT::Install-Recommends "false"' --include="$depends" bookworm \
			"$base" "$sources" >&2
		touch "$base/.whole"
	fi
	echo "$base"
}

# A machine at $work/root without the package.
package_machine() # package
{
	local base
	base=$(package_base "$1")
	mkdir "$work/upper" "$work/work" "$work/root"
	mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" "$work/root"
	mount -t proc proc "$work/root/proc"
	mkdir -p "$work/root/tmp"
}

package_inside() # command ...
{
	chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

package_install() # file
{
	cp "$1" "$work/root/tmp/"
	package_inside dpkg --install "/tmp/$(basename "$1")"
}
