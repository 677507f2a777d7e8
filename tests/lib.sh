# Shared by tests/run, demo/run, .ci/run and the longer suites: installing what is missing, building, a private PostgreSQL.
# The caller has set -euo pipefail and ROOT, the top of the tree.

as_root()
{
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs the packages of tests/packages, and of other such lists, that are missing. With all of them there nothing is asked
# of root.
install_missing() # list ...
{
	local missing=() package
	while read -r package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
	done < <(cat "$ROOT/tests/packages" "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing: ${missing[*]}"
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}" >/dev/null
}

build() # folder, cmake options ...
{
	local folder=$1
	shift
	cmake -S "$ROOT" -B "$folder" -G Ninja "$@" >"$folder.log" 2>&1 || { cat "$folder.log"; return 1; }
	cmake --build "$folder" >>"$folder.log" 2>&1 || { tail -50 "$folder.log"; return 1; }
	rm -f "$folder.log"
}

# PostgreSQL refuses to run as root: then it runs as postgres.
as_postgres()
{
	if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else (cd / && "$@"); fi
}

# A cluster of its own in FOLDER, reached only through the socket in that folder; superuser postgres.
postgres_start() # folder
{
	PG_BIN=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
	mkdir -p "$1"
	if [ "$(id -u)" = 0 ]; then chown postgres "$1"; fi
	chmod 755 "$1"
	as_postgres "$PG_BIN/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --data-checksums >"$1/initdb.log" 2>&1 ||
		{ cat "$1/initdb.log"; return 1; }
	as_postgres "$PG_BIN/pg_ctl" -D "$1/data" -l "$1/postgres.log" -w -o "-k $1 -c listen_addresses=" start >/dev/null
}

postgres_stop() # folder; does nothing where none was started
{
	[ -n "${PG_BIN:-}" ] || return 0
	as_postgres "$PG_BIN/pg_ctl" -D "$1/data" -m fast -w stop >/dev/null 2>&1 || true
}
