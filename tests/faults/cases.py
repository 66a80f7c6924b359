# SPDX-License-Identifier: Apache-2.0
"""What fails in each case, and what is to come of it."""
import os
from dataclasses import dataclass, field

import clocks
import limits
import modes
from family import Family


@dataclass
class Transient:
    """Faults that pass: all that is owed runs once, and what is said is kept (KEEPS). LATE: none before it watches."""
    name: str
    faults: str
    late: bool = False
    says: list = field(default_factory=list)
    keeps: bool = True

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
            if self.keeps:
                family.kept()
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
            family.until(family.made, "it fails")
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


@dataclass
class Custom:
    name: str
    play: object


ROOT = os.geteuid() == 0
HERE, LAUNCHER, SHEPHERD = "role=live_tool", "role=dmevent-launch", "role=dm-shepherd"
KEEPER, STORE = "role=dmevent-keep", "role=dmevent-store"


def interrupted():
    for call in ("epoll_wait", "read", "pread", "write", "pwrite", "recv", "recvmsg", "send", "sendmsg", "poll", "waitpid",
                 "flock", "fsync", "open"):
        # A history that cannot be synced tries again later than this takes.
        yield Transient(f"EINTR of every second {call}", f"{call}:EINTR:every=2", keeps=call != "fsync")


def short():
    for call in ("read", "pread", "write", "pwrite", "recv", "send"):
        yield Transient(f"one byte at a time: {call}", f"{call}:short")


def wants():
    """Of processes, memory, descriptors and buffers, for a moment: programs are started later, and once."""
    for fault, where in (("fork:EAGAIN", LAUNCHER), ("fork:ENOMEM", LAUNCHER), ("socketpair:EMFILE", LAUNCHER),
                         ("socketpair:ENFILE", LAUNCHER), ("fork:EAGAIN", SHEPHERD), ("pipe2:EMFILE", SHEPHERD),
                         ("signalfd:ENFILE", SHEPHERD), ("execve:ENOMEM", SHEPHERD), ("execve:EAGAIN", SHEPHERD), ("open:ENFILE:match=act", SHEPHERD),
                         ("memfd_create:EMFILE", HERE), ("memfd_create:ENOMEM", HERE), ("epoll_ctl:ENOMEM", HERE),
                         ("epoll_ctl:ENOSPC", HERE), ("sendmsg:ENOBUFS", HERE), ("recvmsg:ENOMEM", HERE)):
        yield Transient(f"{fault} for a moment, {where}", f"{fault}:times=3:{where}", late=True,
                        says=["could not be started", "it is tried again"])
    yield Transient("no buffer for what is asked of the launcher", f"send:ENOBUFS:every=2:{HERE}", late=True)
    # Whoever waits for the answer is told by its absence.
    yield Transient("no buffer for the launcher's answer", f"sendmsg:ENOBUFS:times=1:{LAUNCHER}", late=True, says=["timed out"])
    # The end is found in its file.
    yield Transient("no buffer for the shepherds' reports", f"send:ENOBUFS:{SHEPHERD}", late=True)
    yield Transient("no buffer for the history", f"send:ENOBUFS:every=3:{HERE}", late=True)
    # It says something once: that it writes.
    yield Transient("no buffer for what the history says", f"send:ENOBUFS:times=1:{STORE}")
    for fault in ("pwrite:EIO:match=history.db", "pwrite:ENOSPC:match=history.db", "open:EMFILE:match=history.db", "fsync:EIO"):
        yield Transient(f"{fault} for a moment, the history", f"{fault}:times=2:{STORE}")
    yield Transient("no process to try a plugin for a moment", f"fork:EAGAIN:at=2:{HERE}")
    yield Transient("no thread for the log", f"pthread_create:EAGAIN:times=1:{HERE}")
    yield Lasting("no thread for the history", f"pthread_create:EAGAIN:{STORE}",
                  ["monitor.store_failed", "cannot start the writer of", "Resource temporarily unavailable"])
    yield Lasting("memory that cannot be locked", f"mlock:ENOMEM:{KEEPER}", ["cannot keep", "/act: Cannot allocate memory"])
    yield Lasting("memory that cannot be mapped", f"mmap:ENOMEM:{KEEPER}", ["cannot keep", "Cannot allocate memory"])
    if ROOT:
        yield Lasting("a program that cannot be locked", f"mlockall:ENOMEM:{HERE}",
                      ["cannot keep the program in memory: Cannot allocate memory"])
    yield Lasting("descriptors for nothing but what is open", f"memfd_create:EMFILE:{HERE}",
                  ["could not be started: cannot hand over a program: Too many open files; it is tried again"], late=True, runs=False)


def begins():
    """What it cannot do without, at the start."""
    yield Refused("no process for the launcher", f"fork:EAGAIN:times=1:{HERE}",
                  ["cannot start the launcher: Resource temporarily unavailable"])
    yield Refused("no socket for the launcher", f"socketpair:EMFILE:{HERE}", ["cannot start the launcher: Too many open files"])
    yield Refused("no epoll", f"epoll_create1:EMFILE:{HERE}", ["cannot create the event loop: Too many open files"])
    yield Refused("no memory for epoll", f"epoll_ctl:ENOMEM:{HERE}", ["cannot watch descriptor", "Cannot allocate memory"])
    yield Refused("no signalfd", f"signalfd:ENFILE:{HERE}", ["cannot watch for signals: Too many open files in system"])
    yield Refused("no eventfd", f"eventfd:EMFILE:{HERE}", ["cannot write to standard output: Too many open files"])
    yield Refused("no copy of standard output", f"dupfd:EMFILE:{HERE}", ["cannot use standard output: Too many open files"])
    yield Refused("a plugin that cannot be tried", f"pipe2:EMFILE:{HERE}", ["cannot try plugin", "thin.so: Too many open files"],
                  status=78)
    yield Refused("plugins that cannot be listed", f"opendir:EMFILE:match=/thin:{HERE}",
                  ["cannot read plugin directory", "/thin: Too many open files"], status=78)
    yield Refused("a configuration on a bad disk", f"read:EIO:match=rules.yaml:{HERE}", ["rules.yaml", "Input/output error"],
                  status=78)
    for error, text in (("EROFS", "Read-only file system"), ("ENOSPC", "No space left on device"), ("EDQUOT", "Disk quota exceeded"),
                        ("EIO", "Input/output error"), ("EMFILE", "Too many open files")):
        yield Refused(f"a pidfile and {error}", f"open:{error}:match=/pid:{HERE}", ["cannot write pidfile", f"/pid: {text}"])
        yield Refused(f"a pidfile's number and {error}", f"write:{error}:match=/pid:{HERE}",
                      ["cannot write pidfile", f"/pid: {text}"])


def disks():
    for error, text in (("ENOSPC", "full"), ("EIO", "disk I/O error"), ("EDQUOT", "disk I/O error"), ("EROFS", "disk I/O error")):
        yield Lasting(f"a ledger and {error}", f"pwrite:{error}:match=ledger.db:{HERE}",
                      ["monitor.store_failed", "ledger.db", text], late=True)
        yield Lasting(f"a history and {error}", f"pwrite:{error}:match=history.db:{STORE}",
                      ["monitor.store_failed", "history.db", text], late=True)
        yield Transient(f"a ledger and {error} for a moment", f"pwrite:{error}:match=ledger.db:times=2:{HERE}", late=True,
                        says=["is written again"])
    yield Lasting("a ledger that cannot be made", f"open:EROFS:match=ledger.db:{HERE}",
                  ["ledger.db", "Read-only file system"])
    yield Lasting("a history that cannot be synced", f"fsync:EIO:{STORE}", ["monitor.store_failed", "history.db", "disk I/O error"])
    yield Lasting("a history that cannot be opened", f"open:EMFILE:match=history.db:{STORE}",
                  ["monitor.store_failed", "history.db", "Too many open files"])
    for error, text in (("EROFS", "Read-only file system"), ("ENOSPC", "No space left on device"), ("EDQUOT", "Disk quota exceeded"),
                        ("EIO", "Input/output error"), ("EMFILE", "Too many open files")):
        yield Lasting(f"job files and {error}", f"open:{error}:match=.job:{SHEPHERD}", ["cannot write", text], late=True)
        yield Lasting(f"job files' contents and {error}", f"write:{error}:match=/jobs/:{SHEPHERD}", ["cannot write", text], late=True)
        yield Lasting(f"names of job files and {error}", f"rename:{error}:match=/jobs/:{SHEPHERD}", ["cannot write", text], late=True)
    yield Lasting("a directory that cannot be made", f"mkdir:EROFS:match=/jobs:{HERE}",
                  ["cannot make directory", "/jobs: Read-only file system; after a restart it is not known what runs"])
    yield Lasting("nobody knows who acts", f"open:EROFS:match=acting.pid:{HERE}",
                  ["acting.pid: Read-only file system; rules are followed, though another instance may do the same"])
    yield Lasting("crashes of plugins cannot be kept", f"open:EROFS:match=plugin.mark:{HERE}", ["plugin.mark: Read-only file system"])


def all_cases():
    for cases in (interrupted, short, wants, begins, disks, modes.all_cases, limits.all_cases, clocks.all_cases):
        yield from (Custom(*case) if isinstance(case, tuple) else case for case in cases())
