#!/bin/bash
# The built programs are hardened, as readelf sees them: PIE, full RELRO, no executable stack, stack protector, FORTIFY, code
# for CET; and this check can see what is not.
#
#   tests/system/hardening_test.sh [--without-fortify] PROGRAM...
#
# CET is looked for where code begins: programs have its mark only where the C library's start files do.
set -euo pipefail

fortify=yes
[ "$1" != --without-fortify ] || { fortify=no; shift; }

# Functions of main.c and of generated code that may be called through pointers and do not begin as CET wants it, or are not
# there to be looked at.
unmarked() # program
{
	local function
	[ "$(uname -m)" = x86_64 ] || return 0
	for function in main baocao__report__init; do
		objdump -d --no-show-raw-insn --disassemble=$function "$1" | awk -v name="<$function>:" '
			found { marked = $2 == "endbr64"; exit }
			$2 == name { found = 1 }
			END { if (!marked) print name }'
	done
}

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
	[ -z "$(unmarked "$1")" ] || echo CET
	[ $fortify = yes ] || return 0
	grep -qxE '__[a-z]+_chk' <<<"$symbols" || echo FORTIFY
	# snprintf is not among them: where the compiler sees that it fits, it needs no check.
	! grep -qxE 'v?[fs]?printf|gets|longjmp' <<<"$symbols" || echo "FORTIFY of every printf"
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
wanted=$([ $fortify = yes ] && echo 9 || echo 7)
found=$(lacks "$work/weak" | wc -l)
[ "$found" = "$wanted" ] || complain "a program without hardening was found to lack $found things, not $wanted"
exit $status
