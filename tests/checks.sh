# Named checks of a script, one line each; the script ends with checks_end. The caller has set -euo pipefail.
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

checks_end()
{
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
