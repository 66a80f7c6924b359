# SPDX-License-Identifier: Apache-2.0
"""Mirrors of 16 MiB legs in 32 regions of 512 KiB, as LVM's `mirror` segment type and pvmove make them."""
import dm
from monitor import happened, raised
from scenario import scenario

THROTTLE = "/sys/module/dm_mirror/parameters/raid1_resync_throttle"
LEG = 32768  # sectors


def slow(stage) -> None:
    """A sync takes many seconds unless `fast` follows."""
    stage.set(THROTTLE, 1)


def fast() -> None:
    with open(THROTTLE, "w") as file:
        file.write("100")


class Mirror:
    def __init__(self, stage, log="core", features="1 handle_errors", synced=True, held=False):
        """HELD: the second leg is suspended, so that the first sync waits until it is resumed."""
        self.features = features
        self.legs = [stage.piece(f"leg{index}", LEG / dm.MIB) for index in range(2)]
        self.log = stage.piece("log", 1) if log == "disk" else None
        if held:
            self.legs[1].suspend()
        self.device = dm.create("mirror", self.table())
        if synced:
            self.device.wait_status("32/32", "AA")
            dm.until(lambda: self.device.event_nr() == 1, "the event of the first sync")

    def table(self) -> str:
        log = f"disk 2 {self.log.number} 1024" if self.log else "core 1 1024"
        legs = " ".join(f"{leg.number} 0" for leg in self.legs)
        return f"0 {LEG} mirror {log} 2 {legs} {self.features}".rstrip()

    def release(self) -> None:
        """What lets a held write go on."""
        self.device.reload(self.table(), noflush=True)


@scenario
def sync_finishes(stage):
    """The end of the first sync is an event."""
    mirror = Mirror(stage, synced=False, held=True)
    assert int(mirror.device.status().split("/")[0].split()[-1]) < 32
    monitor = stage.monitor()
    monitor.nothing_else()
    mirror.legs[1].resume()
    mirror.device.wait_status("32/32")
    monitor.expect(happened("mirror.sync_finished", device="mirror", severity="info"))


@scenario
def leg_lost_by_write(stage):
    """A failed write is held in the kernel, which the event says, until somebody reloads with a good leg."""
    mirror = Mirror(stage)
    spare = stage.piece("spare", LEG / dm.MIB)
    monitor = stage.monitor(ignore=("device.table_changed",))
    stage.lose(mirror.legs[1], monitor=monitor)
    writer = dm.Writer(mirror.device, 0, 4096)
    mirror.device.wait_status("AD")
    writer.wait_held()
    monitor.expect(raised("mirror.leg_failed", device="mirror", part="1", severity="error",
                          message=lambda text: "held" in text))
    slow(stage)
    mirror.legs[1] = spare
    mirror.release()
    assert writer.wait() == 0
    # The new leg and the copying to it are one look's. Copying that a new leg explains is not out of sync.
    monitor.any_order(happened("mirror.leg_recovered", device="mirror", part="1", severity="notice"),
                      happened("mirror.sync_started", device="mirror"))
    fast()
    mirror.device.wait_status("32/32", "AA")
    monitor.expect(happened("mirror.sync_finished", device="mirror"))


@scenario
def leg_lost_by_read(stage):
    """A failed read is answered from the other leg; the data are whole and nothing is held."""
    mirror = Mirror(stage)
    monitor = stage.monitor()
    stage.lose(mirror.legs[0], monitor=monitor)
    dm.read(mirror.device)
    mirror.device.wait_status("32/32", "RA")
    monitor.expect(raised("mirror.leg_read_failed", device="mirror", part="0", severity="warning"))
    dm.read(mirror.device, 1 << 20)
    monitor.nothing_else()


@scenario
def log_lost(stage):
    """The log device dies: the legs stay good, and writes are held."""
    mirror = Mirror(stage, log="disk")
    monitor = stage.monitor(ignore=("device.table_changed",))
    stage.lose(mirror.log, monitor=monitor)
    writer = dm.Writer(mirror.device, 0, 4096)
    mirror.device.wait_status("AA 3 disk", " D")
    monitor.expect(raised("mirror.log_failed", device="mirror", severity="error"))
    monitor.nothing_else()
    monitor.stop()
    mirror.log = None
    mirror.release()
    assert writer.wait() == 0


@scenario
def without_handle_errors(stage):
    """As pvmove makes it: the write succeeds, the kernel says nothing, and the poll finds the leg."""
    mirror = Mirror(stage, features="")
    monitor = stage.monitor()
    stage.lose(mirror.legs[1], monitor=monitor)
    before = mirror.device.event_nr()
    dm.write(mirror.device, 0, 4096)
    mirror.device.wait_status("AD")
    assert mirror.device.event_nr() == before
    monitor.expect(raised("mirror.leg_failed", device="mirror", part="1", source="poll"), within=45)


@scenario
def both_legs_lost(stage):
    """No good leg is left: the mirror itself has failed."""
    mirror = Mirror(stage)
    monitor = stage.monitor(ignore=("device.table_changed",))
    stage.lose(*mirror.legs, monitor=monitor)
    writer = dm.Writer(mirror.device, 0, 4096)
    mirror.device.wait_status("DD")
    monitor.any_order(raised("mirror.leg_failed", device="mirror", part="0"),
                      raised("mirror.leg_failed", device="mirror", part="1"),
                      raised("mirror.failed", device="mirror", severity="critical"))
    monitor.nothing_else()
    monitor.stop()
    for leg in mirror.legs:
        leg.heal()
    mirror.release()
    writer.wait()


@scenario
def already_broken(stage):
    """A leg that failed before the start is told as initial."""
    mirror = Mirror(stage)
    stage.lose(mirror.legs[0])
    dm.read(mirror.device)
    mirror.device.wait_status("RA")
    monitor = stage.monitor(ignore=("device.table_error",))
    monitor.expect(raised("mirror.leg_read_failed", device="mirror", part="0", initial=True, source="start"))
