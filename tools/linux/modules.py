# SPDX-License-Identifier: GPL-2.0-only
"""Kernel modules of a Debian kernel package: those that are wanted, and what they depend on."""

import lzma
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


def folder_of(kernel):
    """Where the modules of a kernel image lie: beside it, or in the tree that it was unpacked or installed in."""
    kernel = pathlib.Path(kernel).absolute()
    version = kernel.name.removeprefix("vmlinuz-")
    tree = kernel.parents[1]
    for folder in (kernel.parent, tree / "lib" / "modules" / version, tree / "usr" / "lib" / "modules" / version):
        if (folder / "kernel").is_dir():
            return folder
    raise debian.DebianUnavailable(f"{kernel}: no modules for it, neither beside it nor in {tree}/lib/modules")


def _content(path):
    """A module as it is loaded; the packages of newer kernels have them packed."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


class Modules:
    """The modules of one kernel; what a small flavour lacks may be left out."""

    def __init__(self, folder, may_lack):
        self.folder = folder
        self.version = folder.name
        self.may_lack = may_lack
        self.files = {_plain(path.name.partition(".ko")[0]): path
                      for pattern in ("*.ko", "*.ko.xz") for path in folder.rglob(pattern)}
        listed = folder / "modules.builtin"
        self.builtin = listed.read_bytes() if listed.exists() else b""
        self.built_in = {_plain(pathlib.Path(line).stem) for line in self.builtin.decode("ascii").split()}
        self.needs, self.contents = {}, {}

    def _may_be_missing(self, name):
        return self.may_lack or name in self.built_in

    def _take(self, name):
        if name in self.needs:
            return
        if name not in self.files:
            if self._may_be_missing(name):
                return
            raise debian.DebianUnavailable(f"the kernel package has no module {name}")
        self.contents[name] = _content(self.files[name])
        depends = _fields(self.contents[name], "depends")
        direct = [_plain(word) for text in depends for word in text.split(",") if word]
        self.needs[name] = [other for other in direct if other in self.files or not self._may_be_missing(other)]
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
        """(path in an initramfs, bytes) of these modules and what they need, of modules.dep and modules.builtin."""
        for name in names:
            self._take(_plain(name))
        home = f"lib/modules/{self.version}"
        place = {name: str(self.files[name].relative_to(self.folder)).removesuffix(".xz") for name in self.needs}
        for name, path in sorted(place.items()):
            yield f"{home}/{path}", self.contents[name]
        lines = [f"{path}: {' '.join(place[other] for other in self._all_needs(name))}".rstrip()
                 for name, path in sorted(place.items())]
        yield f"{home}/modules.dep", "".join(line + "\n" for line in lines).encode("ascii")
        yield f"{home}/modules.builtin", self.builtin


def of_kernel(kernel, names=WANTED, may_lack=False):
    """The chosen modules for a packed kernel image: PACKAGE/boot/vmlinuz-VERSION, or one beside its modules."""
    return Modules(folder_of(kernel), may_lack).chosen(names)
