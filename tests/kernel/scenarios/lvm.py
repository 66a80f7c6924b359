# SPDX-License-Identifier: Apache-2.0
"""Volumes of the real LVM, mended by its own commands or by the real dmeventd while the program watches. What LVM does
with devices underneath (added, renamed, reloaded) is left out; devices.py is about that."""
from daemons import Dmeventd
import dm
from load import Load
from lvm2 import BY_MONITOR, Lvm
import mirror as mirrors
from monitor import cleared, happened, raised
from raid import fast, slow
from scenario import scenario

UNDERNEATH = ("device.*",)
MIB = 1 << 20
POOL, ARRAY, MIRROR = "vg-pool-tpool", "vg-array", "vg-mirror"


def percent(at: int):
    return lambda number: at <= number < at + 10


@scenario
def thin_pool_extended(stage):
    """LVM sets the kernel's mark by the threshold; a monitor's command extends the pool and sets the mark anew."""
    lvm = Lvm(stage, 64, settings={"activation/thin_pool_autoextend_threshold": 70})
    pool, thin = lvm.thin_pool(16)
    monitor = stage.monitor(ignore=UNDERNEATH)
    dm.write(thin, 0, 12 * MIB)
    monitor.expect(raised("thin.low_water", device=POOL, data={"data_percent": percent(70), "data_total": 256,
                                                               "low_water_mark": 76}))
    lvm.run(*lvm.extend("pool", 70, 50), env=BY_MONITOR)
    # One look says both.
    monitor.any_order(cleared("thin.low_water", device=POOL),
                      happened("thin.extended", device=POOL, data={"data_total": 384}))
    dm.write(thin, 12 * MIB, 6 * MIB)
    monitor.expect(raised("thin.low_water", device=POOL, data={"data_percent": percent(70), "data_total": 384}))
    monitor.nothing_else()


@scenario
def thin_pool_extended_by_dmeventd(stage):
    """dmeventd and the program watch one pool: one extends it, the other says so, and the application goes on."""
    lvm = Lvm(stage, 64, settings={"activation/monitoring": 1, "activation/thin_pool_autoextend_threshold": 70,
                                   "activation/thin_pool_autoextend_percent": 50})
    dmeventd = Dmeventd(stage, lvm)
    pool, thin = lvm.thin_pool(16)
    assert dmeventd.registered(pool) and not dmeventd.registered(thin)
    # Whether the mark is seen passed depends on who looks first.
    monitor = stage.monitor(ignore=(*UNDERNEATH, "thin.low_water"))
    load = Load(thin, 0, 4 * MIB)
    dm.write(thin, 4 * MIB, 8 * MIB)
    monitor.expect(happened("thin.extended", device=POOL, data={"data_total": 384}), within=30)
    assert not load.stop().errors and load.writes > 0, load.errors


@scenario
def raid1_leg_repaired(stage):
    """A leg dies and LVM puts another PV in its place; degraded holds until that one is in sync."""
    lvm = Lvm(stage, 20, 20, 20)
    array = lvm.raid1(16)
    monitor = stage.monitor(ignore=UNDERNEATH)
    lvm.pvs[1].fail()
    dm.write(array, 0, 1 << 18)
    # A leg's loss is one look's.
    monitor.any_order(raised("raid.device_failed", device=ARRAY, part="1", severity="error"),
                      raised("raid.degraded", device=ARRAY))
    slow(stage)
    lvm.run("lvconvert", "--yes", "--repair", "vg/array", env=BY_MONITOR)
    array.wait_status("Aa", "recover")
    monitor.expect(happened("raid.sync_started", device=ARRAY, data={"action": "recover"}))
    monitor.nothing_else()
    fast()
    array.wait_status("AA", "idle")
    monitor.any_order(happened("raid.sync_finished", device=ARRAY, data={"action": "recover"}),
                      happened("raid.device_recovered", device=ARRAY, part="1"),
                      happened("raid.optimal", device=ARRAY))


@scenario
def raid1_second_leg_while_recovering(stage):
    """Of three legs a second one dies while the first is replaced: LVM refuses until that is done, then mends it."""
    lvm = Lvm(stage, 20, 20, 20, 20, 20)
    array = lvm.raid1(16, legs=3)
    monitor = stage.monitor(ignore=UNDERNEATH)
    lvm.pvs[1].fail()
    dm.write(array, 0, 1 << 18)
    monitor.any_order(raised("raid.device_failed", device=ARRAY, part="1"), raised("raid.degraded", device=ARRAY))
    slow(stage)
    repair = ("lvconvert", "--yes", "--repair", "vg/array")
    lvm.run(*repair, env=BY_MONITOR)
    array.wait_status("AaA", "recover")
    monitor.expect(happened("raid.sync_started", device=ARRAY, data={"action": "recover"}))
    lvm.pvs[2].fail()
    dm.write(array, 0, 1 << 18)
    array.wait_status("AaD")
    monitor.expect(raised("raid.device_failed", device=ARRAY, part="2"))
    assert lvm.run(*repair, check=False, env=BY_MONITOR).returncode == 5
    fast()
    array.wait_status("AAD", "idle")
    monitor.any_order(happened("raid.sync_finished", device=ARRAY),
                      happened("raid.device_recovered", device=ARRAY, part="1"))
    slow(stage)
    lvm.run(*repair, env=BY_MONITOR)
    array.wait_status("AAa", "recover")
    monitor.expect(happened("raid.sync_started", device=ARRAY, data={"action": "recover"}))
    fast()
    array.wait_status("AAA", "idle")
    monitor.any_order(happened("raid.sync_finished", device=ARRAY),
                      happened("raid.device_recovered", device=ARRAY, part="2"),
                      happened("raid.optimal", device=ARRAY))


@scenario
def repair_that_does_nothing(stage):
    """With the policy `warn` the command of a monitor ends well, and everything is as it was."""
    lvm = Lvm(stage, 20, 20, 20, settings={"activation/raid_fault_policy": "warn"})
    array = lvm.raid1(16)
    monitor = stage.monitor(ignore=UNDERNEATH)
    lvm.pvs[1].fail()
    dm.write(array, 0, 1 << 18)
    monitor.any_order(raised("raid.device_failed", device=ARRAY, part="1"), raised("raid.degraded", device=ARRAY))
    lvm.run("lvconvert", "--yes", "--repair", "--use-policies", "vg/array", env=BY_MONITOR)
    assert "AD" in array.status(), array.status()
    monitor.nothing_else()


@scenario
def mirror_leg_replaced(stage):
    """A write is held from the leg's death until LVM's repair, which puts another PV in its place."""
    lvm = Lvm(stage, 20, 20, 20, settings={"activation/mirror_image_fault_policy": "allocate"})
    mirror = lvm.mirror(16)
    # For a moment it is a linear volume. Whether that is seen decides if the next mirror is a new one.
    monitor = stage.monitor(ignore=(*UNDERNEATH, "mirror.leg_recovered", "mirror.sync_started"))
    lvm.pvs[1].fail()
    writer = dm.Writer(mirror, 0, 4096)
    writer.wait_held()
    monitor.expect(raised("mirror.leg_failed", device=MIRROR, part="1", message=lambda text: "held" in text))
    mirrors.slow(stage)
    command = lvm.start("lvconvert", "--yes", "--repair", "--use-policies", "vg/mirror", env=BY_MONITOR)
    assert writer.wait(60) == 0
    mirror.wait_status("AA", seconds=60)
    monitor.sync()
    mirrors.fast()
    lvm.finish(command)  # it waits for the copy
    monitor.expect(happened("mirror.sync_finished", device=MIRROR))


@scenario
def mirror_leg_removed(stage):
    """The same with the policy `remove`: the volume is no mirror any more, and the application lost nothing."""
    lvm = Lvm(stage, 20, 20, 20)
    mirror = lvm.mirror(16)
    monitor = stage.monitor(ignore=UNDERNEATH)
    load = Load(mirror, 0, 4 * MIB)
    lvm.pvs[1].fail()
    monitor.expect(raised("mirror.leg_failed", device=MIRROR, part="1"))
    lvm.run("lvconvert", "--yes", "--repair", "--use-policies", "vg/mirror", env=BY_MONITOR)
    assert " linear " in mirror.table(), mirror.table()
    assert not load.stop().errors, load.errors


@scenario
def mirror_log_replaced(stage):
    """The same when the disk of the log dies: the legs stay good, a write is held, and LVM finds another disk."""
    lvm = Lvm(stage, 20, 20, 20, 20)
    mirror = lvm.mirror(16, log="disk")
    monitor = stage.monitor(ignore=UNDERNEATH)
    lvm.pvs[2].fail()
    writer = dm.Writer(mirror, 0, 4096)
    writer.wait_held()
    monitor.expect(raised("mirror.log_failed", device=MIRROR))
    lvm.run("lvconvert", "--yes", "--repair", "--use-policies", "vg/mirror", env=BY_MONITOR)
    assert writer.wait() == 0
    monitor.expect(cleared("mirror.log_failed", device=MIRROR))


@scenario
def extension_held(stage):
    """lvextend hangs with the pool suspended, as its metadata cannot be written: the program ends when it is told to,
    and the extension goes on to its end without it."""
    lvm = Lvm(stage, 4)
    lvm.apart(4, 40)
    pool, thin = lvm.thin_pool(16, data=lvm.pvs[2], metadata=lvm.pvs[1])
    dm.write(thin, 0, 12 * MIB)
    pool.commit()  # or a commit of its own would be held, and lvextend with it before it suspends anything
    monitor = stage.monitor(ignore=UNDERNEATH)
    lvm.pvs[1].hold()
    command = lvm.start(*lvm.extend("pool", 70, 50), env=BY_MONITOR)
    dm.until(pool.suspended, "the pool suspended by lvextend", 60)
    monitor.stop()
    assert command.poll() is None and pool.suspended()
    lvm.pvs[1].heal()
    lvm.finish(command)
    assert not pool.suspended() and "192/384" in pool.status(), pool.status()
