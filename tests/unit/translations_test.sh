#!/bin/bash
# Every message of the tool has its translation: no words for people stand outside the catalogue, po/ is what the sources say, nothing in
# it is untranslated or doubtful, and each translation takes the same values as its original.
#
#   translations_test.sh SOURCE
set -euo pipefail
cd "$1"
status=0
tests/unit/untranslated.py client/*.c proto/json.c || status=1
po/update --check || { echo "po/ is not up to date: run po/update, translate what is new"; status=1; }
for po in po/*.po; do
	said=$(LC_ALL=C msgfmt --check --statistics -o /dev/null "$po" 2>&1) || status=1
	echo "$po: $said"
	case $said in *untranslated* | *fuzzy*) status=1 ;; esac
	grep -q '[0-9] translated messages\.$' <<<"$said" || status=1
done
# The test can fail: a message without its translation is found.
broken=$(mktemp)
trap 'rm -f "$broken"' EXIT
msgattrib --no-wrap po/vi.po | awk 'BEGIN{RS="";ORS="\n\n"} NR==5{sub(/\nmsgstr "[^\n]*"/,"\nmsgstr \"\"")} {print}' >"$broken"
case $(LC_ALL=C msgfmt --statistics -o /dev/null "$broken" 2>&1) in
*"1 untranslated"*) ;;
*) echo "a missing translation is not found"; status=1 ;;
esac
# So is one that the catalogue never saw.
broken_source=$(mktemp --suffix=.c)
trap 'rm -f "$broken" "$broken_source"' EXIT
echo 'complain(path, "the disk is full");' >"$broken_source"
if tests/unit/untranslated.py "$broken_source" >/dev/null; then echo "a message outside the catalogue is not found"; status=1; fi
exit $status
