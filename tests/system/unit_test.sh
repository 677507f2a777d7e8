#!/bin/bash
# The units are correct, and the daemon's as closed as a service that listens can be: exposure at most 1.1 of 10.
#
#   tests/system/unit_test.sh [BUILD]    BUILD has the units that are made by CMake; default: build/
set -euo pipefail
ROOT=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
. "$ROOT/tests/checks.sh"
build=${1:-${BAOCAO_BUILD:-$ROOT/build}}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# verify wants the program to exist: the real path is not there before the package is installed.
for unit in "$build"/systemd/*.service "$ROOT"/systemd/*.service "$ROOT"/systemd/*.timer; do
	sed "s|^ExecStart=/usr/s\?bin/[^ ]*|ExecStart=/bin/true|" "$unit" >"$folder/$(basename "$unit")"
done

for unit in "$folder"/*; do
	[[ $unit != *@.service ]] || { mv "$unit" "${unit/@/@x}"; unit=${unit/@/@x}; }
	check "systemd-analyze verify finds nothing in $(basename "$unit")" silent systemd-analyze verify --man=no --recursive-errors=no "$unit"
done
for unit in "$folder"/baocaod*.service "$folder/baocao-integrity.service"; do
	check "the exposure of $(basename "$unit") is at most 1.1" systemd-analyze security --offline=true --threshold=11 "$unit"
done
checks_end
