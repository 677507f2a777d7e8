#!/bin/bash
# The agent's units are correct, and the machine's is as closed as one can be that reads a folder of people's: exposure at most
# 1.9 of 10.
set -euo pipefail
ROOT=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
. "$ROOT/tests/checks.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/user"

# verify wants the program to exist: the real path is not there before the package is installed.
for unit in baocao-watch.service user/baocao-watch.service; do
	sed "s|^ExecStart=/usr/bin/baocao|ExecStart=/bin/true|" "$ROOT/systemd/$unit" >"$folder/$unit"
done
check "systemd-analyze verify finds nothing in the machine's unit" \
	silent systemd-analyze verify --man=no --recursive-errors=no "$folder/baocao-watch.service"
check "systemd-analyze verify finds nothing in the user's unit" \
	silent env XDG_RUNTIME_DIR="$folder" systemd-analyze verify --user --man=no --recursive-errors=no "$folder/user/baocao-watch.service"
check "the exposure of the machine's is at most 1.9" \
	systemd-analyze security --offline=true --threshold=19 "$folder/baocao-watch.service"
checks_end
