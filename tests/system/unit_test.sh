#!/bin/bash
# The units are correct, and the daemon's as closed as a service that listens can be: exposure at most 1.1 of 10.
#
#   tests/system/unit_test.sh [BUILD]    BUILD has the units that are made by CMake; default: build/
set -euo pipefail
ROOT=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
build=${1:-${BAOCAO_BUILD:-$ROOT/build}}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# verify wants the program to exist: the real path is not there before the package is installed.
for unit in "$build"/systemd/*.service "$ROOT"/systemd/*.service "$ROOT"/systemd/*.timer; do
	sed "s|^ExecStart=/usr/s\?bin/[^ ]*|ExecStart=/bin/true|" "$unit" >"$folder/$(basename "$unit")"
done

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
silent() # command ...: succeeds when the command does and says nothing
{
	local output
	output=$("$@" 2>&1) || { echo "$output"; return 1; }
	[ -z "$output" ] || { echo "$output"; return 1; }
}
for unit in "$folder"/*; do
	[[ $unit != *@.service ]] || { mv "$unit" "${unit/@/@x}"; unit=${unit/@/@x}; }
	check "systemd-analyze verify finds nothing in $(basename "$unit")" silent systemd-analyze verify --man=no --recursive-errors=no "$unit"
done
for unit in "$folder"/baocaod*.service "$folder/baocao-integrity.service"; do
	check "the exposure of $(basename "$unit") is at most 1.1" systemd-analyze security --offline=true --threshold=11 "$unit"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
