#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The completion as the shell calls it. Usage: completion_test.sh COMPLETION PROGRAM
set -eu
completion=$1 program=$(realpath "$2")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="${program%/*}:$PATH" DMEVENT_TOOL_SYSFS="$work/sys"
# shellcheck source=/dev/null
source "$completion"

# The words of a command line, the last one being completed; prints what is offered, one a line.
offered() {
    COMP_WORDS=(dmevent_tool "$@") COMP_CWORD=$#
    _dmevent_tool
    ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
}

failures=0
expect() { # EXPECTED WORD...
    local expected=$1 got
    shift
    got=$(offered "$@" | sort | tr '\n' ' ')
    [[ $got == "$expected" ]] && return
    echo "after '$*': offered '$got', expected '$expected'"
    failures=$((failures + 1))
}

expect '--foreground --forget ' --fo
expect '--record --replay ' --re
expect '--version ' -fj thin --vers
expect '' --nonsense
expect 'thin.data_threshold ' thin.data
expect '_thin_low_water _thin_overflow ' -f _thin
expect 'PATH_FAILED PATH_REINSTATED ' raid PATH
expect 'mirror.failed ' mirror.f
expect 'action action.failed action.finished action.no_effect action.overdue action.suspended ' act

# All of --help is offered, and nothing else.
expect "$("$program" --help | grep -oE -- '^  .{4}--[a-z-]+' | cut -c7- | sort | tr '\n' ' ')" --

touch "$work/one" "$work/two words"
mkdir "$work/dir"
expect "$work/one " -p "$work/o"
expect "$work/one " -fp "$work/o"
expect "$work/two words " --replay "$work/tw"
expect "$work/one " --record = "$work/o"
expect "$work/dir " --plugin-dir "$work/"

expect "$work/one " -q --history "$work/o"
expect 'warning ' -q --severity w
expect '' -q --since thin

# What a uuid holds is neither run nor split.
mkdir -p "$work/sys/block/dm-0/dm" "$work/sys/block/dm-1/dm"
# shellcheck disable=SC2016 # must not be expanded
printf 'LVM-$(touch %s)`touch %s`\n' "$work/run" "$work/run" >"$work/sys/block/dm-0/dm/uuid"
echo 'CRYPT-a b' >"$work/sys/block/dm-1/dm/uuid"
expect 'CRYPT-a\ b ' -i CR
echo 'vg-pool' >"$work/sys/block/dm-0/dm/name"
expect 'vg-pool ' -q --device v
[[ $(offered --ignore LVM) == 'LVM-\$\(touch\ '* ]] || { echo "not quoted: $(offered -i LVM)"; failures=$((failures + 1)); }
[[ ! -e $work/run ]] || { echo "a uuid was run"; failures=$((failures + 1)); }
exit $((failures > 0))
