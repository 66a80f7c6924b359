# SPDX-License-Identifier: Apache-2.0
"""What the core says of any device: its life, its name, size and state."""
import dm
import ioctl
from monitor import cleared, happened, raised
from scenario import scenario

TABLE = "device.table_changed"  # a first or another table; said where a scenario is about it


@scenario
def added_and_removed(stage):
    """A device comes and goes, with its name, uuid and number."""
    monitor = stage.monitor(ignore=(TABLE,))
    device = dm.create("data", "0 2048 zero", uuid="TEST-1")
    major, minor = map(int, device.number.split(":"))
    who = {"name": "data", "uuid": "TEST-1", "major": major, "minor": minor}
    monitor.expect(happened("device.added", device=who, severity="info"))
    device.remove()
    monitor.expect(happened("device.removed", device=who))


@scenario
def renamed(stage):
    """One lifetime under two names: neither added nor removed."""
    device = dm.create("before", "0 2048 zero")
    monitor = stage.monitor()
    device.rename("after")
    monitor.expect(happened("device.renamed", device="after", data={"old_name": "before"}))


@scenario
def resized(stage):
    """Another size is another table too; both are one look's."""
    device = dm.create("data", "0 2048 zero")
    monitor = stage.monitor()
    device.reload("0 4096 zero")
    monitor.any_order(happened("device.resized", device="data", data={"old_sectors": 2048, "sectors": 4096}),
                      happened(TABLE, device="data"))


@scenario
def read_only(stage):
    """A reload makes a device read-only, another one writable again."""
    device = stage.piece("data", 1)
    table = device.table()
    monitor = stage.monitor(ignore=(TABLE,))
    device.reload(table, read_only=True)
    monitor.expect(raised("device.read_only", device="data", severity="warning"))
    device.reload(table)
    monitor.expect(cleared("device.read_only", device="data"))


@scenario
def created_again_at_once(stage):
    """Two lifetimes under one name and number, less than 5 ms apart: what held of the first is not the second's."""
    device = stage.piece("data", 1)
    table = device.table()
    device.fail()
    monitor = stage.monitor(ignore=(TABLE,))
    monitor.expect(raised("device.table_error", device="data", initial=True))
    number = device.number
    device.remove()
    again = dm.create("data", table)
    assert again.number == number
    monitor.expect(happened("device.removed", device="data"), happened("device.added", device="data"))
    again.fail()
    # Initial where its first table was not read before, which is a matter of a moment.
    monitor.expect(raised("device.table_error", device="data", initial=lambda is_so: is_so in (True, False)))


@scenario
def suspended_long(stage):
    """Ten seconds suspended are long, also of a device that nothing polls: the kernel tells nobody of a suspend."""
    device = dm.create("data", "0 2048 zero")
    monitor = stage.monitor()
    device.suspend()
    monitor.nothing_else(quiet=3)
    monitor.expect(raised("device.suspended_long", device="data", severity="warning"), within=45)
    device.resume()
    monitor.expect(cleared("device.suspended_long", device="data"), within=15)


@scenario
def suspended_for_a_moment(stage):
    """A suspend and resume, as every reload has, is nothing."""
    device = dm.create("data", "0 2048 zero")
    monitor = stage.monitor()
    device.suspend()
    device.resume()
    monitor.nothing_else()


@scenario
def table_becomes_error(stage):
    """A target that became `error` holds until the device has a better table."""
    device = stage.piece("data", 1)
    monitor = stage.monitor()
    device.fail()
    # Both are of the same reading.
    monitor.any_order(raised("device.table_error", device="data", severity="error"), happened(TABLE, device="data"))
    device.heal()
    monitor.any_order(cleared("device.table_error", device="data"), happened(TABLE, device="data"))


@scenario
def without_a_table(stage):
    """A device exists before it has a table; its number gets a disk with the first one, in the same lifetime."""
    monitor = stage.monitor(ignore=(TABLE, "device.resized"))
    device = dm.create("data")
    monitor.expect(happened("device.added", device="data"))
    device.load("0 2048 zero")
    monitor.sync()
    device.resume()
    monitor.nothing_else()
    device.remove()
    monitor.expect(happened("device.removed", device="data"))


@scenario
def hostile_names(stage):
    """Spaces, quotes, backslashes, control bytes and bytes that are no text, as the kernel keeps them: none
    hides another device, and each is exact in JSON or, where that cannot be, in hexadecimal."""
    monitor = stage.monitor(ignore=(TABLE,))
    names = [b"a b", b'worse \\x20 "x', b"\\", b"tab\tnew\nline\x1b[31m\x01", b"-rf", b"$(reboot)", b"%s%n",
             "näme".encode()]
    for name in names:
        device = dm.create(name, "0 8 zero", uuid=b"UUID " + name)
        text = name.decode()
        monitor.expect(happened("device.added", device={"name": text, "uuid": "UUID " + text}))
        device.remove()
        monitor.expect(happened("device.removed", device={"name": text}))
    broken = b"bad\xff\xc3(\x80"
    device = dm.create(broken, "0 8 zero", uuid=b"\xfe\xff")
    monitor.expect(happened("device.added", device={"name_hex": broken.hex()}))
    assert broken in ioctl.names()
    device.remove()
    monitor.expect(happened("device.removed", device={"name_hex": broken.hex()}))


@scenario
def hostile_name_fails(stage):
    """A path of a map with such a name fails: the uevent carries the name, and it is the same device."""
    name = b'map "x" \\ \x07'
    path = stage.piece("path0", 1)
    other = stage.piece("path1", 1)
    device = dm.create(name, f"0 2048 multipath 2 queue_mode bio 0 1 1 service-time 0 2 1 {path.number} 1 "
                             f"{other.number} 1", uuid=b'mpath-\\x "')
    monitor = stage.monitor()
    device.message(f"fail_path {path.number}")
    monitor.expect(raised("multipath.path_failed", device={"name": name.decode(), "uuid": 'mpath-\\x "'},
                          part=path.number, data={"valid_paths": 1}))


@scenario
def many_at_the_start(stage):
    """Three hundred devices that were there before are no news."""
    for number in range(300):
        dm.create(f"old{number}", "0 8 zero", uuid=f"OLD-{number}")
    monitor = stage.monitor()
    monitor.nothing_else()
