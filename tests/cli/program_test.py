#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program as a user meets it, where no kernel is needed. Usage: program_test.py PROGRAM"""
import contextlib
import errno
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
ADDED = {"v": 1, "at": "2026-01-31T10:15:03Z", "kind": "device", "why": "kernel", "name": "a\x1b[31m b", "uuid": "U-1",
         "major": 253, "minor": 1, "diskseq": 7, "event_nr": 0,
         "targets": [{"start": 0, "length": 8, "type": "linear", "table": None, "status": ""}]}
REMOVED = {"v": 1, "at": "2026-01-31T10:15:04Z", "kind": "removed", "name": "a\x1b[31m b", "uuid": "U-1", "major": 253,
           "minor": 1, "diskseq": 7}
BASELINE = {"v": 1, "at": "2026-01-31T10:15:02Z", "kind": "baseline_done"}


def run(*args, **kwargs):
    kwargs.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([PROGRAM, *args], stderr=subprocess.PIPE, timeout=60, text=True, check=False, **kwargs)


class Program(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.recording = os.path.join(self.directory.name, "recording")
        self.write(BASELINE, ADDED, REMOVED)

    def tearDown(self):
        self.directory.cleanup()

    def write(self, *lines):
        with open(self.recording, "w", encoding="utf-8") as file:
            for line in lines:
                file.write((line if isinstance(line, str) else json.dumps(line)) + "\n")

    def test_help_and_version_need_nothing(self):
        for option in ("-h", "--help", "-V", "--version"):
            result = run(option)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("dmevent_tool", result.stdout)

    def test_usage_errors_end_with_2_and_say_what_is_right(self):
        for args, part in (([], "--list-events"), (["-f"], "--all"), (["--jsno"], "--json"),
                           (["-fa", "devcie.added"], "device.added"), (["-f", "nonsense_nonsense"], "--list-events")):
            result = run(*args)
            self.assertEqual((result.returncode, result.stdout), (2, ""), args)
            self.assertIn(part, result.stderr)

    def test_replay_as_text_escapes_what_a_name_may_hold(self):
        result = run("--replay", self.recording)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(len(result.stdout.splitlines()), 2)
        self.assertNotIn("\x1b", result.stdout)
        self.assertIn("device.removed", result.stdout)

    def test_replay_as_json_is_one_object_a_line_and_always_the_same(self):
        first, again = (run("-j", "--replay", self.recording) for _ in range(2))
        self.assertEqual(first.stdout, again.stdout)
        events = [json.loads(line) for line in first.stdout.splitlines()]
        self.assertEqual([e["type"] for e in events], ["device.added", "device.removed"])
        self.assertEqual(events[0]["device"]["name"], ADDED["name"])

    def test_replay_from_standard_input(self):
        with open(self.recording, encoding="utf-8") as file:
            result = run("--replay", "-", "device.removed", stdin=file)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(result.stdout.splitlines()), 1)

    def test_bad_lines_are_named_and_the_rest_is_replayed(self):
        self.write(BASELINE, "nonsense", ADDED, '{"v":1}')
        result = run("--replay", self.recording)
        self.assertEqual(result.returncode, 1)
        self.assertIn("device.added", result.stdout)
        self.assertIn(self.recording + ":2:", result.stderr)
        self.assertIn(self.recording + ":4", result.stderr)

    def test_once_ignores_what_follows(self):
        self.write(BASELINE, ADDED, REMOVED, "nonsense")
        result = run("-o", "--replay", self.recording)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.rstrip().endswith("removed"), result.stdout)

    def test_once_ends_though_the_pipe_goes_on(self):
        reader, writer = os.pipe()
        with open(self.recording, "rb") as file:
            os.write(writer, file.read() + b"nonsense\n")
        result = run("-o", "--replay", "-", stdin=reader)
        os.close(reader)
        os.close(writer)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(result.stdout.rstrip().endswith("removed"), result.stdout)

    def test_once_without_its_event_ends_with_the_recording(self):
        result = run("-o", "--replay", self.recording, "device.renamed")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_json_mode_says_nothing_but_json_whatever_goes_wrong(self):
        self.write(BASELINE, "nonsense", ADDED, REMOVED)
        for args in (["--replay", self.recording], ["--replay", "/nonexistent"], ["-dvv", "--replay", self.recording],
                     ["-l"], ["-lv", "--plugin-dir", "/nonexistent"], ["-q", "nonsense_nonsense"], ["--jsno"], ["-fo"]):
            for line in run("-j", *args).stdout.splitlines():
                self.assertIsInstance(json.loads(line), dict, args)

    def test_names_of_any_bytes(self):
        name = b"a\\x20 \x1b]0;x\x07\xff\xc2\x9b".hex()
        self.write(BASELINE, {**ADDED, "name": "?", "name_hex": name, "uuid": "?", "uuid_hex": name})
        text, line = run("--replay", self.recording), run("-j", "--replay", self.recording)
        for shown in (text.stdout, line.stdout):
            self.assertFalse([c for c in shown if c != "\n" and (c < " " or "\x7f" <= c < "\xa0")], shown)
        device = json.loads(line.stdout)["device"]
        self.assertEqual((device["name_hex"], device["uuid_hex"]), (name, name))
        self.assertIn("a  \x1b]0;x", device["display_name"])

    def test_a_hostile_file_name_is_escaped(self):
        for args in (["--replay", "/nonexistent/\x1b[31m"], ["-l", "--plugin-dir", "/nonexistent/\x1b[31m"]):
            result = run(*args)
            self.assertIn("/nonexistent/\\x1b[31m", result.stderr)
            self.assertNotIn("\x1b", result.stderr)

    def test_ignored_device(self):
        result = run("-i", "U-1", "--replay", self.recording)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_missing_recording(self):
        result = run("--replay", "/nonexistent/recording")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nonexistent/recording", result.stderr)

    def test_a_reader_that_left_is_no_error(self):
        for args in (["-l"], ["--help"], ["--replay", self.recording]):
            reader, writer = os.pipe()
            os.close(reader)
            result = run(*args, stdout=writer)
            os.close(writer)
            self.assertEqual((result.returncode, result.stderr), (0, ""), args)

    def test_a_closed_standard_output_is_no_error(self):
        result = run("--replay", self.recording, preexec_fn=lambda: os.close(1))
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = run("--replay", self.recording, stdout=full)
        self.assertEqual(result.returncode, 1)
        self.assertIn("No space left", result.stderr)

    def test_list_events(self):
        text, lines = run("-l"), run("-lj")
        self.assertEqual((text.returncode, lines.returncode), (0, 0))
        listed = [json.loads(line) for line in lines.stdout.splitlines()]
        names = [line["hook"] if line["schema"] == "dmevent-hook/1" else line["type"] for line in listed]
        self.assertIn("device.added", names)
        for name in names:
            self.assertIn(name, text.stdout)

    def test_a_plugin_directory_that_is_not_there_is_named(self):
        result = run("--plugin-dir", "/nonexistent/plugins", "-l")
        self.assertEqual(result.returncode, 0)
        self.assertIn("/nonexistent/plugins", result.stderr)
        self.assertIn("device.added", result.stdout)

    def config(self, *lines):
        path = os.path.join(self.directory.name, "a.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(("version: 1", *lines)))
        return run("--check-config", "--config", path)

    def test_a_program_that_others_could_have_written_is_a_mistake(self):
        open_to_all = os.path.join(self.directory.name, "open")
        os.mkdir(open_to_all)
        os.chmod(open_to_all, 0o777)
        program = os.path.join(open_to_all, "page")
        with open(program, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n")
        os.chmod(program, 0o755)
        result = self.config(f"actions: {{page: {{exec: [{program}]}}}}")
        self.assertEqual(result.returncode, 78)
        self.assertIn("a.yaml:2:", result.stderr)
        self.assertIn(f"{open_to_all} is writable by others", result.stderr)
        self.assertIn(f"chmod go-w {open_to_all}", result.stderr)
        os.chmod(open_to_all, 0o755)
        result = self.config(f"actions: {{page: {{exec: [{program}]}}}}")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_program_that_cannot_be_run_now_is_warned_of(self):
        plain = os.path.join(self.directory.name, "plain")
        with open(plain, "w", encoding="utf-8") as file:
            file.write("text")
        os.chmod(plain, 0o644)
        for program, why in (("/nowhere/page", "No such file"), (plain, "may not be executed"),
                             (self.directory.name, "Is a directory")):
            result = self.config(f"rules: [{{name: r, on: device, do: {{exec: {program}}}}}]")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(program, result.stderr)
            self.assertIn(why, result.stderr)

    def test_the_launcher_serves_says_so_and_ends_at_once(self):
        directory = self.directory.name
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(os.path.join(directory, "notify"))
            manager.settimeout(30)
            environment = dict(os.environ, NOTIFY_SOCKET=os.path.join(directory, "notify"))
            with subprocess.Popen([PROGRAM, "--launcher", "--run-dir", directory], env=environment) as launcher, \
                 contextlib.ExitStack() as stack:
                stack.callback(launcher.kill)
                self.assertTrue(manager.recv(1000).startswith(b"READY=1\nSTATUS="))
                second = run("--launcher", "--run-dir", directory)
                self.assertEqual(second.returncode, 1)
                self.assertIn("another process", second.stderr)
                with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asks:
                    asks.connect(os.path.join(directory, "launcher.sock"))
                    asks.send(struct.pack("II", 99, 7)) # no such request
                    self.assertEqual(struct.unpack("Iii", asks.recv(100)), (7, errno.EINVAL, 0))
                    launcher.terminate()
                    self.assertEqual(manager.recv(1000), b"STOPPING=1")
                    self.assertEqual(launcher.wait(timeout=30), 0)
                    self.assertEqual(asks.recv(100), b"") # with it, who served us
        self.assertFalse(os.path.exists(os.path.join(directory, "launcher.sock")))


if __name__ == "__main__":
    unittest.main()
