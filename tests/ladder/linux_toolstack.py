# SPDX-License-Identifier: GPL-2.0-only
"""What the Linux rung's initramfs holds for Debian's own toolstack: its programs, and a domain for them to make.

In two versions: 4.17, Debian 12's, and 4.20, Debian 13's.
"""

import pathlib

from linux import debian, initramfs, modules, toolstack

MODULES = toolstack.MODULES
FRONTS = ("xen-blkfront", "xen-netfront")
HERE = pathlib.Path("tests/linux")


def _domain(build):
    """The initramfs of the domain."""
    archive = initramfs.Archive()
    for folder in ("bin", "dev", "proc", "sys", "sbin", "tmp"):
        archive.folder(folder)
    archive.console()
    archive.file("bin/busybox", debian.busybox(build).read_bytes())
    archive.link("bin/sh", "busybox")
    archive.file("init", (HERE / "domu-init").read_bytes())
    for name, content in modules.of_kernel(debian.kernel(build), FRONTS):
        archive.folder(name.rpartition("/")[0])
        archive.file(name, content, mode=0o644)
    return archive.finish()


def files(build, version="4.17"):
    """(path, bytes)"""
    yield from toolstack.files(build, toolstack.VERSIONS[version])
    yield "usr/lib/dom0/vmlinuz", debian.kernel(build).read_bytes()
    yield "usr/lib/dom0/domu.gz", _domain(build)
