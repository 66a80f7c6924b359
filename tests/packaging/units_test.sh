#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What systemd itself says of the units. Usage: units_test.sh PROGRAM UNIT...
set -eu
program=$(realpath "$1")
shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SYSTEMD_UNIT_PATH="$work:" # before the system's own
failures=0
fail() {
  echo "$*"
  failures=$((failures + 1))
}

# The program is not where it will be installed.
for unit in "$@"; do
  sed -E "s,(=|')/[^ ]*/dmevent_tool ,\\1$program ,g" "$unit" >"$work/${unit##*/}"
done
[ "$(grep -c "$program" "$work/dmevent_tool.service")" = 2 ] || fail "the program is not where it was looked for"

# verify UNIT...: what is wrong with them, on standard output. (Some of it is told with status 0.)
verify() {
  SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no --recursive-errors=yes "$@" 2>&1 || true
}
said=$(verify "$work"/dmevent_tool*)
[ -z "$said" ] || fail "verify: $said"

# In a boot: /var is mounted as local file systems are, and the units are enabled.
mkdir "$work/sysinit.target.wants" "$work/local-fs.target.requires"
ln -s ../dmevent_tool.service "$work/sysinit.target.wants/"
printf '[Mount]\nWhat=/dev/null\nWhere=/var\n' >"$work/var.mount"
ln -s ../var.mount "$work/local-fs.target.requires/"
circles() {
  verify sysinit.target | grep -F 'ordering cycle' || true
}
said=$(circles)
[ -z "$said" ] || fail "$said"
# This is what would be found.
mkdir "$work/dmevent_tool.service.d"
printf '[Service]\nStateDirectory=dmevent_tool\n' >"$work/dmevent_tool.service.d/state.conf"
[ -n "$(circles)" ] || fail "a circle is not seen"
rm -r "$work/dmevent_tool.service.d"

# At shutdown the history ends before its file system is unmounted, and the watcher after all of them.
grep -q '^Before=.*local-fs-pre.target' "$work/dmevent_tool.service" || fail "the watcher would end before the last unmount"
grep -q '^StateDirectory=' "$work/dmevent_tool-history.service" || fail "the history would not wait for its mount"

# The watcher and the history are closed; the launcher is as open as a program needs.
for unit in dmevent_tool dmevent_tool-history; do
  systemd-analyze security --offline=yes --threshold=20 "$work/$unit.service" >"$work/security" 2>&1 || {
    grep -F '✗' "$work/security"
    fail "$unit is too open"
  }
  tail -n 1 "$work/security"
done
exit $((failures > 0))
