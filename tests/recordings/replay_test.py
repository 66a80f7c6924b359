#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Machines as a real kernel showed them, replayed by the program as it is: NAME.jsonl must give NAME.txt.
Usage: replay_test.py PROGRAM DIRECTORY [--write]      --write: what it gives now is right"""
import os
import pathlib
import subprocess
import sys


def replay(program, file):
    environment = {**os.environ, "TZ": "UTC", "NO_COLOR": "1"}
    done = subprocess.run([program, "--replay", str(file), "--all", "--no-config"], capture_output=True, timeout=60,
                          env=environment, check=False)
    return done.returncode, done.stdout, done.stderr


def main():
    program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    files, bad = sorted(directory.glob("*.jsonl")), []
    for file in files:
        status, out, err = replay(program, file)
        expected = file.with_suffix(".txt")
        if "--write" in sys.argv[3:]:
            expected.write_bytes(out)
        if (status, err) != (0, b""):
            bad.append(f"{file.name}: exit status {status}, {err.decode(errors='replace')}")
        elif out != expected.read_bytes():
            bad.append(f"{file.name}: printed\n{out.decode(errors='replace')}but {expected.name} has\n"
                       f"{expected.read_bytes().decode(errors='replace')}")
        elif replay(program, file)[1] != out:
            bad.append(f"{file.name}: replayed twice it gives two answers")
    print("\n".join(bad) or f"{len(files)} recordings give what they gave")
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main())
