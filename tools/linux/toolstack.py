# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own programs for a Xen dom0, unchanged, with their libraries: for an initramfs."""

import pathlib

from . import debian, libraries

VERSION = "4.17"
HOME = f"usr/lib/xen-{VERSION}/bin"

# By package: the programs that are taken.
PROGRAMS = {
    f"xen-utils-{VERSION}": [f"{HOME}/{name}" for name in (
        "xenstored", "xen-init-dom0", "xl", "xenconsoled", "xenconsole", "libxl-save-helper", "xentop", "xenpm",
        "xenwatchdogd", "xen-hptool", "xen-cpuid", "xen-diag", "xen-livepatch", "xenlockprof", "xenperf", "xencov",
        "xentrace", "xentrace_setsize", "lsevtchn", "xen-mfndump", "xenctx", "xen-lowmemd", "xen-ucode", "xen-mceinj",
        "flask-getenforce", "test-resource", "test-xenstore")],
    "xen-utils-common": ["usr/sbin/xenhypfs", "usr/bin/xen-detect", "etc/xen/xl.conf", *(
        f"etc/xen/scripts/{name}" for name in (
            "block", "block-common.sh", "hotplugpath.sh", "locking.sh", "logging.sh", "vif-bridge", "vif-common.sh",
            "xen-hotplug-common.sh", "xen-network-common.sh", "xen-script-common.sh"))],
    "xenstore-utils": [f"usr/bin/xenstore{name}" for name in (
        "", "-chmod", "-exists", "-list", "-ls", "-read", "-rm", "-watch", "-write")],
    # What the scripts of xen-utils-common call, where busybox has no such thing or another one.
    "bash": ["bin/bash"], "iproute2": ["bin/ip", "sbin/bridge"], "mount": ["sbin/losetup"],
    "util-linux": ["usr/bin/flock"],
}
LIBRARIES = (
    "libbpf1", "libbsd0", "libc6", "libcap2", "libcom-err2", "libelf1", "libext2fs2", "libgcc-s1", "liblzma5", "libmd0",
    "libmnl0", "libncurses6", "libsmartcols1", "libtinfo6", "libuuid1", "libxencall1", "libxendevicemodel1",
    "libxenevtchn1", "libxenforeignmemory1", "libxengnttab1", "libxenhypfs1", f"libxenmisc{VERSION}", "libxenstore4",
    "libxentoolcore1", "libxentoollog1", "libyajl2", "libzstd1", "zlib1g")
# Of the kernel, beside those of every dom0: the back ends, and what is behind them.
MODULES = ("xen-blkback", "xen-netback", "bridge", "loop")
OPENED = ("libgcc_s.so.1",)  # by pthread_cancel()


def files(build):
    """(path in an initramfs, bytes) of the programs, and of what they need."""
    paths = [(debian.unpacked(package, build), name) for package, names in PROGRAMS.items() for name in names]
    for folder, name in paths:
        yield name, (folder / name).read_bytes()
    programs = [folder / name for folder, name in paths if (folder / name).read_bytes()[:4] == b"\x7fELF"]
    yield from libraries.of_programs(build, programs, LIBRARIES, OPENED)
