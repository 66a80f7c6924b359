# SPDX-License-Identifier: Apache-2.0
"""What fails in each case, and what is to come of it."""
from dataclasses import dataclass, field

from family import Family


@dataclass
class Transient:
    """Faults that pass: all that is owed runs once. LATE: none before it watches."""
    name: str
    faults: str
    late: bool = False
    says: list = field(default_factory=list)

    def play(self, tools, directory):
        family = Family(tools, directory, self.faults)
        family.control.arm(not self.late)
        try:
            family.start().baseline().watching()
            family.control.arm()
            family.low(0, 1)
            family.paid()
            family.fine(0)
            family.low(1, 2)
            family.low(0, 3)
            family.paid()
            status = family.end()
            family.made().once().said(*self.says)
            assert status == 0, f"ended with {status}"
        finally:
            family.bury()


@dataclass
class Lasting:
    """A fault that stays: it is told, and what happens is seen all the same. RUNS: so are the rules followed."""
    name: str
    faults: str
    says: list
    late: bool = False
    runs: bool = True

    def play(self, tools, directory):
        family = Family(tools, directory, self.faults)
        family.control.arm(not self.late)
        try:
            family.start().baseline().watching()
            family.control.arm()
            family.low(0, 1)
            family.until(lambda: family.events("thin.low_water"), "the pool is low")
            family.until(lambda: family.made(), "it fails")
            if self.runs:
                family.paid()
            family.until(lambda: family.said(*self.says), "it says so")
            status = family.end()
            if self.runs:
                family.once()
            assert status == 0, f"ended with {status}"
        finally:
            family.bury()


@dataclass
class Refused:
    """It does not start, and says why."""
    name: str
    faults: str
    says: list
    status: int = 1

    def play(self, tools, directory):
        family = Family(tools, directory, self.faults)
        family.control.arm()
        try:
            status = family.start().baseline().over()
            family.made().said(*self.says)
            assert status == self.status, f"ended with {status}"
        finally:
            family.bury()


def interrupted():
    for call in ("epoll_wait", "read", "pread", "write", "pwrite", "recv", "recvmsg", "send", "sendmsg", "poll", "waitpid",
                 "flock", "fsync", "open"):
        yield Transient(f"EINTR of every second {call}", f"{call}:EINTR:every=2")


def short():
    for call in ("read", "pread", "write", "pwrite", "recv", "send"):
        yield Transient(f"one byte at a time: {call}", f"{call}:short")


def all_cases():
    yield from interrupted()
    yield from short()
