#!/bin/bash
# The built programs are hardened, as readelf sees them: PIE, full RELRO, no executable stack, stack protector, FORTIFY, code
# for CET; and this check can see what is not.
#
#   tests/system/hardening_test.sh [--without-fortify] LIBRARY... -- PROGRAM...
#
# CET is asked of the objects in the libraries. Programs have its mark only where the C library's start files do.
set -euo pipefail

fortify=yes libraries=()
[ "$1" != --without-fortify ] || { fortify=no; shift; }
while [ "$1" != -- ]; do
	libraries+=("$1")
	shift
done
shift

# Says what a program lacks, one line each.
lacks() # program
{
	local header dynamic segments symbols
	header=$(readelf -hW "$1")
	dynamic=$(readelf -dW "$1")
	segments=$(readelf -lW "$1")
	symbols=$(readelf -W --dyn-syms "$1" | awk '{sub("@.*", "", $8); print $8}')
	grep -q 'Type: *DYN' <<<"$header" && grep -q 'FLAGS_1.*PIE' <<<"$dynamic" || echo PIE
	grep -q GNU_RELRO <<<"$segments" && grep -qE 'BIND_NOW|FLAGS_1.*NOW' <<<"$dynamic" || echo "full RELRO"
	grep -qE 'GNU_STACK.* RW +0x' <<<"$segments" || echo "a stack that is not executable"
	! grep -qE ' RWE ' <<<"$segments" || echo "no segment both writable and executable"
	! grep -qE 'RPATH|RUNPATH|TEXTREL' <<<"$dynamic" || echo "no path of its own for libraries, no relocations in code"
	grep -qx __stack_chk_fail <<<"$symbols" || echo "stack protector"
	[ $fortify = yes ] || return 0
	grep -qxE '__[a-z]+_chk' <<<"$symbols" || echo FORTIFY
	# snprintf is not among them: where the compiler sees that it fits, it needs no check.
	! grep -qxE 'v?[fs]?printf|gets|longjmp' <<<"$symbols" || echo "FORTIFY of every printf"
}

# Objects that have code and are not marked.
unmarked() # library
{
	readelf -nSW "$1" 2>/dev/null | awk '
		function tell() { if (file != "" && code && !marked) print file }
		/^File: / { tell(); file = $2; code = marked = 0 }
		/ \.text[. ]/ && / AX / && !/ 000000 +00 +AX/ { code = 1 }
		/x86 feature: .*IBT.*SHSTK/ { marked = 1 }
		END { tell() }'
}

status=0
complain()
{
	echo "$*"
	status=1
}
for program in "$@"; do
	missing=$(lacks "$program")
	[ -z "$missing" ] || complain "$program lacks: ${missing//$'\n'/, }"
done
for library in "${libraries[@]}"; do
	[ "$(uname -m)" = x86_64 ] || break
	missing=$(unmarked "$library")
	[ -z "$missing" ] || complain "$library has objects without CET: ${missing//$'\n'/, }"
done

# What is built without all of it must be found to lack all of it.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/weak.c" <<'C'
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
	char text[8];
	(void)argc;
	strcpy(text, argv[0]);
	return sprintf(text, "%s", argv[0]);
}
C
${CC:-cc} -O0 -w -fno-pie -no-pie -fno-stack-protector -fcf-protection=none -U_FORTIFY_SOURCE -Wl,-z,norelro,-z,lazy,-z,execstack \
	-Wl,-rpath,/nowhere -o "$work/weak" "$work/weak.c"
${CC:-cc} -O0 -w -fcf-protection=none -c -o "$work/weak.o" "$work/weak.c"
ar rc "$work/libweak.a" "$work/weak.o"
wanted=$([ $fortify = yes ] && echo 8 || echo 6)
found=$(lacks "$work/weak" | wc -l)
[ "$found" = "$wanted" ] || complain "a program without hardening was found to lack $found things, not $wanted"
[ "$(uname -m)" != x86_64 ] || [ -n "$(unmarked "$work/libweak.a")" ] || complain "an object without CET was not found"
exit $status
