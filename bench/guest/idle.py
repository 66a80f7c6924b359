# SPDX-License-Identifier: Apache-2.0
"""What watching costs while nothing happens: wake-ups of all threads, and processor time, over whole minutes. The
programs are measured in the same minute, since all are asleep.

1000 mirrors in sync, which tell of themselves and need no polling; 1000 multipath maps, of which the kernel does not tell
that they queue by now, and which ours alone polls; then 100 thin pools, which every program polls. And what the program
says of its wake-ups under --debug. Budget: 7 minutes."""
import os
import re
import time

import crowd
import peers
from figures import OURS, Goal

MIRRORS, MAPS, POOLS, MINUTE = 1000, 1000, 100, 60.0


def threads(group) -> dict[tuple, int]:
    """How often each thread slept of its own so far."""
    found = {}
    for pid in group.processes():
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/status", encoding="utf-8") as file:
                text = file.read()
            name = re.search(r"^Name:\s*(.*)$", text, re.M)[1]
            found[name, task] = int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)$", text, re.M)[1])
    return found


def minute(bench, *watching) -> tuple[dict, dict]:
    """Wake-ups, and milliseconds of the processor, of each within a minute in which nothing happens."""
    peers.settle(*watching)
    before = {peer: (threads(peer.group), peer.group.cpu()) for peer in watching}
    time.sleep(MINUTE)
    wakeups, cpu = {}, {}
    for peer, (slept, used) in before.items():
        now = threads(peer.group)
        more = {thread: count - slept.get(thread, 0) for thread, count in now.items() if count != slept.get(thread, 0)}
        wakeups[peer.name], cpu[peer.name] = [float(sum(more.values()))], [1000 * (peer.group.cpu() - used)]
        most = sorted(more.items(), key=lambda item: -item[1])[:6]
        bench.say(f"{peer.name}: " + (", ".join(f"{name} {count}" for (name, _), count in most) or "nobody woke up"))
    return wakeups, cpu


def compare(bench, what: str, watching: list, rounds: int, goals: list) -> None:
    wakeups, cpu = {peer.name: [] for peer in watching}, {peer.name: [] for peer in watching}
    for _ in range(rounds):
        for total, one in zip((wakeups, cpu), minute(bench, *watching)):
            for name, samples in one.items():
                total[name] += samples
    bench.figure("idle", f"wake-ups a minute, {what}", "number", wakeups, goals)
    theirs = peers.Dmeventd.name
    bench.figure("idle", f"processor time a minute, {what}", "ms", cpu, [Goal(1, theirs)] if theirs in cpu else [])


def reasons(bench, what: str) -> None:
    """Under --debug each reason is a line, and each line wakes the thread that writes it."""
    with open("/run/bench.stderr", "wb"):
        pass
    ours = peers.Ours(bench, "-a", "-d")
    loop = lambda: sum(count for (name, task), count in threads(ours.group).items() if task == str(ours.process.pid))
    peers.settle(ours)
    before, said = loop(), os.path.getsize("/run/bench.stderr")
    time.sleep(MINUTE)
    woken = loop() - before
    with open("/run/bench.stderr", encoding="utf-8", errors="replace") as file:
        file.seek(said)
        lines = file.read().splitlines()
    ours.stop()
    for line in lines[:3]:
        bench.say(line)
    bench.figure("idle", f"wake-ups of the loop a minute without a line of --debug, {what}", "number",
                 {OURS: [float(max(0, woken - len(lines)))]}, [Goal(0)])


def measure(bench) -> None:
    mirrors = crowd.Crowd(bench.disk, "mirror")
    bench.say(f"{mirrors.grow(MIRRORS)} mirrors")
    dmeventd = peers.Dmeventd(bench)
    dmeventd.register(*mirrors.devices, kind="mirror", mask=peers.ALL_ERRORS, seconds=0)
    watching = [peers.Ours(bench, "-a"), crowd.Services(bench, "-a"), dmeventd]
    compare(bench, f"{MIRRORS} mirrors", watching, 1 if bench.quick else 2, [Goal(0)])
    for peer in watching:
        peer.stop()
    mirrors.remove()
    maps = crowd.Crowd(bench.disk, "map")
    bench.say(f"{maps.grow(MAPS)} multipath maps")
    watching = [peers.Ours(bench, "-a"), crowd.Services(bench, "-a")]
    compare(bench, f"{MAPS} multipath maps", watching, 1, [])
    for peer in watching:
        peer.stop()
    maps.remove()
    pools = crowd.Crowd(bench.disk, "pool")
    bench.say(f"{pools.grow(POOLS)} thin pools")
    dmeventd = peers.Dmeventd(bench, "/bin/true")
    dmeventd.register(*pools.devices)
    watching = [peers.Ours(bench, "-a"), crowd.Services(bench, "-a"), dmeventd]
    compare(bench, f"{POOLS} thin pools", watching, 1, [Goal(1, "dmeventd")])
    for peer in watching:
        peer.stop()
    reasons(bench, f"{POOLS} thin pools")
