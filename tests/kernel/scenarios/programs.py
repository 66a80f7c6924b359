# SPDX-License-Identifier: Apache-2.0
"""Programs that rules run, each as bad as can be, while another device's response must not wait."""
import json
import os
import subprocess
import time

import dm
from monitor import happened
from multipath import Map
from rules import failed, finished, has, rules, script
from scenario import scenario

QUIET = ("multipath.*", "device.*")


def watch(stage, bad: list, timeout="1s", **more):
    """Two maps: `map` sets off the program BAD, `other` one that is done at once."""
    maps = Map(stage), Map(stage, name="other")
    config = rules({"on": "multipath.path_failed", "match": {"device": "map"}, "do": {"exec": bad, "timeout": timeout}},
                   {"on": "multipath.path_failed", "match": {"device": "other"}, "do": {"exec": ["/bin/true"]}}, **more)
    return *maps, stage.monitor(ignore=QUIET, config=config)


def not_delayed(map, other, monitor) -> None:
    """While `map` waits for its program, `other` has its own: what comes of it is told first."""
    map.fail(0)
    began = time.monotonic()
    other.fail(0)
    monitor.expect(finished("other", program="/bin/true", exit_status=0))
    assert time.monotonic() - began < 3, "the other device had to wait"  # emulation on a busy machine takes a while


def running(name: str) -> bool:
    return subprocess.run(["pgrep", "-f", name], stdout=subprocess.DEVNULL).returncode == 0


@scenario
def hangs(stage):
    """It gets SIGTERM after its time."""
    map, other, monitor = watch(stage, ["/bin/sleep", "1001"])
    not_delayed(map, other, monitor)
    monitor.expect(failed("map", program="/bin/sleep", timed_out=True, signal=15))
    assert not running("sleep 1001")


@scenario
def ignores_term(stage):
    """It gets SIGKILL five seconds after that."""
    stubborn = script(stage, "stubborn", "trap '' TERM\nwhile :; do sleep 1; done\n")
    map, other, monitor = watch(stage, [stubborn])
    not_delayed(map, other, monitor)
    event, = monitor.expect(failed("map", timed_out=True, signal=9), within=15)
    assert 5500 < event["data"]["duration_ms"] < 12000, event
    assert not running("stubborn")


@scenario
def leaves_grandchildren(stage):
    """What it left running, in a session of its own and with its output open, is ended with it."""
    go = stage.path("go")
    leaver = script(stage, "leaver", "setsid sh -c 'sleep 1002 & sleep 1003' &\nsleep 1004 &\necho gone\n"
                    f"until [ -e {go} ]; do sleep 0.1; done\n")
    map, other, monitor = watch(stage, [leaver], timeout="30s")
    not_delayed(map, other, monitor)
    open(go, "w").close()
    monitor.expect(finished("map", exit_status=0, output=has("gone")), within=15)
    dm.until(lambda: not running("sleep 100[234]"), "the end of what it left")


@scenario
def prints_without_end(stage):
    """100 MB of output are taken in and thrown away, but for the last of it."""
    printer = script(stage, "printer", "head -c 100000000 /dev/zero | tr '\\0' x\necho the end\n")
    map, other, monitor = watch(stage, [printer], timeout="100s")
    not_delayed(map, other, monitor)
    event, = monitor.expect(finished("map", output_bytes=100000008, output=has("the end")), within=90)
    assert len(event["data"]["output"]) <= 4096, len(event["data"]["output"])
    monitor.sync()


@scenario
def cannot_be_executed(stage):
    """A missing program, one without the right, and one that is none: each says why."""
    plain, empty = script(stage, "plain", "exit 0\n"), script(stage, "other", "")
    os.chmod(plain, 0o644)
    with open(empty, "wb") as file:
        file.write(b"\x7fELF")
    for number, (program, why) in enumerate({"/nonexistent/program": "No such file", plain: "Permission denied",
                                             empty: "xec format error"}.items()):
        map = Map(stage, name=f"map{number}")
        config = rules({"on": "multipath.path_failed", "match": {"device": map.name}, "do": {"exec": [program]}})
        monitor = stage.monitor(ignore=QUIET, config=config)
        map.fail(0)
        event, = monitor.expect(failed(map.name, program=program, error=has(why)))
        assert why in event["message"], event
        monitor.stop()


@scenario
def on_a_suspended_file_system(stage):
    """Nothing is kept ready: its exec waits for a disk that does not answer: it is given up, and ends when the disk is
    back."""
    place, disk = frozen(stage)
    map, other, monitor = watch(stage, [place + "/true"], limits={"pinned_mib": 0})
    stop_answering(disk)
    not_delayed(map, other, monitor)
    monitor.expect(failed("map", timed_out=True), within=20)
    other.fail(1)
    monitor.expect(finished("other", exit_status=0))
    disk.resume()
    dm.until(lambda: not running(place), "the end of what hung in exec")


@scenario
def kept_ready(stage):
    """A program that a rule names is kept in memory: it runs though its disk does not answer, and nothing is cached."""
    place, disk = frozen(stage)
    map, _, monitor = watch(stage, [place + "/true"])
    dm.until(lambda: "kept in memory" in monitor.diagnostics(), "the programs to be kept")
    stop_answering(disk)
    map.fail(0)
    monitor.expect(finished("map", exit_status=0))


def frozen(stage):
    """A program of its own file system, and the disk under that."""
    disk = stage.piece("disk", 16)
    place = "/run/frozen"
    os.makedirs(place, exist_ok=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext2", disk.node], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mount", disk.node, place], check=True)
    stage.undo.append(lambda: subprocess.run(["umount", place], check=True))
    stage.undo.append(lambda: disk.resume() if disk.suspended() else None)
    subprocess.run(["cp", "/bin/busybox" if os.path.exists("/bin/busybox") else "/bin/true", place + "/true"], check=True)
    subprocess.run(["sync"], check=True)
    return place, disk


def stop_answering(disk) -> None:
    disk.suspend()
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("3")


@scenario
def hostile_names(stage):
    """Every placeholder is one argument and every variable one value, byte for byte; nothing is interpreted."""
    dump = f"/run/{stage.name}.json"
    program = script(stage, "dump", f"""exec python3 -c '
import json, os, sys
value = lambda text: list(os.fsencode(text))
event = sys.stdin.buffer.read()
open("{dump}.new", "w").write(json.dumps([[value(a) for a in sys.argv[1:]], value(os.environ["DMEVENT_DEVICE"]),
                                          value(os.environ["DMEVENT_UUID"]), event.decode("ascii", "replace")]))
os.rename("{dump}.new", "{dump}")
' "$@"
""")
    stage.undo.append(lambda: os.path.exists(dump) and os.unlink(dump))
    config = rules({"on": "device.removed", "do": {"exec": [program, "{device}", "{uuid}", "<{device}>", "{message}"]}})
    monitor = stage.monitor(ignore=("device.removed",), config=config)
    for name, uuid in ((b"two words", b"u u"), (b"-rf", b"--help"), (b"$(reboot)", b"`reboot`"), (b"a;reboot", b"'"),
                       (b'"quotes" and \'more\'', b'"'), (b"line\nbreak", b"tab\tand\rmore"), (b"*?[a]{b}", b"~"),
                       (b"{message}", b"{{}}"), (b"\xff\xfe bytes", b"\xc3("), (b"back\\slash\\x20", b"%s%n")):
        device = dm.create(name, "0 8 zero", uuid=uuid)
        monitor.expect(happened("device.added"))
        device.remove()
        monitor.expect(finished(exit_status=0))
        arguments, in_name, in_uuid, event = json.load(open(dump))
        arguments = [bytes(argument) for argument in arguments]
        assert arguments[:3] == [name, uuid, b"<" + name + b">"], arguments
        assert len(arguments) == 4 and name in arguments[3], arguments
        assert (bytes(in_name), bytes(in_uuid)) == (name, uuid)
        assert json.loads(event)["type"] == "device.removed"
        os.unlink(dump)


@scenario
def rights_are_given_up(stage):
    """run_as: another user, none of our groups, and nothing of ours is open."""
    program = script(stage, "who", "id -u; id -G; ls /proc/self/fd | wc -l; pwd; umask; env | grep -c ^DMEVENT_\n")
    map = Map(stage)
    config = rules({"on": "multipath.path_failed", "do": {"exec": [program], "run_as": "nobody"}})
    monitor = stage.monitor(ignore=QUIET, config=config)
    map.fail(0)
    event, = monitor.expect(finished("map", exit_status=0))
    user, groups, open_files, place, mask, variables = event["data"]["output"].split()
    assert (user, groups, place, mask) == ("65534", "65534", "/", "0022"), event
    assert int(open_files) == 4, event  # 0, 1, 2 and ls' own
    assert int(variables) > 10, event


@scenario
def flood(stage):
    """200 events within a second on 20 devices, and an action that takes its time: few programs at a time, what
    comes meanwhile is folded into one run, and each device's last state is acted upon."""
    log = f"/run/{stage.name}.log"
    program = script(stage, "slow", f"echo begin $1 $2 >>{log}\nsleep 0.5\necho end $1 >>{log}\n")
    stage.undo.append(lambda: os.unlink(log))
    paths = [stage.piece(f"path{number}", 0.5) for number in range(2)]
    maps = []
    for number in range(20):
        table = f"0 64 multipath 2 queue_mode bio 0 1 1 round-robin 0 2 1 {paths[0].number} 1 {paths[1].number} 1"
        maps.append(dm.create(f"map{number}", table))
    config = rules({"on": ["multipath.path_failed", "multipath.path_reinstated"],
                    "do": {"exec": [program, "{device}", "{type}"]}}, limits={"programs": 4})
    monitor = stage.monitor(ignore=QUIET, config=config)
    began = time.monotonic()
    for turn in range(5):
        for map in maps:
            map.message(f"fail_path {paths[0].number}")
            map.message(f"reinstate_path {paths[0].number}")
    assert time.monotonic() - began < 1.5, time.monotonic() - began
    for map in maps:
        map.message(f"fail_path {paths[1].number}")
    ended = {map.name.decode(): 0 for map in maps}
    coalesced = 0
    while any(count < 2 for count in ended.values()):
        event, = monitor.expect(finished(action="exec"), within=60)
        ended[event["device"]["name"]] += 1
        coalesced += event["data"]["coalesced"]
    lines = open(log).read().splitlines()
    most = now = 0
    for line in lines:
        now += 1 if line.startswith("begin") else -1
        most = max(most, now)
    assert most <= 4, f"{most} programs at a time"
    for name in ended:
        runs = [line.split()[2] for line in lines if line.startswith(f"begin {name} ")]
        assert len(runs) == 2 and runs[-1] == "multipath.path_failed", (name, runs)
    assert coalesced >= 20, coalesced
    stage.say(f"220 events, {sum(ended.values())} runs, {most} at a time")
