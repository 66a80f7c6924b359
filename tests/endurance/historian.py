#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The history as a service of its own: ended before the watcher, as at a shutdown, it has written all it was told and
holds no file open; the watcher goes on, and finds no fault in it; started again, it gets what happened meanwhile.
Usage: historian.py PROGRAM"""
import contextlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

from live import Live, Written, pool

PATIENCE = 60


def past(program, history):
    shown = subprocess.run([program, "-q", "--history", history, "--no-config", "--last", "all", "-j"], check=False,
                           capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    # What is being made is no history yet.
    return [json.loads(line) for line in shown.stdout.splitlines()]


def seen(directory, what):
    """Waits until WHAT() is so, looking whenever DIRECTORY was written to."""
    watched, until = Written(directory), time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it did not come"
        if select.select([watched], [], [], 1)[0]:
            watched.forget()


class Historian:
    def __init__(self, program, run, notify):
        self.process = subprocess.Popen([program, "--historian", "--run-dir", run], env=os.environ | {"NOTIFY_SOCKET": notify.getsockname()},
                                        stderr=subprocess.PIPE)
        while b"READY=1" not in notify.recv(4096):
            pass

    def files(self):
        """Of each of its threads, which have tables of their own."""
        return [os.readlink(link) for link in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/fd/*")]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=PATIENCE)[1]
        assert self.process.returncode == 0, said


def main():  # pylint: disable=too-many-locals
    program = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as work, contextlib.ExitStack() as stack:
        run, history = f"{work}/run", f"{work}/var/history.db"
        os.mkdir(f"{work}/var")
        os.mkdir(run)
        notify = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        notify.bind(f"{work}/notify")
        notify.settimeout(PATIENCE)
        historian = Historian(program, run, notify)
        stack.callback(historian.process.kill)
        out, err = f"{work}/out", f"{work}/err"
        watcher = Live(program, ["-j", "--no-config", "--all", "--run-dir", run, "--history", history, "--history-socket", f"{run}/history.sock"],
                       out, err)
        stack.callback(watcher.process.kill)
        watcher.say(pool(1, 10, why="start"), {"v": 1, "kind": "baseline_done"})
        seen(work, lambda: os.path.exists(out))
        low = {"v": 1} | pool(1, 9_500_000, event_nr=1)
        watcher.say(low)
        count = lambda: sum(e.get("type") == "thin.low_water" for e in past(program, history))
        seen(f"{work}/var", lambda: os.path.exists(history) and count() == 1)
        assert any(history in file for file in historian.files()), historian.files()

        historian.end()
        assert not os.path.exists(f"{run}/history.sock")
        watcher.say(pool(1, 10, event_nr=2), pool(1, 9_600_000, event_nr=3))
        seen(work, lambda: pathlib.Path(out).read_text().count('"thin.low_water"') >= 3)  # raised, cleared, raised
        assert count() == 1
        assert "store_failed" not in pathlib.Path(out).read_text(), "its leaving is told as a failure"

        second = Historian(program, run, notify)
        stack.callback(second.process.kill)
        seen(f"{work}/var", lambda: count() == 3)
        watcher.process.send_signal(signal.SIGTERM)
        assert watcher.over(PATIENCE) == 0, pathlib.Path(err).read_text()
        second.end()
        assert "store_failed" not in pathlib.Path(out).read_text() + "".join(map(json.dumps, past(program, history)))
    print("the history ended and came back, and nothing of 3 events was lost")


if __name__ == "__main__":
    main()
