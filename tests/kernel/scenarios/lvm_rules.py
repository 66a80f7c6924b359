# SPDX-License-Identifier: Apache-2.0
"""The hooks of thin, raid and mirror on volumes of the real LVM, whose lvm.conf is as it comes unless said."""
import json
import os
import time

import dm
import ioctl
from daemons import Dmeventd
from load import Load
from lvm2 import Lvm
import mirror as mirrors
from monitor import happened, raised
from raid import fast, slow
from rules import failed, finished, has, outcome, rules, script
from scenario import scenario

MIB = 1 << 20
POOL, ARRAY, MIRROR = "vg-pool-tpool", "vg-array", "vg-mirror"
LIMITS = {"thin.data_threshold": {"at": 70, "step": 5, "clear": 65},
          "thin.metadata_threshold": {"at": 70, "step": 5, "clear": 65}}
DATA = {"name": "grow", "on": ["thin.low_water", "thin.data_threshold", "thin.overflow"],
        "do": {"thin.extend": {"threshold": 70, "percent": 20}}, "retry": {"attempts": 20, "backoff": "1s..2s"}}
METADATA = {**DATA, "name": "grow metadata", "on": ["thin.metadata_low_water", "thin.metadata_threshold"]}
RAID = {"name": "repair", "on": ["raid.device_failed", "raid.device_missing"],
        "do": {"raid.repair": {"policy": "allocate"}}, "retry": {"attempts": 30, "backoff": "1s..2s"}}
ONLY_ACTIONS = ("thin.*", "raid.*", "mirror.*", "device.*")


def blocks(pool, which: int) -> tuple[int, int]:
    """Used and total, of metadata (0) or data (1)."""
    used, total = pool.status().split()[1 + which].split("/")
    return int(used), int(total)


@scenario
def thin_pool_grows_until_there_is_no_room(stage):
    """A pool that a writer fills is extended before it is full; when the group has no room that is said, in LVM's
    words, and tried again, and works when a PV was added. The writer sees no error."""
    lvm = Lvm(stage, 24)
    pool, thin = lvm.thin_pool(16)
    monitor = stage.monitor(ignore=ONLY_ACTIONS, config=rules(DATA, thresholds=LIMITS))
    dm.write(thin, 0, 12 * MIB)
    monitor.expect(finished(POOL, rule="grow", action="thin.extend", exit_status=0), within=30)
    assert blocks(pool, 1) == (192, 320), pool.status()
    load = Load(thin, 0, 15 * MIB)  # 75 %, and 2 MiB are left
    event, = monitor.expect(failed(POOL, exit_status=5, output=has("Insufficient free space"), attempt=1), within=60)
    assert "Insufficient free space" in event["message"] and "retry_at" in event["data"], event
    monitor.expect(failed(POOL, exit_status=5, attempt=2), within=30)
    lvm.apart(40)
    dm.until(lambda: blocks(pool, 1)[1] > 320, "the pool's growth", 60)
    assert not load.stop().errors, load.errors
    while True:  # an attempt that was on its way may still fail
        event = monitor._next("the end of the extension", 30)
        if event["type"] == "action.finished":
            break
        assert event["type"] == "action.failed", event
    stage.say(f"longest write: {load.longest:.2f} s")


@scenario
def thin_pool_keeps_ahead_of_a_writer(stage):
    """Again and again, as a writer goes on: it never sees an error, and the pool is never full."""
    lvm = Lvm(stage, 100)
    pool, thin = lvm.thin_pool(16)
    monitor = stage.monitor(ignore=("thin.data_threshold", "thin.low_water", "thin.extended", "device.*", "action.failed"),
                            config=rules(DATA, thresholds=LIMITS))
    load = Load(thin, 0, 60 * MIB)
    extended = 0
    while blocks(pool, 1)[1] < 55 * 16:
        monitor.expect(finished(POOL, action="thin.extend", exit_status=0), within=60)
        extended += 1
    assert not load.stop().errors, load.errors
    assert extended >= 4, extended
    # The kernel's mark is at the limit itself, LVM's policy above it: in between there is nothing to do yet.
    failures = [event for event in monitor.seen if event["type"] == "action.failed"]
    assert all("not above" in event["data"]["reason"] for event in failures), failures
    stage.say(f"{extended} extensions, longest write {load.longest:.2f} s")


@scenario
def thin_metadata_grows(stage):
    """The same for metadata, which many volumes fill."""
    lvm = Lvm(stage, 40)
    pool, thin = lvm.thin_pool(16)
    monitor = stage.monitor(ignore=ONLY_ACTIONS, config=rules(METADATA, thresholds=LIMITS))
    number = 100
    while blocks(pool, 0)[0] < 370:
        pool.message(f"create_thin {number}")
        number += 1
    monitor.expect(finished(POOL, rule="grow metadata", action="thin.extend", exit_status=0), within=30)
    assert blocks(pool, 0)[1] > 512, pool.status()


@scenario
def raid_leg_replaced(stage):
    """One repair for one failure, and the array is in sync again."""
    lvm = Lvm(stage, 20, 20, 20)
    array = lvm.raid1(16)
    monitor = stage.monitor(ignore=ONLY_ACTIONS, config=rules(RAID))
    lvm.pvs[1].fail()
    dm.write(array, 0, 1 << 18)
    monitor.expect(finished(ARRAY, rule="repair", action="raid.repair", exit_status=0), within=30)
    array.wait_status("AA", "idle", seconds=30)
    monitor.nothing_else(3)


@scenario
def raid_second_leg_lost_during_the_repair(stage):
    """LVM refuses while the array is not in sync: the rule tries until it can, and both legs are replaced."""
    lvm = Lvm(stage, 20, 20, 20, 20, 20)
    array = lvm.raid1(16, 3)
    monitor = stage.monitor(ignore=(*ONLY_ACTIONS, "action.failed"), config=rules(RAID))
    slow(stage)
    lvm.pvs[1].fail()
    dm.write(array, 0, 1 << 18)
    monitor.expect(finished(ARRAY, action="raid.repair"), within=60)
    lvm.pvs[2].fail()
    dm.write(array, 0, 1 << 18)
    dm.until(lambda: "D" in array.status().split()[2], "the second leg's failure", 20)
    fast()
    monitor.expect(finished(ARRAY, action="raid.repair"), within=90)
    array.wait_status("AAA", "idle", seconds=60)


@scenario
def raid_repair_without_effect(stage):
    """With the policy `warn` of a stock lvm.conf the command ends well and does nothing, which is no success."""
    lvm = Lvm(stage, 20, 20, 20, settings={"activation/raid_fault_policy": "warn"})
    array = lvm.raid1(16)
    monitor = stage.monitor(ignore=ONLY_ACTIONS, config=rules({"on": "raid.device_failed", "do": "raid.repair"}))
    lvm.pvs[1].fail()
    dm.write(array, 0, 1 << 18)
    event, = monitor.expect(outcome("no_effect", ARRAY, action="raid.repair", exit_status=0), within=30)
    assert event["severity"] == "error" and "lost_legs is 1" in event["message"], event
    assert "AD" in array.status(), array.status()


@scenario
def check_config_asks_lvm(stage):
    """--check-config warns of a hook that lvm.conf makes do nothing, unless its parameter says otherwise."""
    Lvm(stage, 4)
    path = f"/run/{stage.name}.yaml"
    for argument, warns in (("raid.repair", True), ({"raid.repair": {"policy": "allocate"}}, False)):
        with open(path, "w") as file:
            file.write(rules({"name": "repair", "on": "raid.device_failed", "do": argument}))
        done = stage.run("--check-config", "--config", path)
        assert done.returncode == 0 and (b"activation/raid_fault_policy=warn" in done.stderr) == warns, done.stderr


@scenario
def mirror_held_write_released(stage):
    """A mirror's failed write is held until somebody acts: by our rule, and for comparison by dmeventd."""
    times = {}
    for who in ("rule", "dmeventd"):
        lvm = Lvm(stage, 20, 20, settings={"activation/monitoring": 1} if who == "dmeventd" else {})
        if who == "dmeventd":
            Dmeventd(stage, lvm)
        mirror = lvm.mirror(16)
        if who == "rule":
            monitor = stage.monitor(ignore=ONLY_ACTIONS, config=rules({"on": "mirror.leg_failed", "do": "mirror.repair"}))
        lvm.pvs[1].fail()
        began = time.monotonic()
        writer = dm.Writer(mirror, 0, 4096)
        assert writer.wait(60) == 0
        times[who] = time.monotonic() - began
        if who == "rule":
            monitor.expect(finished(MIRROR, action="mirror.repair", exit_status=0), within=30)
            monitor.stop()
        dm.until(lambda: "mirror" not in mirror.table(), "the repaired volume", 30)
        stage.clear()
    stage.say(f"a write was held for {times['rule']:.2f} s with a rule, {times['dmeventd']:.2f} s with dmeventd")
    with open(stage.path("figures"), "w") as file:
        json.dump(times, file)


@scenario
def dmeventd_has_it(stage):
    """Where dmeventd has the pool registered the hook refuses and says so; unless it is told not to ask."""
    lvm = Lvm(stage, 64, settings={"activation/monitoring": 1})
    dmeventd = Dmeventd(stage, lvm)
    pool, thin = lvm.thin_pool(16)
    assert dmeventd.registered(pool)
    once = {**DATA, "on": "thin.data_threshold"}
    monitor = stage.monitor(ignore=ONLY_ACTIONS, config=rules(once, thresholds=LIMITS))
    dm.write(thin, 0, 12 * MIB)
    event, = monitor.expect(failed(POOL, action="thin.extend", refused=True), within=30)
    assert "dmeventd" in event["message"], event
    monitor.stop()
    assert blocks(pool, 1)[1] == 256
    anyway = {**once, "do": {"thin.extend": {"threshold": 70, "percent": 20, "even_if_managed": True}}}
    monitor = stage.monitor(ignore=ONLY_ACTIONS, config=rules(anyway, thresholds=LIMITS))
    monitor.expect(finished(POOL, action="thin.extend"), within=30)
    assert blocks(pool, 1)[1] > 256


def held_extension(stage, **parameters):
    """A pool whose extension, a rule's, is held half-way: with the pool suspended, by the disk of its metadata."""
    lvm = Lvm(stage, 4)
    lvm.apart(4, 40)
    pool, thin = lvm.thin_pool(16, data=lvm.pvs[2], metadata=lvm.pvs[1])
    dm.write(thin, 0, 12 * MIB)
    pool.commit()
    # The first step waits for that disk to hold its writes from then on.
    flag, go = (f"/run/{stage.name}.{word}" for word in ("flag", "go"))
    wait = script(stage, "wait", f"touch {flag}\nwhile [ ! -e {go} ]; do sleep 0.1; done\nrm {flag} {go}\n")
    extend = {"thin.extend": {"threshold": 70, "percent": 20, **parameters}}
    monitor = stage.monitor(ignore=ONLY_ACTIONS, config=rules({**DATA, "do": [{"exec": [wait]}, extend]}, thresholds=LIMITS))
    dm.until(lambda: os.path.exists(flag), "the rule's first step")
    lvm.pvs[1].hold()
    open(go, "w").close()
    monitor.expect(finished(POOL, program=wait))
    dm.until(pool.suspended, "the pool suspended by lvextend", 60)
    return lvm, pool, monitor


@scenario
def lvextend_takes_too_long(stage):
    """What changes storage is never killed: past its time that is said, and it is left to finish."""
    lvm, pool, monitor = held_extension(stage, timeout="3s")
    event, = monitor.expect(outcome("overdue", POOL, action="thin.extend"), within=20)
    assert event["severity"] == "error" and pool.suspended(), event
    lvm.pvs[1].heal()
    monitor.expect(finished(POOL, action="thin.extend", exit_status=0), within=30)
    assert not pool.suspended()


@scenario
def stopped_while_lvextend_holds_the_pool(stage):
    """SIGTERM while lvextend has the pool suspended: the program ends, lvextend goes on to its end, and whoever is
    started next says how it ended: once when it still runs then, once when it has ended before."""
    for when in ("running", "ended"):
        lvm, pool, monitor = held_extension(stage)
        monitor.stop()
        assert pool.suspended()
        adopted = finished(POOL, rule="grow", action="thin.extend", exit_status=0, adopted=True)
        config = rules(DATA, thresholds=LIMITS)
        if when == "running":
            monitor = stage.monitor(ignore=ONLY_ACTIONS, config=config)
        lvm.pvs[1].heal()
        dm.until(lambda: not pool.suspended() and blocks(pool, 1)[1] > 256, "the extended pool", 60)
        if when == "ended":
            monitor = stage.monitor(ignore=ONLY_ACTIONS, config=config)
        monitor.expect(adopted, within=60)
        monitor.stop()
        assert not any(dm.Device(name).suspended() for name in ioctl.names()), "something stays suspended"
        stage.clear()
