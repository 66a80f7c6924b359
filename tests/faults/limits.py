# SPDX-License-Identifier: Apache-2.0
"""Without a faulty library: descriptors that are really used up, processes that are stopped, a launcher that is not
there."""
import os
import resource
import signal

from family import Family, children


def limit(pid, descriptors):
    """So many more than PID has open."""
    hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    try:
        highest = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:  # a helper that hides from who is not root: it has the standard ones and its socket
        highest = 3
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1 + descriptors, hard))


def uses_up(who, descriptors):
    """With so few descriptors nothing starts; as soon as there are more, what is owed runs, once."""
    def play(tools, directory):
        family = Family(tools, directory)
        try:
            family.start().baseline().watching()
            family.low(0, 1)
            family.paid()
            family.until(lambda: "are kept in memory" in family.errors(), "all processes are there")
            pid = family.process.pid if who == "dispatcher" else family.helper(who)
            limit(pid, descriptors)
            family.low(1, 2)
            family.until(lambda: family.said("could not be started", "Too many open files; it is tried again"), "it says so")
            limit(pid, 100)
            family.paid()
            status = family.end()
            family.once()
            assert status == 0, f"ended with {status}"
        finally:
            family.bury()
    return play


def stopped(tools, directory):
    """A real interruption: each process is stopped and goes on, again and again."""
    family = Family(tools, directory)
    try:
        family.start().baseline().watching()
        for mark in range(1, 6):
            family.low(mark % 2, mark)
            while family.unpaid():
                everybody = [family.process.pid]
                for pid in everybody:
                    everybody += children(pid)
                for number in (signal.SIGSTOP, signal.SIGCONT):
                    for pid in everybody:
                        try:
                            os.kill(pid, number)
                        except ProcessLookupError:
                            pass
            family.fine(mark % 2)
        status = family.end()
        family.once()
        assert status == 0, f"ended with {status}"
    finally:
        family.bury()


def without_a_launcher(tools, directory):
    """Where another service starts programs, and is started anew: what is owed waits for it."""
    launcher, watcher = directory / "launcher", directory / "watcher"
    launcher.mkdir()
    watcher.mkdir()
    run = launcher / "run"
    run.mkdir()

    def new_launcher():
        service = Family(tools, launcher, arguments=["--launcher", "--run-dir", str(run)])
        service.err.write_text("")
        service.start()
        service.until(lambda: "programs are started for who asks" in service.errors(), "it serves")
        return service
    service, family = new_launcher(), Family(tools, watcher)
    family.arguments += ["--launcher-socket", str(run / "launcher.sock")]
    try:
        family.start().baseline().watching()
        family.low(0, 1)
        family.paid()
        service.process.kill()
        service.over()
        family.low(1, 2)
        family.until(lambda: family.said("could not be started", "cannot reach the launcher at"), "it says so")
        service = new_launcher()
        family.paid()
        status = family.end()
        family.once()
        assert status == 0, f"ended with {status}"
        assert service.end() == 0
    finally:
        family.bury()
        service.bury()


def all_cases():
    yield "a dispatcher that has no descriptor left", uses_up("dispatcher", 0)
    yield "a dispatcher that has one descriptor left", uses_up("dispatcher", 1)
    yield "a dispatcher that has two descriptors left", uses_up("dispatcher", 2)
    yield "a launcher that has no descriptor left", uses_up("dmevent-launch", 0)
    yield "stopped and continued", stopped
    yield "a launcher's service that is started anew", without_a_launcher
