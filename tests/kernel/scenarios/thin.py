# SPDX-License-Identifier: Apache-2.0
"""A thin pool of 128 blocks of 64 KiB with its low water mark at 32 free blocks."""
import fcntl
import os
import struct

import dm
from monitor import cleared, happened, raised
from scenario import scenario

BLOCK = 64 << 10
BLKDISCARD = 0x1277
# The gauges speak too, at a moment that depends on when the pool is polled; `thresholds` is about them.
GAUGES = ("thin.data_threshold", "thin.metadata_threshold")
RELOAD = ("device.table_changed", "device.resized")  # an extension is also these; devices.py is about them


class Pool:
    def __init__(self, stage, features="error_if_no_space", blocks=128, mark=32, name="pool", meta_mib=2.0, uuid=""):
        self.meta = stage.piece(name + "-meta", meta_mib)
        self.data = stage.piece(name + "-data", 2 * blocks * BLOCK / (1 << 20))  # room to grow
        self.mark, self.features = mark, features
        self.device = dm.create(name, self.table(blocks), uuid)
        self.volumes = []

    def table(self, blocks: int) -> str:
        words = ["skip_block_zeroing", *self.features.split()]
        return (f"0 {blocks * 128} thin-pool {self.meta.number} {self.data.number} 128 {self.mark} "
                f"{len(words)} {' '.join(words)}")

    def volume(self, blocks: int = 512) -> dm.Device:
        number = len(self.volumes)
        self.device.message(f"create_thin {number}")
        volume = dm.create(f"thin{number}", f"0 {blocks * 128} thin {self.device.number} {number}")
        self.volumes.append(volume)
        return volume

    def extend(self, blocks: int) -> None:
        self.device.reload(self.table(blocks))


def fill(volume, first: int, count: int) -> None:
    dm.write(volume, first * BLOCK, count * BLOCK)


def discard(volume, first: int, count: int) -> None:
    fd = os.open(volume.node, os.O_RDWR)
    fcntl.ioctl(fd, BLKDISCARD, struct.pack("QQ", first * BLOCK, count * BLOCK))
    os.close(fd)


@scenario
def low_water(stage):
    """One event when the mark is passed, none for what is written after it."""
    pool = Pool(stage)
    volume = pool.volume()
    fill(volume, 0, 90)
    monitor = stage.monitor(ignore=GAUGES)
    fill(volume, 90, 10)
    assert pool.device.event_nr() == 1
    monitor.expect(raised("thin.low_water", device="pool", severity="warning", part="",
                          target={"type": "thin-pool", "index": 0},
                          data={"data_used": lambda n: 96 <= n <= 100, "data_total": 128, "low_water_mark": 32}))
    fill(volume, 100, 20)
    assert "120/128" in pool.device.status()
    monitor.nothing_else()


@scenario
def low_water_again_after_extension(stage):
    """A reload arms the kernel's mark anew; the condition ended in between, so it is news again."""
    pool = Pool(stage)
    volume = pool.volume()
    monitor = stage.monitor(ignore=GAUGES + RELOAD)
    fill(volume, 0, 100)
    monitor.expect(raised("thin.low_water", device="pool"))
    pool.extend(160)
    # Both are said by one look, which has no order among them.
    monitor.any_order(cleared("thin.low_water", device="pool"), happened("thin.extended", device="pool"))
    fill(volume, 100, 30)
    monitor.expect(raised("thin.low_water", device="pool", data={"data_total": 160}))


@scenario
def overflow(stage):
    """With error_if_no_space the writer gets an error at once; an extension ends what held."""
    pool = Pool(stage)
    volume = pool.volume()
    monitor = stage.monitor(ignore=GAUGES + RELOAD)
    fill(volume, 0, 120)
    monitor.expect(raised("thin.low_water", device="pool"))
    dm.fails(fill, volume, 120, 20)
    pool.device.wait_status("out_of_data_space")
    monitor.expect(raised("thin.overflow", device="pool", severity="critical", data={"data_used": 128}))
    pool.extend(256)
    pool.device.wait_status(" rw ")
    # One look says all three.
    monitor.any_order(happened("thin.recovered", device="pool", severity="notice"),
                      cleared("thin.low_water", device="pool"), happened("thin.extended", device="pool"))


@scenario
def overflow_ends_by_discard(stage):
    """Freed blocks end the overflow without anybody's reload."""
    pool = Pool(stage)
    volume = pool.volume()
    monitor = stage.monitor(ignore=GAUGES)
    fill(volume, 0, 120)
    monitor.expect(raised("thin.low_water", device="pool"))
    dm.fails(fill, volume, 120, 20)
    monitor.expect(raised("thin.overflow", device="pool"))
    discard(volume, 0, 64)
    pool.device.wait_status(" rw ")
    monitor.any_order(happened("thin.recovered", device="pool"), cleared("thin.low_water", device="pool"))


@scenario
def queue_until_extended(stage):
    """With queue_if_no_space the writer waits, and goes on when the pool grows in time."""
    pool = Pool(stage, features="")
    volume = pool.volume()
    stage.set("/sys/module/dm_thin_pool/parameters/no_space_timeout", 60)
    monitor = stage.monitor(ignore=GAUGES + RELOAD)
    fill(volume, 0, 120)
    monitor.expect(raised("thin.low_water", device="pool"))
    writer = dm.Writer(volume, 120 * BLOCK, 20 * BLOCK)
    pool.device.wait_status("out_of_data_space", "queue_if_no_space")
    monitor.expect(raised("thin.overflow", device="pool"))
    assert not writer.done()
    pool.extend(256)
    assert writer.wait() == 0
    monitor.any_order(happened("thin.recovered", device="pool"), cleared("thin.low_water", device="pool"),
                      happened("thin.extended", device="pool"))


@scenario
def queue_past_no_space_timeout(stage):
    """The kernel gives up queueing by itself; an extension ends both conditions with one event."""
    pool = Pool(stage, features="")
    volume = pool.volume()
    stage.set("/sys/module/dm_thin_pool/parameters/no_space_timeout", 3)
    monitor = stage.monitor(ignore=GAUGES + RELOAD)
    fill(volume, 0, 120)
    monitor.expect(raised("thin.low_water", device="pool"))
    writer = dm.Writer(volume, 120 * BLOCK, 20 * BLOCK)
    monitor.expect(raised("thin.overflow", device="pool"))
    pool.device.wait_status("out_of_data_space", "error_if_no_space")
    assert writer.wait() != 0
    monitor.expect(raised("thin.no_space_timeout", device="pool", severity="critical"))
    pool.extend(256)
    monitor.any_order(happened("thin.recovered", device="pool"), cleared("thin.low_water", device="pool"),
                      happened("thin.extended", device="pool"))


@scenario
def metadata_low_water_and_full(stage):
    """The metadata's own mark is passed once for us, though the kernel says so again and again; then it is full."""
    pool = Pool(stage)
    fill(pool.volume(), 0, 1)
    mark = 128

    def free() -> int:
        used, total = pool.device.status().split()[1].split("/")
        return int(total) - int(used)

    monitor = stage.monitor(ignore=GAUGES)
    number = 1
    while free() > mark:
        pool.device.message(f"create_thin {number}")
        number += 1
    for _ in range(4):
        pool.device.message(f"create_thin {number}")
        number += 1
    monitor.expect(raised("thin.metadata_low_water", device="pool", severity="warning"))
    monitor.sync()
    try:
        while True:
            pool.device.message(f"create_thin {number}")
            number += 1
    except OSError:
        pass
    dm.until(lambda: pool.device.status().startswith("Fail") or " ro " in pool.device.status(), "the pool's end")
    stage.say(pool.device.status())
    if pool.device.status().startswith("Fail"):
        monitor.expect(raised("thin.failed", device="pool", severity="critical"))
    else:
        monitor.expect(raised("thin.read_only", device="pool", severity="critical"))


@scenario
def pool_fails_with_its_volumes(stage):
    """A pool whose metadata dies fails once, for itself and for every volume, which the event lists."""
    pool = Pool(stage)
    for _ in range(3):
        fill(pool.volume(), 0, 1)
    monitor = stage.monitor(ignore=GAUGES)
    stage.lose(pool.meta, monitor=monitor)
    pool.device.message("create_thin 99")  # its commit comes within a second, and fails
    pool.device.wait_status("Fail")
    assert all(volume.status() == "Fail" for volume in pool.volumes)
    monitor.expect(raised("thin.failed", device="pool", severity="critical",
                          data={"volumes": lambda names: sorted(names) == ["thin0", "thin1", "thin2"]}))


@scenario
def thresholds(stage):
    """What no kernel event tells is polled: 80 % of the data, named once, and its end 5 % below."""
    pool = Pool(stage, mark=1)
    volume = pool.volume()
    monitor = stage.monitor()
    fill(volume, 0, 106)
    monitor.expect(raised("thin.data_threshold", device="pool"), within=15)
    monitor.sync()
    discard(volume, 0, 32)
    assert " 74/128 " in pool.device.status()
    monitor.expect(cleared("thin.data_threshold", device="pool"), within=15)


@scenario
def already_out_of_space(stage):
    """What holds at the start is told as initial, with every condition that is true."""
    pool = Pool(stage)
    volume = pool.volume()
    dm.fails(fill, volume, 0, 140)
    pool.device.wait_status("out_of_data_space")
    monitor = stage.monitor(ignore=GAUGES + RELOAD)
    # One look, no order among what it says.
    monitor.any_order(raised("thin.low_water", device="pool", initial=True, source="start"),
                      raised("thin.overflow", device="pool", initial=True, source="start"))
    pool.extend(256)
    monitor.any_order(happened("thin.recovered", device="pool"), cleared("thin.low_water", device="pool"),
                      happened("thin.extended", device="pool"))
