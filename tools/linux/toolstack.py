# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own programs for a Xen dom0, unchanged, with their libraries: for an initramfs.

Each Debian has one version of them; the packages of another Debian than this machine's are fetched too (debian.py).
"""

import pathlib
import typing

from . import debian, libraries


class Version(typing.NamedTuple):
    """The toolstack of one Debian."""

    name: str  # Xen's version
    suite: str
    libraries: tuple  # packages


COMMON = (
    "libbpf1", "libc6", "libcap2", "libgcc-s1", "liblzma5", "libmnl0", "libncurses6", "libsmartcols1", "libtinfo6",
    "libuuid1", "libxencall1", "libxendevicemodel1", "libxenevtchn1", "libxenforeignmemory1", "libxengnttab1",
    "libxenhypfs1", "libxenstore4", "libxentoolcore1", "libxentoollog1", "libyajl2", "libzstd1", "zlib1g")
VERSIONS = {version.name: version for version in (
    Version("4.17", "bookworm", ("libbsd0", "libcom-err2", "libelf1", "libext2fs2", "libmd0", "libxenmisc4.17")),
    Version("4.20", "trixie", (
        "libbz2-1.0", "libcom-err2", "libelf1t64", "libext2fs2t64", "liblzo2-2", "libpcre2-8-0", "libselinux1",
        "libxenmisc4.20")))}


def programs(version):
    """By package: the programs that are taken."""
    home = f"usr/lib/xen-{version.name}/bin"
    return {
        f"xen-utils-{version.name}": [f"{home}/{name}" for name in (
            "xenstored", "xen-init-dom0", "xl", "xenconsoled", "xenconsole", "libxl-save-helper", "xentop", "xenpm",
            "xenwatchdogd", "xen-hptool", "xen-cpuid", "xen-diag", "xen-livepatch", "xenlockprof", "xenperf", "xencov",
            "xentrace", "xentrace_setsize", "lsevtchn", "xen-mfndump", "xenctx", "xen-lowmemd", "xen-ucode",
            "xen-mceinj", "flask-getenforce", "test-resource", "test-xenstore")],
        "xen-utils-common": [
            "usr/sbin/xenhypfs", "usr/bin/xen-detect", "etc/xen/xl.conf", "usr/sbin/xl", *(
                f"etc/xen/scripts/{name}" for name in (
                    "block", "block-common.sh", "hotplugpath.sh", "locking.sh", "logging.sh", "vif-bridge",
                    "vif-common.sh", "xen-hotplug-common.sh", "xen-network-common.sh", "xen-script-common.sh"))],
        "xenstore-utils": [f"usr/bin/xenstore{name}" for name in (
            "", "-chmod", "-exists", "-list", "-ls", "-read", "-rm", "-watch", "-write")],
        # What the scripts of xen-utils-common call, where busybox has no such thing or another one.
        "bash": ["bin/bash"], "iproute2": ["bin/ip", "sbin/bridge"], "mount": ["sbin/losetup"],
        "util-linux": ["usr/bin/flock"],
    }


# Of the kernel, beside those of every dom0: the back ends, and what is behind them.
MODULES = ("xen-blkback", "xen-netback", "bridge", "loop")
OPENED = ("libgcc_s.so.1",)  # by pthread_cancel()


def _place(folder, name):
    """A file of a package, which since Debian 13 is below /usr in any case."""
    path = folder / name
    return path if path.exists() else folder / "usr" / name


def files(build, version):
    """(path in an initramfs, bytes) of the programs of that version, and of what they need."""
    paths = [(_place(debian.unpacked(package, build, version.suite), name), name)
             for package, names in programs(version).items() for name in names]
    for path, name in paths:
        yield name, path.read_bytes()
    binaries = [path for path, _ in paths if path.read_bytes()[:4] == b"\x7fELF"]
    yield from libraries.of_programs(build, binaries, COMMON + version.libraries, OPENED, version.suite)
