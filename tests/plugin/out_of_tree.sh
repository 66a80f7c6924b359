#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A plugin as a third party builds it: from nothing but an installed prefix, by a plain C compiler.
# usage: out_of_tree.sh BUILD PREFIX SOURCE LIST_PLUGINS COMPILER...
set -eu
build=$1 prefix=$2 source=$3 list_plugins=$4
shift 4

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
fail() { echo "out_of_tree: $*" >&2; exit 1; }

meson install -C "$build" --no-rebuild --tags devel --destdir "$work/root" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; fail "meson install failed"; }

PKG_CONFIG_LIBDIR=$(dirname "$(find "$work/root" -name dmevent-plugin.pc)")
export PKG_CONFIG_LIBDIR
sdk() { pkg-config --define-variable=prefix="$work/root$prefix" "$@" dmevent-plugin; }

mkdir "$work/plugins"
cp "$source" "$work/mine.c" # away from our tree: no header of it is near
# shellcheck disable=SC2046 # flags are words
(cd "$work" && "$@" -shared -fPIC -o plugins/mine.so mine.c $(sdk --cflags) \
    -Wl,--version-script="$(sdk --variable=versionscript)")

exported=$(nm -D --defined-only "$work/plugins/mine.so" | awk '{ print $3 }')
[ "$exported" = dmevent_plugin_entry ] || fail "exported is: $exported"
[ -n "$(sdk --variable=plugindir)" ] || fail "dmevent-plugin.pc does not say where plugins go"
types=$("$list_plugins" "$work/plugins") || fail "the plugin was refused"
[ "$types" = striped.device_failed ] || fail "its types are: $types"
