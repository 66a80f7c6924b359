# SPDX-License-Identifier: Apache-2.0
"""What one event costs among many devices, against the smallest program that reacts to it and a bare list of them."""
import os
import shutil

import ioctl
from latency import ACTION, RULES, Crowd
from peers import Floor, Ours, settle
from sweep import GROUP, bare

EVENTS = 10


def per_event(crowd: Crowd, start) -> float:
    """Processor time from an event to the end of what was done about it, in milliseconds."""
    peer = start()
    try:
        spent = 0.0
        for _ in range(EVENTS):
            settle(peer)
            before = peer.group.cpu()
            crowd.low()
            settle(peer)
            spent += peer.group.cpu() - before
            crowd.high()
        return spent * 1000 / EVENTS
    finally:
        peer.stop()


def others(count: int) -> None:
    """Devices that nothing happens to, until there are COUNT in all."""
    for number in range(len(ioctl.names()), count):
        name = f"other{number}".encode()
        ioctl.command(ioctl.CREATE, name)
        ioctl.command(ioctl.LOAD, name, payload=ioctl.table_payload([(0, 8, "zero", "")]), targets=1)
        ioctl.command(ioctl.SUSPEND, name)


def measure(bench) -> None:
    shutil.copy(os.path.join(os.path.dirname(bench.floor), "act"), ACTION)
    crowd = Crowd(bench.stage("among"))
    for count in (10, 100, 1000, 10000):
        others(count)
        found: dict[str, list[float]] = {"dmevent_tool": [], "floor": [], "one list": []}
        for _ in range(bench.rounds):
            found["dmevent_tool"].append(per_event(crowd, lambda: Ours(bench, "thin", rules=RULES)))
            found["floor"].append(per_event(crowd, lambda: Floor(bench, crowd.pool.device, ACTION)))
            found["one list"].append(bare(bench, "list", 20))
        bench.figure(GROUP, f"CPU of one event and its action among {count} devices", "ms", found)
