# SPDX-License-Identifier: Apache-2.0
"""What a scenario is given, and how it is played: clean before, checked and clean after."""
import importlib
import json
import os
import shutil
import subprocess
import time
import traceback

import dm
from monitor import Monitor, cleared, happened, raised

_registry = {}


def scenario(function):
    """Registers FUNCTION, named after its file and itself; its docstring says what it shows."""
    assert function.__doc__, f"{function.__name__} does not say what it shows"
    _registry[function.__module__.split(".")[-1] + "." + function.__name__] = function
    return function


class Stage:
    """One scenario's world: a disk, the program, and a place for what they leave."""

    def __init__(self, name: str, program: str, results: str, disk: dm.Disk):
        self.name, self.program, self.results, self.disk = name, program, results, disk
        self.monitors, self.undo = [], []
        self.log = open(self.path("log"), "w")

    def path(self, kind: str) -> str:
        return os.path.join(self.results, f"{self.name}.{kind}")

    def say(self, text: str) -> None:
        print(f"{time.monotonic():.3f} {text}", file=self.log, flush=True)

    def report(self, text: str) -> None:
        """A figure, for whoever runs this."""
        self.say(text)
        print(f"{self.name}: {text}", flush=True)
        with open(self.path("figures"), "a") as file:
            file.write(text + "\n")

    def piece(self, name: str, mib: float) -> dm.Device:
        return self.disk.piece(name, int(mib * dm.MIB))

    def monitor(self, *arguments: str, ignore=(), replay=True, **options) -> Monitor:
        """The program with ARGUMENTS (all events, when none). REPLAY: its recording gives the same on the host, unless
        it goes on where an earlier one was, of which a recording knows nothing."""
        stem = self.path(str(len(self.monitors)))
        replay = replay and not (options.get("config") and os.path.exists("/run/dmevent_tool/ledger.db"))
        monitor = Monitor(self.program, stem, arguments or ("-a",), ignore, **options)
        self.monitors.append(monitor)
        if replay:
            config = ["--config", os.path.basename(monitor.config)] if monitor.config else ["--no-config"]
            json.dump([*monitor.arguments, *config], open(stem + ".replay", "w"))
        return monitor

    def run(self, *arguments: str, timeout: float = 15.0, env=None) -> subprocess.CompletedProcess:
        """The program, to its end; what it printed is kept."""
        done = subprocess.run([self.program, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, env={**os.environ, **(env or {})})
        self.say(f"{arguments} -> {done.returncode}\n{done.stdout.decode(errors='replace')}"
                 f"{done.stderr.decode(errors='replace')}")
        return done

    def lose(self, *pieces: dm.Device, monitor: Monitor | None = None) -> None:
        """The pieces fail as dead disks do; the program reports that of each by itself."""
        for piece in pieces:
            piece.fail()
            self._told(piece, raised, monitor)

    def heal(self, *pieces: dm.Device, monitor: Monitor | None = None) -> None:
        for piece in pieces:
            piece.heal()
            self._told(piece, cleared, monitor)

    @staticmethod
    def _told(piece: dm.Device, state, monitor: Monitor | None) -> None:
        """A piece has another table, with or without an error target: one look, no order between the two."""
        if monitor:
            name, changed = piece.name.decode(), "device.table_changed"
            more = [] if changed in monitor.ignore else [happened(changed, device=name)]
            monitor.any_order(state("device.table_error", device=name), *more)

    def set(self, path: str, value) -> None:
        """Writes VALUE to a file of /proc or /sys until the scenario ends."""
        before = open(path).read()
        self.undo.append(lambda: open(path, "w").write(before))
        with open(path, "w") as file:
            file.write(str(value))

    def clear(self) -> None:
        """Everything that was made is gone, as before a second act."""
        for action in reversed(self.undo):
            action()
        self.undo.clear()
        shutil.rmtree("/run/dmevent_tool", ignore_errors=True)
        dm.remove_all()
        self.disk.rest()

    def close(self) -> None:
        for monitor in self.monitors:
            monitor.discard()
        self.clear()
        self.log.close()


def play(name: str, program: str, results: str, disk: dm.Disk) -> bool:
    began = time.monotonic()
    stage = Stage(name, program, results, disk)
    error = ""
    try:
        _registry[name](stage)
        for monitor in stage.monitors:
            if monitor.process.poll() is None:
                monitor.nothing_else()
                monitor.stop()
    except Exception:
        error = traceback.format_exc()
        stage.say(error)
    try:
        stage.close()
    except Exception:
        error += traceback.format_exc()
    print(f"{'FAIL' if error else 'ok'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    if error:
        print("    " + error.strip().replace("\n", "\n    "), flush=True)
    return not error


def find(words: list[str]) -> list[str]:
    """The scenarios that WORDS name: files (`thin`) or single ones (`thin.low_water`)."""
    for file in sorted({word.split(".")[0] for word in words}):
        importlib.import_module(file)
    found = [name for word in words for name in _registry if name == word or name.split(".")[0] == word]
    assert found, f"no scenario is named {words}"
    return list(dict.fromkeys(found))
