# SPDX-License-Identifier: Apache-2.0
"""The program's other ways to be run: --replay, --query, --record, detached, --launcher, and as a successor."""
import json
import os
import signal
import socket
import subprocess
import time

from family import BLOCKS, MARK, RULES, STEPS, Control, Family, pool, processor_seconds

EVENTS = 20


def run(tools, directory, faults, *arguments, stdout=None):
    """The shipped program to its end: exit status, standard output, standard error."""
    control = Control(directory / "control")
    control.arm()
    environment = dict(os.environ, LD_PRELOAD=str(tools.faulty_libc), FAULTS=faults, FAULTS_CONTROL=str(directory / "control"))
    done = subprocess.run([tools.program, *arguments, "--plugin-dir", str(tools.plugins)], env=environment, check=False, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE)
    for n in range(len(faults.split(",")) if faults else 0):
        assert control.made(n) > 0, f"fault {n} of {faults} was never made"
    return done.returncode, done.stdout, done.stderr.decode()


def recording(directory):
    """A pool that runs low and recovers, EVENTS times."""
    file = directory / "recording.jsonl"
    lines = [pool(0, BLOCKS // 2, why="start"), {"v": 1, "kind": "baseline_done"}]
    for n in range(EVENTS):
        lines.append(pool(0, BLOCKS - MARK + n + 1, event_nr=2 * n + 1))
        lines.append(pool(0, BLOCKS // 2, event_nr=2 * n + 2))
    file.write_text("".join(json.dumps({"at": f"2026-01-31T10:15:{n:02}Z", **line}) + "\n" for n, line in enumerate(lines)))
    return str(file)


def plays_the_same(faults):
    def play(tools, directory):
        file = recording(directory)
        status, right, errors = run(tools, directory, "", "-j", "--no-config", "--replay", file)
        assert status == 0 and right.count(b"thin.low_water") >= EVENTS, errors
        status, out, errors = run(tools, directory, faults, "-j", "--no-config", "--replay", file)
        assert status == 0, f"ended with {status}: {errors}"
        assert out == right, "what it prints is not the same"
    return play


def plays_not(faults, *says):
    def play(tools, directory):
        with open(directory / "out", "wb") as out:
            status, _, errors = run(tools, directory, faults, "-j", "--no-config", "--replay", recording(directory), stdout=out)
        assert status == 1, f"ended with {status}"
        for part in says:
            assert part in errors, f"does not say {part!r}: {errors}"
    return play


def replays():
    for call in ("read:EINTR:every=2", "read:short", "write:EINTR:every=2", "write:short", "open:EINTR:times=1:match=recording.jsonl",
                 "poll:EINTR:every=2",
                 "waitpid:EINTR:times=1", "fork:EAGAIN:times=2"):
        yield f"a replay and {call}", plays_the_same(call)
    yield "a recording on a bad disk", plays_not("read:EIO:match=recording.jsonl:at=1", "cannot read recording",
                                                 "recording.jsonl: Input/output error")
    yield "a recording and no descriptor", plays_not("open:EMFILE:match=recording.jsonl", "cannot open recording",
                                                     "recording.jsonl: Too many open files")
    yield "a replay to a full disk", plays_not("write:ENOSPC:match=/out", "cannot write to standard output: No space left on device")


def with_history(body):
    """Two pools have run low, and it was kept."""
    def play(tools, directory):
        family = Family(tools, directory)
        try:
            family.start().baseline().watching()
            family.low(0, 1)
            family.low(1, 2)
            status = family.paid().end()
            assert status == 0, f"ended with {status}"
        finally:
            family.bury()
        body(tools, directory, ["-q", "-j", "--no-config", "--history", str(directory / "history.db"), "thin.low_water"])
    return play


def asks(faults):
    def body(tools, directory, query):
        _, right, errors = run(tools, directory, "", *query)
        assert right.count(b'"type":"thin.low_water"') == 2, errors
        status, out, errors = run(tools, directory, faults, *query)
        assert (status, out) == (0, right), f"ended with {status}, not the same: {errors}"
    return with_history(body)


def asks_in_vain(faults, *says):
    def body(tools, directory, query):
        status, _, errors = run(tools, directory, faults, *query)
        assert status == 1, f"ended with {status}"
        for part in ("cannot read the history", "history.db", *says):
            assert part in errors, f"does not say {part!r}: {errors}"
    return with_history(body)


def queries():
    for call in ("pread:EINTR:every=2", "pread:short", "read:EINTR:every=2", "write:EINTR:every=2", "write:short",
                 "open:EINTR:every=2:match=history.db"):
        yield f"a query and {call}", asks(call)
    yield "a query and a bad disk", asks_in_vain("pread:EIO:match=history.db", "disk I/O error")
    yield "a query and no descriptor", asks_in_vain("open:EMFILE:match=history.db", "unable to open database file")


def no_kernel(error, status, *says):
    def play(tools, directory):
        got, _, errors = run(tools, directory, f"open:{error}:match=/dev/mapper/control", "-f", "--all", "--no-config", "--run-dir",
                             str(directory / "run"))
        assert got == status, f"ended with {got}: {errors}"
        for part in ("cannot use device-mapper through /dev/mapper/control", *says):
            assert part in errors, f"does not say {part!r}: {errors}"
    return play


def detaches(faults, status, *says):
    def play(tools, directory):
        got, _, errors = run(tools, directory, faults, "--all", "--no-config", "--run-dir", str(directory / "run"), "--pidfile",
                             str(directory / "pid"))
        assert got == status, f"ended with {got}: {errors}"
        for part in says:
            assert part in errors, f"does not say {part!r}: {errors}"
    return play


def starts():
    for error, text in (("ENXIO", "No such device or address"), ("ENODEV", "No such device")):
        yield f"the kernel's node and {error}", no_kernel(error, 69, text, "modprobe dm-mod")
    yield "the kernel's node and EACCES", no_kernel("EACCES", 77, "Permission denied", "CAP_SYS_ADMIN")
    for error, text in (("EMFILE", "Too many open files"), ("ENOMEM", "Cannot allocate memory")):
        yield f"the kernel's node and {error}", no_kernel(error, 1, text)
    node = "open:ENXIO:match=/dev/mapper/control"
    for call in ("read:EINTR:every=2", "poll:EINTR:every=2", "write:EINTR:every=2", "waitpid:EINTR:times=1", "write:short", "read:short"):
        yield f"who detaches and {call}", detaches(f"{node},{call}", 69, "modprobe dm-mod")
    yield "no process to detach", detaches("fork:EAGAIN:times=1", 1, "cannot detach: Resource temporarily unavailable")
    yield "no pipe to detach", detaches("pipe2:EMFILE:times=1", 1, "cannot detach: Too many open files")
    yield "no socket to detach", detaches("socketpair:ENFILE:times=1", 1, "cannot detach: Too many open files in system")


def watches_with(faults, options, says, status, late=True):
    """With more OPTIONS ({} is the directory); it says what fails, and what happens is seen all the same."""
    def play(tools, directory):
        family = Family(tools, directory, faults)
        family.arguments += [option.format(directory) for option in options]
        family.control.arm(not late)
        try:
            family.start().baseline().watching()
            family.control.arm()
            family.low(0, 1)
            family.until(family.made, "it fails")
            family.paid()
            family.until(lambda: family.said(*says), "it says so")
            ended = family.end()
            family.once()
            assert ended == status, f"ended with {ended}"
        finally:
            family.bury()
    return play


def without_threads(tools, directory):
    """As a service, whose events go to the system's log: it says them itself, and ends well."""
    family = Family(tools, directory, "pthread_create:EAGAIN:role=live_tool")
    out = os.stat(family.out)
    family.environment["JOURNAL_STREAM"] = f"{out.st_dev}:{out.st_ino}"
    family.control.arm()
    try:
        family.start().baseline().watching()
        family.low(0, 1)
        assert family.paid().end() == 0
        family.made().once()
    finally:
        family.bury()


def reads_again_later(tools, directory):
    """SIGHUP, when nothing can be done in the background."""
    family = Family(tools, directory, "pthread_create:EAGAIN:times=1:role=live_tool")
    try:
        family.start().baseline().watching()
        family.control.arm()
        family.process.send_signal(signal.SIGHUP)
        family.until(lambda: family.said("cannot work in the background: Resource temporarily unavailable; the rules stay as they were"),
                     "it says so")
        family.process.send_signal(signal.SIGHUP)
        family.until(lambda: family.said("the configuration is as it was"), "it has read it")
        family.low(0, 1)
        assert family.paid().end() == 0
        family.made().once()
    finally:
        family.bury()


def refuses_to_record(tools, directory):
    os.mkfifo(directory / "fifo")
    family = Family(tools, directory)
    family.arguments += ["--record", str(directory / "fifo")]
    try:
        status = family.start().baseline().over()
        family.said("cannot write recording", "/fifo: No such device or address")
        assert status == 1, f"ended with {status}"
    finally:
        family.bury()


def records(error):
    """What --record writes in spite of faults can be played."""
    def play(tools, directory):
        family = Family(tools, directory, f"{error}:match=/recorded")
        family.arguments += ["--record", str(directory / "recorded")]
        family.control.arm()
        try:
            family.start().baseline().watching()
            family.low(0, 1)
            assert family.paid().end() == 0
            family.made().once()
        finally:
            family.bury()
        status, out, errors = run(tools, directory, "", "-j", "--no-config", "--replay", str(directory / "recorded"))
        assert status == 0 and out.count(b'"type":"thin.low_water"') == 1, errors
    return play


def outputs():
    for error, text in (("ENOSPC", "No space left on device"), ("EIO", "Input/output error"), ("EDQUOT", "Disk quota exceeded")):
        yield f"a recording being written and {error}", watches_with(
            f"write:{error}:match=/recorded", ["--record", "{}/recorded"],
            ["cannot write recording", f"/recorded: {text}; watching goes on"], 0)
        yield f"standard output and {error}", watches_with(
            f"write:{error}:match=/out", [], [f"cannot write to standard output: {text}; watching goes on"], 1)
    yield "no thread for standard output", watches_with(
        "pthread_create:EAGAIN:role=live_tool", [],
        ["cannot write to standard output: Resource temporarily unavailable; watching goes on"], 1, late=False)
    yield "no thread for the system's log", without_threads
    yield "no thread to read the configuration again", reads_again_later
    yield "a recording to a FIFO that nobody reads", refuses_to_record
    for error in ("write:EINTR:times=1", "write:short"):
        yield f"a recording being written and {error}", records(error)


def succeeds(faults):
    """A program that runs is found by a successor, which runs what is left, and nothing twice."""
    def play(tools, directory):
        family = Family(tools, directory, faults, rules="\n".join(line for line in RULES.split("\n") if "name: again" not in line))
        # The first step waits until the test lets it go on.
        os.mkfifo(directory / "gate")
        family.script.write_text(family.script.read_text().replace('echo "end', f'[ "$2" = second ] || read go <"{directory}/gate"\n'
                                                                                  'echo "end'))
        try:
            family.start().baseline().watching()
            family.low(0, 1, {"low": STEPS["low"]})
            family.until(lambda: family.ran("start")[family.owed[0]] == 1, "it has begun")
            family.process.kill()
            family.over()
            family.control.arm()
            family.err.write_text("")
            family.start().baseline([1]).watching()
            family.until(family.made, "it fails while the program runs")
            with open(directory / "gate", "w", encoding="utf-8") as gate:
                gate.write("go\n")
            family.paid()
            status = family.end()
            family.made().once()
            assert status == 0, f"ended with {status}"
        finally:
            family.bury()
    return play


def killed_while_put_off(faults):
    """What could not be started yet is owed by the successor."""
    def play(tools, directory):
        family = Family(tools, directory, faults)
        try:
            family.start().baseline().watching()
            family.control.arm()
            family.low(0, 1)
            family.until(lambda: family.made().said("could not be started", "it is tried again"), "it is put off")
            family.process.kill()
            family.over()
            family.control.arm(False)
            family.err.write_text("")
            family.start().baseline([1]).watching()
            family.paid()
            status = family.end()
            family.once()
            assert status == 0, f"ended with {status}"
        finally:
            family.bury()
    return play


def successors():
    for fault in ("memfd_create:EMFILE:role=live_tool", "fork:EAGAIN:role=dmevent-launch", "fork:EAGAIN:role=dm-shepherd"):
        yield f"a successor of who could start nothing, {fault}", killed_while_put_off(fault)
    here = "role=live_tool"
    for fault in ("pidfd_open:EMFILE", "pidfd_open:ENFILE", "open:EMFILE:match=/stat:every=2", "open:EINTR:every=2", "pread:EINTR:every=2",
                  "pread:short", "read:EINTR:every=2", "flock:EINTR:every=2"):
        yield f"a successor and {fault}", succeeds(f"{fault}:{here}")
    yield "a successor that cannot say at once that it acts", succeeds(f"open:EMFILE:match=/acting.pid:times=2:{here}")
    for fault in ("open:EMFILE", "pread:EIO", "pwrite:EIO", "open:ENOMEM"):
        yield f"a successor and a ledger with {fault} for a moment", succeeds(f"{fault}:match=ledger.db:times=2:{here}")
    yield "a successor that cannot list what runs", succeeds(f"opendir:EMFILE:match=/jobs:times=1:{here}")


def launcher_answers(client):
    """A request of a kind that nobody serves is refused by whoever serves us."""
    client.send(bytes([255] * 4) + (7).to_bytes(4, "little"))
    return client.recv(64)[:4] == (7).to_bytes(4, "little")


def historian_answers(client):
    """It listens to no nonsense."""
    client.send(bytes([255] * 64))
    return client.recv(64) == b""


def lets_in_later(faults, mode, name, kind, answers):
    """Who cannot be let in waits, and is served as soon as that can be; nothing turns in circles meanwhile."""
    def play(tools, directory):
        family = Family(tools, directory, faults, arguments=[mode, "--run-dir", str(directory / "run")])
        (directory / "run").mkdir()
        try:
            family.start(program=tools.program)
            socket_file = directory / "run" / name
            family.until(lambda: " for who asks" in family.errors() or mode == "--historian" and socket_file.exists(), "it serves")
            family.control.arm()
            with socket.socket(socket.AF_UNIX, kind) as client:
                client.settimeout(20)
                client.connect(str(socket_file))
                family.until(family.made, "it fails")
                family.until(lambda: family.said("cannot serve a connection"), "it says so")
                before, began = processor_seconds(family.process.pid), time.monotonic()
                family.until(lambda: time.monotonic() - began > 0.5, "half a second has passed")
                assert processor_seconds(family.process.pid) - before < 0.1, "it turns in circles"
                family.control.arm(False)
                assert answers(client), "nobody serves"
            assert family.end() == 0
        finally:
            family.bury()
    return play


def services():
    for fault in ("accept4:EMFILE", "accept4:ENFILE", "accept4:ENOMEM"):
        yield f"a launcher and {fault}", lets_in_later(f"{fault}:role=dmevent_tool", "--launcher", "launcher.sock",
                                                       socket.SOCK_SEQPACKET, launcher_answers)
    yield "a historian and accept4:EMFILE", lets_in_later("accept4:EMFILE:role=dmevent_tool", "--historian", "history.sock",
                                                          socket.SOCK_STREAM, historian_answers)


def all_cases():
    for cases in (replays, queries, starts, outputs, successors, services):
        yield from cases()
