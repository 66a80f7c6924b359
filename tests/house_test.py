#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree to the rules of ARCHITECTURE.md: who may include whom, an SPDX line in every source,
no file over 500 lines, no two types of one name. Usage: house_test.py SOURCE_ROOT"""
import pathlib
import re
import sys

# Folder of core/ -> folders whose headers it may include, beside its own.
ARROWS = {
    "base": set(),
    "model": {"base"},
    "process": {"base"},
    "source": {"base", "model", "process"},
    "plugin": {"base", "model"},
    "engine": {"base", "model", "plugin"},
    "output": {"base", "model"},
    "config": {"base", "model"},
    "store": {"base", "model", "process"},
    "rules": {"base", "model", "config"},
    "action": {"base", "model", "config", "plugin", "process", "rules"},
    "service": {"base", "model", "process", "source", "plugin", "engine", "output", "config", "rules", "action",
                "store"},
    "cli": {"base", "model", "process", "source", "plugin", "engine", "output", "config", "rules", "action",
            "store", "service"},
}
SDK_USERS = {"plugin"}  # the only folder that may include <dmevent/...>
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
SOURCES = {".cpp", ".hpp", ".h", ".c", ".py", ".sh"}


def check_core(root, complain):
    for path in sorted((root / "core").rglob("*.[ch]pp")):
        folder = path.relative_to(root / "core").parts[0]
        allowed = ARROWS.get(folder)
        if allowed is None:
            complain(path, f"folder core/{folder} has no rule in this test and in ARCHITECTURE.md")
            continue
        for kind, name in INCLUDE.findall(path.read_text()):
            if name.startswith("dmevent/") and folder not in SDK_USERS:
                complain(path, f"includes <{name}>: only core/{'/'.join(SDK_USERS)} may")
            if kind == '"':
                target = name.split("/")[0]
                if target != folder and target not in allowed:
                    complain(path, f'includes "{name}": core/{folder} may use {sorted(allowed) or "nobody"}')


def is_test(root, path):
    """plugins/testing/ is what the plugins' tests share; NAME_test.cpp and its headers use it."""
    if path.relative_to(root / "plugins").parts[0] == "testing" or path.stem.endswith("_test"):
        return True
    return path.suffix == ".hpp" and '"cases.hpp"' in path.read_text()


def check_plugins(root, complain):
    for path in sorted((root / "plugins").rglob("*.[ch]*")):
        if path.suffix not in {".cpp", ".hpp", ".h", ".c"} or is_test(root, path):
            continue
        for kind, name in INCLUDE.findall(path.read_text()):
            own = kind == '"' and (path.parent / name).exists()
            if kind == '"' and not own:
                complain(path, f'includes "{name}": a plugin sees <dmevent/...> and its own folder')


def types_of(path):
    """The types that a file defines, with their namespaces; none of those that no other file can see."""
    inside = []
    for line in path.read_text().splitlines():
        if opened := re.match(r"namespace (\S+ )?\{$", line):
            inside.append((opened[1] or "").strip())
        elif re.match(r"\} // namespace\b", line) and inside:
            inside.pop()
        elif (found := re.match(r"(?:struct|class|enum|enum class) (\w+)(?: final)?(?: :[^;]*)? \{", line)) and "" not in inside:
            yield "::".join([*inside, found[1]])


def check_types(root, complain):
    """The linker takes one destructor for both of two types of one name, and says nothing."""
    seen = {}
    for path in sorted((root / "core").rglob("*.[ch]pp")):
        for name in types_of(path):
            if name in seen:
                complain(path, f"defines {name}, as {seen[name]} does: give one of them another name")
            seen.setdefault(name, path.relative_to(root))


def check_files(root, complain):
    for top in ("core", "include", "plugins", "tests", "scripts", "bench"):
        for path in sorted((root / top).rglob("*")):
            if not path.is_file() or path.suffix not in SOURCES:
                continue
            lines = path.read_text(errors="replace").splitlines()
            if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
                complain(path, "has no SPDX line")
            if len(lines) > 500:
                complain(path, f"has {len(lines)} lines; 500 is the limit, split it along its ideas")


def main():
    root = pathlib.Path(sys.argv[1])
    complaints = []

    def complain(path, why):
        complaints.append(f"{path.relative_to(root)}: {why}")

    check_core(root, complain)
    check_plugins(root, complain)
    check_types(root, complain)
    check_files(root, complain)
    print("\n".join(complaints) or "the house is in order")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
