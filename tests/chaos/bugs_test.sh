#!/bin/bash
# Each bug that tests/chaos/run can plant still fits the sources: who moves the code it is about sees it here, not after half an hour.
#
#   bugs_test.sh SOURCE
set -euo pipefail
cd "$1"
status=0
for bug in tests/chaos/bugs/*.patch; do
	patch --dry-run --silent --fuzz=0 -p1 -i "$bug" || { echo "$bug does not fit the sources"; status=1; }
done
# The test can fail: a bug in what is not there is found.
strange=$(mktemp)
trap 'rm -f "$strange"' EXIT
sed 's/^ \(.\)/ not there \1/' "$bug" >"$strange"
if patch --dry-run --silent --fuzz=0 -p1 -i "$strange" >/dev/null; then echo "a bug that does not fit is not found"; status=1; fi
exit $status
