# SPDX-License-Identifier: Apache-2.0
# Bash completion for dmevent_tool. Event types come from the program itself, so that they are
# those of the plugins that are there.
# shellcheck shell=bash disable=SC2207

_dmevent_tool_types() {
    dmevent_tool --list-events --json 2>/dev/null | grep -oE '"(type|alias)":"[^"]+"' | cut -d'"' -f4
}

_dmevent_tool() {
    local cur prev types
    cur=${COMP_WORDS[COMP_CWORD]}
    prev=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $prev in
        -p | --pidfile | --replay | --record)
            COMPREPLY=($(compgen -f -- "$cur"))
            return
            ;;
        --plugin-dir)
            COMPREPLY=($(compgen -d -- "$cur"))
            return
            ;;
        -i | --ignore)
            COMPREPLY=($(compgen -W "$(cat /sys/block/dm-*/dm/uuid 2>/dev/null)" -- "$cur"))
            return
            ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "--foreground --debug --pidfile --ignore --all --query --list-events --json --once
            --verbose --replay --record --plugin-dir --help --version" -- "$cur"))
        return
    fi
    types=$(_dmevent_tool_types)
    COMPREPLY=($(compgen -W "$types $(cut -s -d. -f1 <<<"$types" | sort -u)" -- "$cur"))
}

complete -o filenames -F _dmevent_tool dmevent_tool
