# SPDX-License-Identifier: GPL-2.0-only
"""Kernel modules of a Debian kernel package: those that are wanted, and what they depend on."""

import pathlib

from . import debian

# What dom0's tools open, and drivers of the machines that QEMU makes.
WANTED = (
    "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc", "xenfs", "xen-acpi-processor",
    "ahci", "ata_piix", "sd_mod", "nvme", "virtio_pci", "virtio_blk", "virtio_net", "e1000e",
    "xhci_pci", "usb-storage",
)


def _fields(data, field):
    """Values of a field in a module's .modinfo: strings that end in NUL."""
    found, at = [], 0
    key = b"\0" + field.encode("ascii") + b"="
    while True:
        at = data.find(key, at)
        if at < 0:
            return found
        at += len(key)
        found.append(data[at:data.index(b"\0", at)].decode("ascii"))


def _plain(name):
    """Hyphens and underscores are the same letter in a module's name."""
    return name.replace("-", "_")


class Modules:
    """The modules of one kernel."""

    def __init__(self, package, version):
        self.folder = pathlib.Path(package) / "lib" / "modules" / version
        self.version = version
        self.files = {_plain(path.stem): path for path in self.folder.rglob("*.ko")}
        self.needs = {}

    def _take(self, name):
        if name in self.needs:
            return
        if name not in self.files:
            raise debian.DebianUnavailable(f"the kernel package has no module {name}")
        depends = _fields(self.files[name].read_bytes(), "depends")
        direct = [_plain(word) for text in depends for word in text.split(",") if word]
        self.needs[name] = direct
        for other in direct:
            self._take(other)

    def _all_needs(self, name):
        """What must be there before it: each before what it needs itself, as modules.dep has it."""
        order = []

        def visit(one):
            for other in self.needs[one]:
                if other not in order:
                    visit(other)
                    order.append(other)
        visit(name)
        return order[::-1]

    def chosen(self, names):
        """(path in an initramfs, bytes) of these modules and what they need, and of modules.dep."""
        for name in names:
            self._take(_plain(name))
        home = f"lib/modules/{self.version}"
        place = {name: str(self.files[name].relative_to(self.folder)) for name in self.needs}
        for name, path in sorted(place.items()):
            yield f"{home}/{path}", self.files[name].read_bytes()
        lines = [f"{path}: {' '.join(place[other] for other in self._all_needs(name))}".rstrip()
                 for name, path in sorted(place.items())]
        yield f"{home}/modules.dep", "".join(line + "\n" for line in lines).encode("ascii")


def of_kernel(kernel, names=WANTED):
    """The chosen modules for the packed kernel image at PACKAGE/boot/vmlinuz-VERSION."""
    kernel = pathlib.Path(kernel)
    return Modules(kernel.parents[1], kernel.name.removeprefix("vmlinuz-")).chosen(names)
