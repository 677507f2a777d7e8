#!/bin/bash
# The unit file is correct, and as closed as a service that listens can be: exposure at most 1.5 of 10.
set -euo pipefail
ROOT=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# verify wants the program to exist: the real path is not there before the package is installed.
sed "s|^ExecStart=/usr/sbin/baocaod|ExecStart=/bin/true|" "$ROOT/systemd/baocaod.service" >"$folder/baocaod.service"

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
check "systemd-analyze verify finds nothing" silent systemd-analyze verify --man=no --recursive-errors=no "$folder/baocaod.service"
check "its exposure is at most 1.5" systemd-analyze security --offline=true --threshold=15 "$folder/baocaod.service"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
