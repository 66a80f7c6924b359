# SPDX-License-Identifier: Apache-2.0
"""The program under test, watching. Every event it prints must be expected, in order, except the types that a
scenario ignores by name; so a scenario says also what must not come."""
import fnmatch
import json
import os
import re
import select
import signal
import subprocess
import time

import dm

SENTINEL = "sentinel-"
QUIET = 0.6  # longer than any time for which the program holds something back to see more of it


def subset(expected, actual) -> bool:
    """Whether ACTUAL is EXPECTED, or has at least its keys; a function decides for itself."""
    if callable(expected):
        return bool(expected(actual))
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(key in actual and subset(value, actual[key])
                                                for key, value in expected.items())
    return type(expected) is type(actual) and expected == actual


class Want:
    """An event that must come. `device` is its name; what is not said of state, initial, repeat and inferred
    must be as of a plain new event."""

    def __init__(self, state, kind, device=None, initial=False, repeat=False, inferred=False, **fields):
        self.fields = {"type": kind, "state": state, "initial": initial, **fields}
        if device is not None:
            self.fields["device"] = {"name": device} if isinstance(device, str) else device
        self.flags = {"repeat": repeat, "inferred": inferred}

    def accepts(self, event: dict) -> bool:
        return subset(self.fields, event) and all(event.get(flag, False) is value
                                                  for flag, value in self.flags.items())

    def __repr__(self):
        shown = {key: "<checked>" if callable(value) else value for key, value in self.fields.items()}
        return f"{shown} {[flag for flag, value in self.flags.items() if value] or ''}"


def raised(kind, **fields):
    return Want("raised", kind, **fields)


def cleared(kind, **fields):
    return Want("cleared", kind, **fields)


def happened(kind, **fields):
    return Want("happened", kind, **fields)


class Monitor:
    def __init__(self, program: str, stem: str, arguments=("-a",), ignore=(), recording=None, env=None,
                 config=None, root=None):
        """STEM: where what it prints, says and records is kept. CONFIG: the text of its configuration; none: it
        reads none. ROOT: a root.Root, whose program it is then. Returns when it has read what is there."""
        self.stem, self.ignore, self.sentinels = stem, set(ignore), 0
        self.pending, self.seen, self.partial, self.eof = [], [], b"", False
        self.recording = recording or stem + ".record.jsonl"
        self.arguments = list(arguments)
        self.config = stem + ".yaml" if config is not None else None
        words = ["chroot", root.at, root.program] if root else [program]
        words += ["-f", "-j", *arguments, "--record", self.recording]
        words += ["--config", self.configure(config)] if self.config else ["--no-config"]
        self.out = open(stem + ".events.jsonl", "wb")
        with open(stem + ".stderr", "wb") as stderr:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
                                            env={**os.environ, **(env or {})})
        dm.until(self._ready, "the program to have read what is there", 30)

    def configure(self, config: str) -> str:
        """Writes the configuration, for now and for SIGHUP; a copy is kept."""
        with open(self.config, "w") as copy:
            copy.write(config)
        path = "/run/" + os.path.basename(self.config)
        with open(path + ".new", "w") as file:
            file.write(config)
        os.rename(path + ".new", path)
        return path

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the program ended with {self.process.returncode}: {self.diagnostics()}")
        try:
            return b'"baseline_done"' in open(self.recording, "rb").read()
        except FileNotFoundError:
            return False

    def diagnostics(self) -> str:
        return open(self.stem + ".stderr", errors="replace").read()[-2000:]

    def _pump(self, seconds: float) -> None:
        """Takes in what the program prints within SECONDS, or until there is something."""
        if self.eof or not select.select([self.process.stdout], [], [], max(0.0, seconds))[0]:
            return
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self.eof = not data
        self.out.write(data)
        self.out.flush()
        *lines, self.partial = (self.partial + data).split(b"\n")
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                raise AssertionError(f"not a JSON line on stdout: {line[:500]!r}") from None
            self.seen.append(event)
            name = event.get("device", {}).get("name", "")
            if name.startswith(SENTINEL) or not any(fnmatch.fnmatch(event["type"], glob) for glob in self.ignore):
                self.pending.append(event)

    def _next(self, what, seconds: float, wanted=lambda event: True):
        """The next event, which must be as WANTED; those of sentinels are passed over unless asked for."""
        end = time.monotonic() + seconds
        while True:
            while self.pending:
                event = self.pending.pop(0)
                if wanted(event):
                    return event
                if event.get("device", {}).get("name", "").startswith(SENTINEL):
                    continue
                raise AssertionError(f"expected {what}\n  but got {json.dumps(event)}")
            left = end - time.monotonic()
            if left <= 0 or self.eof:
                why = "the program ended" if self.eof else f"nothing came within {seconds:g} s"
                raise AssertionError(f"expected {what}\n  but {why}; so far {[e['type'] for e in self.seen[-12:]]} "
                                     f"{self.diagnostics()}")
            self._pump(left)

    def expect(self, *wants: Want, within: float = 10.0) -> list[dict]:
        """The next events are these, in this order."""
        return [self._next(want, within, want.accepts) for want in wants]

    def any_order(self, *wants: Want, within: float = 10.0) -> list[dict]:
        """The next events are these, in whatever order; the scenario says why more than one is right."""
        left, events = list(wants), []
        while left:
            event = self._next(f"any of {left}", within, lambda event: any(want.accepts(event) for want in left))
            left.remove(next(want for want in left if want.accepts(event)))
            events.append(event)
        return events

    def sync(self) -> None:
        """Everything the kernel said before has been dealt with, as a device made and removed now shows."""
        self.sentinels += 1
        name = f"{SENTINEL}{self.sentinels}"
        of_sentinel = lambda kind: lambda event: event["type"] == kind and event["device"]["name"] == name
        device = dm.create(name, "0 8 zero")
        self._next(f"device.added of {name}", 10, of_sentinel("device.added"))
        device.remove()
        self._next(f"device.removed of {name}", 10, of_sentinel("device.removed"))

    def nothing_else(self, quiet: float = QUIET) -> None:
        """No other event comes: neither within QUIET seconds nor before what a sentinel causes after them."""
        end = time.monotonic() + quiet
        while time.monotonic() < end and not self.eof:
            self._pump(end - time.monotonic())
        self.sync()

    def ended(self, within: float = 2.0) -> int:
        """The exit status, when the program has ended; everything it printed was expected."""
        end = time.monotonic() + within
        while not self.eof and time.monotonic() < end:
            self._pump(end - time.monotonic())
        try:
            status = self.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the program did not end within {within:g} s") from None
        left = [e for e in self.pending if not e.get("device", {}).get("name", "").startswith(SENTINEL)]
        assert not left, f"not expected: {json.dumps(left[0])} and {len(left) - 1} more"
        assert not self.partial, f"the last line is cut: {self.partial[:500]!r}"
        return status

    def stop(self, within: float = 2.0) -> None:
        self.process.send_signal(signal.SIGTERM)
        status = self.ended(within)
        assert status == 0, f"exit status {status}: {self.diagnostics()}"

    def discard(self) -> None:
        """The scenario has failed: no more is asked."""
        if self.process.poll() is None:
            self.process.kill()
        self.out.close()

    def uevents_lost(self) -> int:
        """How many uevents the kernel could not give to the program, whose process or children listen."""
        lost = 0
        for line in open("/proc/net/netlink").read().splitlines()[1:]:
            words = line.split()
            if words[1] == "15" and int(words[3], 16) & 1 and re.fullmatch(r"\d+", words[8]):
                lost += int(words[8])
        return lost
