# SPDX-License-Identifier: Apache-2.0
# Bash completion for dmevent_tool. Options and event types come from the program itself, so that
# they are those it has, with the plugins that are there.
# shellcheck shell=bash

# Fills COMPREPLY with the lines of standard input that begin with $1. Not `compgen -W`, which would
# run what stands in $(...): uuids are anybody's text.
_dmevent_tool_offer() {
    local line
    while IFS= read -r line; do
        [[ -n $line && $line == "$1"* ]] && COMPREPLY+=("$line")
    done
}

_dmevent_tool_options() {
    dmevent_tool --help 2>/dev/null | grep -oE '^  (-.,|   ) --[a-z-]+' | grep -oE -- '--.*'
}

_dmevent_tool_types() {
    local types
    types=$(dmevent_tool --list-events --json 2>/dev/null | grep -oE '"(type|alias)":"[^"]+"' | cut -d'"' -f4)
    printf '%s\n' "$types"
    cut -s -d. -f1 <<<"$types" | sort -u
}

_dmevent_tool() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=
    ((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD - 1]}
    # Readline makes three words of --option=value.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]] && ((COMP_CWORD > 1)); then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $prev in
        --pidfile | --replay | --record | --config | --launcher-socket | --history | --history-socket | -p | -[!-]*p)
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            compopt -o filenames 2>/dev/null
            return
            ;;
        --plugin-dir | --run-dir)
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            compopt -o filenames 2>/dev/null
            return
            ;;
        --severity)
            mapfile -t COMPREPLY < <(compgen -W 'info notice warning error critical' -- "$cur")
            return
            ;;
        --device)
            _dmevent_tool_offer "$cur" < <(cat "${DMEVENT_TOOL_SYSFS:-/sys}"/block/dm-*/dm/name 2>/dev/null)
            local i
            for i in "${!COMPREPLY[@]}"; do printf -v "COMPREPLY[i]" %q "${COMPREPLY[i]}"; done
            return
            ;;
        --since | --until | --last)
            return
            ;;
        --ignore | -i | -[!-]*i)
            _dmevent_tool_offer "$cur" < <(cat "${DMEVENT_TOOL_SYSFS:-/sys}"/block/dm-*/dm/uuid 2>/dev/null)
            local i
            for i in "${!COMPREPLY[@]}"; do printf -v "COMPREPLY[i]" %q "${COMPREPLY[i]}"; done
            return
            ;;
    esac
    if [[ $cur == -* ]]; then
        _dmevent_tool_offer "$cur" < <(_dmevent_tool_options)
    else
        _dmevent_tool_offer "$cur" < <(_dmevent_tool_types)
    fi
}

complete -F _dmevent_tool dmevent_tool
