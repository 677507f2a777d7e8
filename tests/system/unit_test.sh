#!/bin/bash
# The unit files are correct, and as closed as a service that listens, or asks a database over the network, can be: exposure at
# most 1.5 of 10.
set -euo pipefail
ROOT=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
services=(baocaod baocao-integrity)
# verify wants the program to exist: the real path is not there before the package is installed.
for service in "${services[@]}"; do
	sed -E "s#^ExecStart=/usr/s?bin/(baocaod|baocao-verify)#ExecStart=/bin/true#" "$ROOT/systemd/$service.service" >"$folder/$service.service"
done
cp "$ROOT"/systemd/*.timer "$folder"

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
for service in "${services[@]}"; do
	check "systemd-analyze verify finds nothing in $service.service" \
		silent systemd-analyze verify --man=no --recursive-errors=no "$folder/$service.service"
	check "the exposure of $service.service is at most 1.5" \
		systemd-analyze security --offline=true --threshold=15 "$folder/$service.service"
done
check "systemd-analyze verify finds nothing in baocao-integrity.timer" \
	silent systemd-analyze verify --man=no --recursive-errors=no "$folder/baocao-integrity.timer"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
