#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plugin of CONTRIBUTING.md, built by the commands that stand under it, against an installed SDK.

Usage: contributing_test.py CONTRIBUTING.md BUILD PREFIX PROGRAM COMPILER...
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

DOCUMENT, BUILD, PREFIX, PROGRAM, *COMPILER = sys.argv[1:]
PROGRAM = os.path.abspath(PROGRAM)
COMPILER = [shutil.which(word) or word for word in COMPILER]  # the document's c++ will stand before it in PATH


def block(language, holding):
    """The one code block of LANGUAGE that has HOLDING in it."""
    text = pathlib.Path(DOCUMENT).read_text(encoding="utf-8")
    found = [b for b in re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S) if holding in b]
    assert len(found) == 1, f"{len(found)} {language} blocks with {holding}"
    return found[0]


def reading(second, status):
    return json.dumps({"v": 1, "at": f"2026-01-31T10:15:{second:02}Z", "kind": "device", "name": "root", "uuid": "",
                       "major": 253, "minor": 0, "diskseq": 1, "event_nr": second,
                       "targets": [{"start": 0, "length": 8, "type": "verity", "table": "", "status": status}]})


class Contributing(unittest.TestCase):
    def setUp(self):
        os.umask(0o022)
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.work = pathlib.Path(self.temporary.name)
        self.bin = self.work / "bin"
        self.bin.mkdir()

    def command(self, name, *words):
        """A program called NAME for the document's commands, which is WORDS."""
        file = self.bin / name
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        file.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n', encoding="utf-8")
        file.chmod(0o755)

    def test_the_example_is_built_listed_and_tells_of_corruption(self):
        root = self.work / "root"
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel", "--destdir", root],
                       check=True, stdout=subprocess.DEVNULL)
        self.command("c++", *COMPILER, "-Wall", "-Wextra", "-Werror")
        self.command("pkg-config", shutil.which("pkg-config"), f"--define-variable=prefix={root}{PREFIX}")
        self.command("dmevent_tool", PROGRAM)
        plugins = self.work / "mine"
        plugins.mkdir()
        (plugins / "verity.cpp").write_text(block("cpp", "DMEVENT_PLUGIN"), encoding="utf-8")
        libdir = next(root.rglob("dmevent-plugin.pc")).parent
        env = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "PKG_CONFIG_LIBDIR": str(libdir)}
        built = subprocess.run(["sh", "-euc", block("sh", "verity.cpp")], cwd=plugins, env=env, timeout=300,
                               capture_output=True, text=True, check=False)
        self.assertEqual((built.returncode, built.stderr), (0, ""))
        self.assertRegex(built.stdout, r"verity 1\.0 .*targets: verity")
        self.assertRegex(built.stdout, r"verity\.corrupted +critical +condition")
        self.assertRegex(built.stdout, r"hook verity\.read +reads the device")

        recording = "\n".join(reading(second, status) for second, status in enumerate(("V", "C", "?", "V"), 1))
        replayed = subprocess.run([PROGRAM, "--plugin-dir", plugins, "-j", "--replay", "-"], input=recording + "\n",
                                  timeout=60, capture_output=True, text=True, check=False)
        self.assertEqual((replayed.returncode, replayed.stderr), (0, ""))
        events = [json.loads(line) for line in replayed.stdout.splitlines()]
        self.assertEqual([(e["type"], e["state"]) for e in events],
                         [("verity.corrupted", "raised"), ("device.status_unknown", "raised"),
                          ("device.status_unknown", "cleared"), ("verity.corrupted", "cleared")])
        self.assertEqual(events[0]["message"], "root: a block failed verification")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
