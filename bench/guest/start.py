# SPDX-License-Identifier: Apache-2.0
"""From exec to ready: every device read, the kernel watched, plugins loaded, memory locked; against the programs that
print the status of the same devices once and end. Budget: 2 minutes.

Every device is a multipath map, whose table and status are read; dmsetup reads the status alone."""
import os
import socket
import subprocess
import time

import crowd
from figures import OURS, Goal
from group import Group

GROUP = "start"
SIZES = (1, 100, 1000, 10000)
MANY, PATIENCE = 1000, 60  # beyond so many, one round; seconds to make them
READY = "/run/bench.notify"
COMMANDS = {"dmsetup status": ["dmsetup", "status"],
            "dmsetup info": ["dmsetup", "info", "-c", "--noheadings", "-o", "name,events,uuid"]}


def ended(words: list[str]) -> tuple[float, float]:
    """Milliseconds until a command has ended, and of the processor."""
    group = Group("start")
    began = time.monotonic()
    process = group.popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    status = process.wait()
    took = time.monotonic() - began
    assert status == 0, f"{words} ended with {status}"
    cpu = group.cpu()
    group.close()
    return 1000 * took, 1000 * cpu


def ready(program: str) -> tuple[float, float]:
    """Milliseconds until the service manager is told that it is ready, and of the processor, all its processes."""
    group = Group("start")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(READY)
        manager.settimeout(120)
        began = time.monotonic()
        process = group.popen([program, "-f", "-a", "--no-config"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "NOTIFY_SOCKET": READY})
        while b"READY=1" not in manager.recv(4096):
            pass
        took, cpu = time.monotonic() - began, group.cpu()
    process.terminate()
    process.wait()
    group.close()
    os.unlink(READY)
    return 1000 * took, 1000 * cpu


def measure(bench) -> None:
    program, devices = bench.program, crowd.Crowd(bench.disk, "map")
    for size in SIZES[:-1] if bench.quick else SIZES:
        size = devices.grow(size, PATIENCE)
        starts = {OURS: lambda: ready(program),
                  **{name: lambda words=words: ended(words) for name, words in COMMANDS.items()}}
        rounds = bench.rounds if size <= MANY else 1
        for start in starts.values() if size <= MANY else ():
            start()  # from memory, not from disk
        wall, cpu = {who: [] for who in starts}, {who: [] for who in starts}
        for _ in range(rounds):
            for who, start in starts.items():
                took, used = start()
                wall[who].append(took)
                cpu[who].append(used)
        goals = [Goal(1, "dmsetup status")] if size >= MANY else []
        bench.figure(GROUP, f"exec to ready, {size} devices", "ms", wall, goals)
        bench.figure(GROUP, f"processor time until then, {size} devices", "ms", cpu)
