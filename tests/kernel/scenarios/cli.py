# SPDX-License-Identifier: Apache-2.0
"""The command line on a machine where there is something to see."""
import glob
import json
import os
import re
import resource
import signal
import subprocess

import dm
from monitor import happened, raised
from multipath import Map
from raid import Array
from scenario import scenario
from thin import GAUGES, Pool, fill

LIFE = ("device.added", "device.removed")  # what shows that nothing else came


@scenario
def once(stage):
    """`-o thin` passes over what is no thin event, and ends after the first that is one."""
    pool = Pool(stage, features="")
    map = Map(stage)
    volume = pool.volume()
    monitor = stage.monitor("-o", "thin", ignore=GAUGES)
    map.fail(0)
    assert monitor.process.poll() is None
    fill(volume, 0, 100)
    monitor.expect(raised("thin.low_water", device="pool"))
    assert monitor.ended(within=5) == 0


@scenario
def once_initial(stage):
    """An initial event counts as the first one."""
    array = Array(stage, "raid1", 2)
    array.lose(1, None)
    done = stage.run("-f", "-o", "-j", "raid.degraded")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(event["type"], event["initial"]) for event in events] == [("raid.degraded", True)], events
    assert done.returncode == 0


@scenario
def selection_by_alias(stage):
    """The names of the kernel's world select the same events as ours."""
    pool = Pool(stage)
    map = Map(stage)
    volume = pool.volume()
    monitor = stage.monitor("_thin_low_water", "PATH_REINSTATED", *LIFE)
    fill(volume, 0, 120)
    monitor.expect(raised("thin.low_water", device="pool"))
    dm.fails(fill, volume, 120, 20)
    map.fail(0)
    map.reinstate(0)
    monitor.expect(map.reinstated(0, 4))


@scenario
def selection_by_glob(stage):
    """A glob selects types of one family."""
    map = Map(stage)
    monitor = stage.monitor("multipath.path_*", *LIFE)
    for index in range(4):
        map.fail(index)
    monitor.expect(*(map.failed(index, 3 - index) for index in range(4)))


@scenario
def ignored_device(stage):
    """`-i` silences the devices of these uuids, and no other."""
    loud, quiet, silent = Map(stage, name="loud"), Map(stage, name="quiet"), Map(stage, name="silent")
    monitor = stage.monitor("-a", "-i", "mpath-quiet", "-i", "mpath-silent")
    quiet.fail(0)
    silent.fail(1)
    loud.fail(2)
    monitor.expect(loud.failed(2, 3))


@scenario
def pidfile(stage):
    """The pidfile names the program while it runs; a second one on it is refused, and says who has it."""
    path = stage.path("pid")
    monitor = stage.monitor("-a", "-p", path)
    assert open(path).read().strip() == str(monitor.process.pid)
    second = stage.run("-f", "-a", "-p", path)
    assert second.returncode == 1, second.returncode
    assert str(monitor.process.pid) in second.stderr.decode(), second.stderr
    assert open(path).read().strip() == str(monitor.process.pid)


@scenario
def detached(stage):
    """Without -f the parent returns when its child is ready, and tells the truth when that cannot be."""
    path = stage.path("pid")
    done = stage.run("-a", "-p", path)
    assert done.returncode == 0, done
    pid = int(open(path).read())
    stage.undo.append(lambda: subprocess.run(["kill", "-KILL", str(pid)], stderr=subprocess.DEVNULL))
    assert os.path.exists(f"/proc/{pid}")
    assert os.getsid(pid) != os.getsid(0)
    second = stage.run("-a", "-p", path)
    assert second.returncode == 1 and str(pid) in second.stderr.decode(), second
    os.kill(pid, signal.SIGTERM)
    dm.until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the detached program", 2)


@scenario
def query(stage):
    """What holds now, of each device, as text and as JSON."""
    array = Array(stage, "raid1", 2)
    array.lose(1, None)
    dm.create("healthy", "0 8 zero")
    text = stage.run("-q")
    assert text.returncode == 0
    for word in ("array", "raid.degraded", "raid.device_failed", "healthy"):
        assert word in text.stdout.decode(), word
    lines = stage.run("-q", "-j").stdout.splitlines()
    parsed = [json.loads(line) for line in lines]
    assert any("raid.degraded" in json.dumps(line) and "array" in json.dumps(line) for line in parsed), parsed
    only = stage.run("-q", "-j", "thin").stdout.decode()
    assert "raid.degraded" not in only, only


@scenario
def list_events(stage):
    """Families and types of the plugins that loaded, none of which failed."""
    text = stage.run("--list-events")
    assert text.returncode == 0 and not text.stderr, text
    words = set(re.findall(r"[\w.]+", text.stdout.decode()))
    wanted = {"thin", "raid", "mirror", "multipath", "thin.low_water", "raid.degraded", "mirror.sync_finished",
              "multipath.path_failed", "device.added", "_thin_low_water", "_thin_overflow", "PATH_FAILED",
              "PATH_REINSTATED"}
    assert wanted <= words, wanted - words
    parsed = [json.loads(line) for line in stage.run("-l", "-j").stdout.splitlines()]
    assert parsed


@scenario
def crypt_key_stays_secret(stage):
    """A crypt device's table holds its key, which comes up in nothing that we print, record, log or leave."""
    dm.modprobe("dm-crypt")
    key = bytes.fromhex("5ec2e7" + "c0ffee42" * 7 + "5a")
    assert len(key) == 32
    piece = stage.piece("below", 1)
    device = dm.create("secret", f"0 2048 crypt aes-cbc-essiv:sha256 {key.hex()} 0 {piece.number} 0", uuid="CRYPT-x")
    assert key.hex() in device.table()
    cores = "/tmp/cores"
    os.makedirs(cores, exist_ok=True)
    stage.set("/proc/sys/kernel/core_pattern", cores + "/core.%p")
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    monitor = stage.monitor("-a", "-d", "-v", "-v", ignore=("device.table_changed",), replay=False)
    device.reload(device.table())
    device.rename("secret2")
    monitor.expect(happened("device.renamed", device="secret2"))
    monitor.sync()
    children = open(f"/proc/{monitor.process.pid}/task/{monitor.process.pid}/children").read().split()
    for pid in [*children, str(monitor.process.pid)]:
        try:
            os.kill(int(pid), signal.SIGABRT)
        except ProcessLookupError:
            pass
    monitor.process.wait(20)
    stage.run("-q", "-j")
    stage.run("-q", "-v", "-d")
    places = glob.glob(stage.path("*")) + glob.glob(cores + "/*")
    stage.say(f"searched: {places}")
    for path in places:
        with open(path, "rb") as file:
            data = file.read()
        for secret in (key, key.hex().encode(), key.hex().upper().encode()):
            assert secret not in data, f"the key is in {path}"
        if path.startswith(cores):
            os.unlink(path)


@scenario
def closed_stdout(stage):
    """Nobody reads any more: the next event ends the program, without a word."""
    map = Map(stage)
    monitor = stage.monitor(replay=False)
    dm.until(lambda: "watching" in monitor.diagnostics(), "the program to say that it watches")
    said = monitor.diagnostics()
    monitor.process.stdout.close()
    monitor.eof = True
    map.fail(0)
    map.reinstate(0)
    status = monitor.process.wait(5)
    assert status == 0, status
    assert monitor.diagnostics() == said, monitor.diagnostics()


@scenario
def full_disk_under_record(stage):
    """The recording ends when its disk is full, which is said; the watching goes on."""
    place = "/tmp/small"
    os.makedirs(place, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "small", place], check=True)
    stage.undo.append(lambda: subprocess.run(["umount", "-l", place]))
    map = Map(stage)
    monitor = stage.monitor(recording=place + "/record.jsonl", replay=False)
    with open(place + "/rest", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    for number in range(20):
        map.fail(0)
        map.reinstate(0)
        monitor.expect(map.failed(0, 3), map.reinstated(0, 4))
    assert "record" in monitor.diagnostics(), monitor.diagnostics()
