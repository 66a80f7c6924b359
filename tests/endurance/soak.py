#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Feeds the watching program events without end, and looks what it holds: memory, locked memory and descriptors of each
process, at 1,000, 10,000, ... events. Everything that grows with use must be level: from the first tenth on, no process
may take more than SLACK more memory or any more descriptors. A queue fills where the machine is busy, and what it took
is not given back; so who has grown is looked at once more after as many events, up to MORE times: what leaks grows each
time. Usage: soak.py PROGRAM [--events N] [--slack KIB]"""
import argparse
import collections
import os
import pathlib
import shutil
import sys
import tempfile
import threading

from live import BLOCKS, MARK, Live, pool

POOLS = 50
MORE = 3
# So small that the history is full, and is trimmed, from 10,000 events on.
CONFIG = """
version: 1
history: {max_size: 8MiB}
rules:
  - {name: told, on: thin.low_water, do: {log: "{device} is low"}, cooldown: 1ms, max_runs: 1000000 per 1s}
  - {name: held, on: thin.low_water, for: 1h, do: {log: "{device} is still low"}}
"""


def holds(pid):
    """Resident and locked memory in KiB, descriptors and threads."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    kib = {name: int(status.get(name, "0 kB").split()[0]) for name in ("VmRSS", "VmLck")}
    return kib["VmRSS"], kib["VmLck"], len(os.listdir(f"/proc/{pid}/fd")), int(status["Threads"])


class Count:
    """Counts the events on the program's standard output, and lets others wait for the n-th."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path, self.seen, self.changed = path, 0, threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with open(self.path, "rb") as lines:
            for line in lines:
                if b'"type":"thin.low_water"' in line:
                    with self.changed:
                        self.seen += 1
                        self.changed.notify_all()

    def wait(self, n):
        with self.changed:
            if not self.changed.wait_for(lambda: self.seen >= n, timeout=120):
                raise SystemExit(f"event {n} did not come within 120 s: {self.seen} have")


def grown(before, now, slack):
    """What is not level, in words."""
    wrong = [f"{name} is new" for name in now if name not in before]
    for name, (rss, _, descriptors, threads) in now.items():
        was = before.get(name, now[name])
        if rss > was[0] + slack or descriptors > was[2] or threads > was[3]:
            wrong.append(f"{name} grew from {was} to {now[name]}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--slack", type=int, default=2048)
    options = parser.parse_args()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    directory = pathlib.Path(tempfile.mkdtemp(prefix="dmevent-soak-", dir=memory))
    (directory / "rules.yaml").write_text(CONFIG)
    count = Count(directory / "out")
    life = Live(options.program, ["--all", "-j", "--config", str(directory / "rules.yaml"), "--run-dir", str(directory / "run"),
                                  "--pidfile", str(directory / "pid"), "--history", str(directory / "history.db")],
                directory / "out", directory / "err")
    life.say(*[pool(minor, BLOCKS // 2, why="start") for minor in range(POOLS)], {"v": 1, "kind": "baseline_done"})
    found, events, event_nr, bad = collections.OrderedDict(), 0, 0, []
    marks = [n for n in (10 ** e for e in range(3, 10)) if n < options.events]
    marks += [options.events * n for n in range(1, MORE + 2)]
    for mark in marks:
        while events < mark:
            # Each pool runs low and recovers: two events.
            event_nr += 1
            low = event_nr % 2 == 1
            life.say(*[pool(minor, BLOCKS - MARK + event_nr % 1000 if low else BLOCKS // 2, event_nr=event_nr)
                       for minor in range(POOLS)])
            events += POOLS
            if events % 5000 == 0:
                count.wait(events - 2500)  # no further ahead than that
        count.wait(events)
        found[mark] = {name: holds(pid) for name, pid in life.family().items()}
        for name, (rss, locked, descriptors, threads) in found[mark].items():
            print(f"{mark:>8} events  {name:<12} {rss:>7} KiB resident  {locked:>7} KiB locked  {descriptors:>3} descriptors"
                  f"  {threads} threads", flush=True)
        if mark >= options.events:
            level = max((m for m in found if m * 10 <= options.events or options.events <= m < mark), default=marks[0])
            bad = grown(found[level], found[mark], options.slack)
            if not bad:
                break
            print("\n".join(bad), flush=True)
    life.process.terminate()
    status = life.over(10)
    history = sum(f.stat().st_size for f in directory.glob("history.db*"))
    ledger = sum(f.stat().st_size for f in (directory / "run").glob("ledger.db*"))
    print(f"history {history // 1024} KiB, ledger {ledger // 1024} KiB, exit status {status}")
    if status != 0:
        bad.append(f"it ended with {status}")
    shutil.rmtree(directory)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
