# SPDX-License-Identifier: Apache-2.0
"""Ours and dmeventd as they watch volumes of LVM, with the same policy; one of them at a time."""
import os
import re

from lvm2 import Lvm
from peers import Dmeventd, Ours

POLICY = {"activation/thin_pool_autoextend_threshold": 70, "activation/thin_pool_autoextend_percent": 20,
          "activation/raid_fault_policy": "allocate"}
RULES = """version: 1
monitor: [thin, mirror, raid]
thresholds: {thin.data_threshold: {at: 70, step: 5, clear: 65}}
rules:
  - {name: grow, on: [thin.low_water, thin.data_threshold], do: {thin.extend: {threshold: 70, percent: 20}},
     max_runs: 1000 per 1s}
  - {name: mend mirrors, on: mirror.leg_failed, do: mirror.repair}
  - {name: mend arrays, on: raid.device_failed, do: {raid.repair: {policy: allocate}}}
"""


class Watched:
    """Whoever watches: LVM is told to register its volumes with dmeventd while that runs, and not while ours does."""

    def __init__(self, bench, lvm: Lvm, name: str, **policy):
        self.lvm, self.policy = lvm, {**POLICY, **policy}
        if name == Ours.name:
            self.peer = Ours(bench, rules=RULES)
        else:
            self.peer = Dmeventd(bench)
        self.configure()

    def configure(self, **more) -> None:
        """Before its first registration dmeventd does not read lvm.conf."""
        monitoring = {"activation/monitoring": 1 if isinstance(self.peer, Dmeventd) else 0}
        self.lvm.configure({**self.policy, **monitoring, **more})

    def stop(self) -> None:
        self.peer.stop()


class KernelLog:
    """What the kernel says from now on; nobody has to look on while it happens."""
    GROWN = re.compile(r"growing the data device from (\d+) to (\d+) blocks")

    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)
        self.lines = []

    def look(self) -> list[tuple[float, str]]:
        """(seconds, text) of each line so far."""
        while True:
            try:
                head, text = os.read(self.fd, 8192).decode(errors="replace").split(";", 1)
            except BlockingIOError:
                return self.lines
            self.lines.append((int(head.split(",")[2]) / 1e6, text.split("\n")[0]))

    def times(self, *words: str) -> list[float]:
        """When all WORDS were in a line."""
        return [at for at, text in self.look() if all(word in text for word in words)]

    def close(self) -> None:
        os.close(self.fd)
