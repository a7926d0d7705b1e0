# SPDX-License-Identifier: GPL-2.0-only
"""An initramfs for dom0: busybox, modules, our programs, and an init that runs them or gives a shell.

initramfs.py --build DIR -o FILE [--kernel FILE] [--program FILE ...] [--data FILE ...]    prints the kernel's path

Without a kernel it is Debian's, fetched; with one its modules are found beside it. Programs go to /usr/bin, data
(kernels of domains, scripts) to /usr/lib/dom0.

The archive is in the kernel's "newc" form, written here, so that the same files give the same bytes.
"""

import argparse
import gzip
import pathlib
import stat
import sys

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from linux import debian, modules  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = ("bin", "dev", "proc", "sys", "run", "tmp", "usr", "usr/bin", "usr/lib", "usr/lib/dom0",
           "usr/sbin", "sbin")
SCRIPTS = ("demo",)


class Archive:
    """A cpio archive in the newc form."""

    def __init__(self):
        self.data = bytearray()
        self.inode = 0
        self.folders = set()

    def _entry(self, name, mode, content=b"", device=(0, 0)):
        self.inode += 1
        name = name.encode("utf-8") + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name), 0)
        self.data += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        self._pad()
        self.data += content
        self._pad()

    def _pad(self):
        self.data += bytes(-len(self.data) % 4)

    def folder(self, name):
        """A directory, with those above it; once."""
        if name in self.folders:
            return
        self.folders.add(name)
        if "/" in name:
            self.folder(name.rpartition("/")[0])
        self._entry(name, stat.S_IFDIR | 0o755)

    def file(self, name, content, mode=0o755):
        """A regular file."""
        self._entry(name, stat.S_IFREG | mode, content)

    def link(self, name, target):
        """A symbolic link."""
        self._entry(name, stat.S_IFLNK | 0o777, target.encode("utf-8"))

    def console(self):
        """/dev/console, which the kernel opens before anything is mounted."""
        self._entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))

    def finish(self):
        """The archive, packed."""
        self._entry("TRAILER!!!", 0)
        return gzip.compress(bytes(self.data), compresslevel=1, mtime=0)


def make(build, programs, data=(), more=(), drivers=(), kernel=None):
    """The bytes of an initramfs with programs in /usr/bin, data in /usr/lib/dom0, and more: (path, bytes).

    drivers: names of modules that it has beside those of every dom0; kernel: another one than Debian's."""
    archive = Archive()
    chosen = modules.of_kernel(kernel or debian.kernel(build), modules.WANTED + drivers, may_lack=bool(kernel))
    for folder in FOLDERS:
        archive.folder(folder)
    archive.console()
    archive.file("bin/busybox", debian.busybox(build).read_bytes())
    archive.link("bin/sh", "busybox")
    archive.file("init", (HERE / "init").read_bytes())
    for name, content in [*chosen, *more]:
        archive.folder(name.rpartition("/")[0])
        archive.file(name, content, mode=0o644 if name.endswith((".ko", ".dep")) else 0o755)
    for program in map(pathlib.Path, programs):
        archive.file(f"usr/bin/{program.name}", program.read_bytes())
    for path in [*(HERE / script for script in SCRIPTS), *map(pathlib.Path, data)]:
        archive.file(f"usr/lib/dom0/{path.name}", path.read_bytes())
    return archive.finish()


def main():
    """Write it; the kernel's path is printed for whoever boots it."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    parser.add_argument("--kernel", type=pathlib.Path)
    parser.add_argument("--program", action="append", default=[])
    parser.add_argument("--data", action="append", default=[])
    args = parser.parse_args()
    try:
        kernel = args.kernel or debian.kernel(args.build)
        data = make(args.build, args.program, args.data, kernel=args.kernel)
    except debian.DebianUnavailable as reason:
        print(f"initramfs: {reason}", file=sys.stderr)
        return 1
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_bytes(data)
    print(kernel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
