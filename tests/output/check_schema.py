#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks JSON lines against the shipped schemas: check_schema.py CONFIG_DIR [--prove] [PROGRAM ARG...]

Reads the output of PROGRAM, or standard input. With --prove, each line is also broken in ways that the
schema must notice, so that a schema which lets everything through does not pass.
"""
import copy
import json
import pathlib
import subprocess
import sys

import jsonschema


def load(config):
    schemas = {}
    for path in sorted(pathlib.Path(config).glob("*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        if "schema" in schema["properties"]:  # the configuration's is of no line
            schemas[schema["properties"]["schema"]["const"]] = jsonschema.Draft202012Validator(schema)
    return schemas


def broken(line, schema):
    """Copies of LINE that must not pass, with what was done to them."""
    for member in schema["required"]:
        other = copy.deepcopy(line)
        del other[member]
        yield f"without {member}", other
    for member in line:
        if member in schema["properties"]:
            yield f"{member} is null", {**line, member: None}
    for member, wrong in (("severity", "bad"), ("state", "over"), ("source", "rumour"), ("type", "Thin"),
                          ("id", "a b"), ("time", "now"), ("repeat", False), ("event_nr", -1), ("kind", "both"),
                          ("data", {"Key": 1}), ("target", {"type": "raid"}), ("device", {"name": "a"})):
        if member in schema["properties"]:
            yield f"{member} is {wrong!r}", {**line, member: wrong}


def main(config, *rest):
    prove = rest[:1] == ("--prove",)
    program = rest[1:] if prove else rest
    text = (subprocess.run(program, check=True, stdout=subprocess.PIPE).stdout if program
            else sys.stdin.buffer.read())
    validators = load(config)
    seen, failures = set(), 0
    for number, raw in enumerate(text.split(b"\n")[:-1], 1):
        line = json.loads(raw.decode("utf-8"))
        name = line.get("schema")
        if name not in validators:
            sys.exit(f"line {number}: unknown schema {name!r}")
        seen.add(name)
        validator = validators[name]
        for error in validator.iter_errors(line):
            failures += 1
            print(f"line {number}: {error.json_path}: {error.message}")
        for what, other in broken(line, validator.schema) if prove else ():
            if validator.is_valid(other):
                failures += 1
                print(f"line {number}: passes though {what}")
    if not text.endswith(b"\n") and text:
        failures += 1
        print("the last line has no newline")
    if prove and seen != set(validators):
        failures += 1
        print(f"no line of: {', '.join(sorted(set(validators) - seen))}")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
