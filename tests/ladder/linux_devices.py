# SPDX-License-Identifier: GPL-2.0-only
"""Disks and network cards for the Linux rung: QEMU's words for them, and what must be on the disks after.

A disk begins with the start of busybox; dom0 writes busybox's end to its third MiB. A network card has
a service on port 7 that sends back what it gets.
"""

from .verdict import Case, FAIL, PASS

MIB = 1 << 20

# By machine: what is put in beside the machine's own.
DISKS = {"pc": ("ide", "virtio"), "q35": ("ahci", "nvme", "usb", "virtio")}
NICS = {"pc": ("virtio_net",), "q35": ("e1000e", "virtio_net")}

# Bridges, and what is behind them; on `pc` the disk's and the card's lines meet at the same pin.
BRIDGES = {"pc": ["-device", "pci-bridge,id=bridge,chassis_nr=1,addr=4,shpc=off"],
           "q35": ["-device", "pcie-root-port,id=root1,chassis=1"]}
PLACES = {"pc": {"virtio_net": ",bus=bridge,addr=1", "virtio": ",addr=5"}, "q35": {"e1000e": ",bus=root1"}}

DISK_WORDS = {
    "ide": ["-device", "ide-hd,drive={0},bus=ide.0,unit=0"],
    "ahci": ["-device", "ide-hd,drive={0},bus=ide.0"],
    "nvme": ["-device", "nvme,serial=corbel,drive={0}"],
    "usb": ["-device", "qemu-xhci,id=xhci", "-device", "usb-storage,bus=xhci.0,drive={0}"],
    "virtio": ["-device", "virtio-blk-pci,drive={0}"],
}
NIC_WORDS = {"e1000e": ("e1000e", 3), "virtio_net": ("virtio-net-pci", 4)}


class Devices:
    """The devices of one machine, their images in a folder that lives as long as the run."""

    def __init__(self, machine, folder, busybox, iommu=""):
        self.machine = machine
        self.iommu = iommu
        self.disks = DISKS[machine]
        self.nics = NICS[machine]
        self.folder = folder
        self.start, self.end = busybox[:MIB], busybox[-MIB:]

    def _image(self, kind):
        return self.folder / f"{kind}.img"

    def qemu(self):
        """Makes the images; words for the emulator's command line."""
        words = ["-device", self.iommu] if self.iommu else []
        words += BRIDGES[self.machine]
        places = PLACES[self.machine]
        for kind in self.disks:
            self._image(kind).write_bytes(self.start.ljust(8 * MIB, b"\0"))
            words += ["-drive", f"if=none,id={kind},format=raw,file={self._image(kind)}"]
            words += [word.format(kind) for word in DISK_WORDS[kind]]
            words[-1] += places.get(kind, "") + self._behind(kind)
        for driver in self.nics:
            model, net = NIC_WORDS[driver]
            words += ["-netdev", f"user,id={driver},restrict=on,net=10.0.{net}.0/24,"
                      f"guestfwd=tcp:10.0.{net}.100:7-cmd:cat", "-device",
                      f"{model},netdev={driver}{places.get(driver, '')}{self._behind(driver)}"]
        return words

    def _behind(self, kind):
        """Virtio goes around an IOMMU unless it is told not to."""
        return ",iommu_platform=on,disable-legacy=on" if self.iommu and "virtio" in kind else ""

    def cmdline(self):
        """What dom0 is told to look for."""
        return f"disks={','.join(self.disks)} nics={','.join(self.nics)}"

    def cases(self, name):
        """What dom0 has written is on the disks, and nothing else is."""
        for kind in self.disks:
            wanted = self.start.ljust(2 * MIB, b"\0") + self.end
            good = self._image(kind).read_bytes() == wanted.ljust(8 * MIB, b"\0")
            yield Case(f"{name}.device.{kind}_image", PASS if good else FAIL,
                       "" if good else "the disk does not hold what dom0 has written")
