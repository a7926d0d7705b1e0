# SPDX-License-Identifier: GPL-2.0-only
"""Other kernels as dom0: those of the configured package sources, and those that KERNELS in the environment names.

Each does the demonstration of `make run DOM0=linux KERNEL=...`. And Debian's own, packed in each other way, comes as
far as its own first line.
"""

import lzma
import os
import pathlib
import re
import struct
import subprocess

from boot import Image, Machine, accel
from boot.demo import demo_verdict
from linux import debian, initramfs

from . import kernels
from .verdict import Case, FAIL, Job, PASS, SKIP

SECONDS = 600
OPTIONS = kernels.HV_OPTIONS + kernels.SYNC + " dom0_mem=512M"
PROGRAMS = ("xc",)
# Of a kernel that is built without CONFIG_XEN_DOM0, as Debian's -cloud flavour is.
NO_DOM0 = "dom0 kernel: it does not support being dom0"
# Older ones do not say so and start; as dom0 they have no console for their user space, here and on 4.17.
FIRST_PROCESS = "Run /init as init process"
CONFIGURED_OUT = "# CONFIG_XEN_DOM0 is not set"
# What a kernel complains of that is its own fault on any Xen.
KERNELS_OWN = {
    r"kmem_cache_free\(page->ptl, .*object is not in a slab page":
        "Linux 7 with PREEMPT_RT keeps a page table's lock where a PV root keeps its other root",
}
DATA = ("dom0.d/handler.elf", "dom0.d/victim.elf")

# What packs an ELF file, and whether its size is written behind it.
PACKERS = {
    "zstd": (["zstd", "-q", "-6"], True), "xz": (["xz", "--check=crc32", "--x86", "--lzma2=preset=1"], True),
    "gzip": (["gzip", "-n", "-6"], False),
    "lz4": (["lz4", "-q", "-c", "-l"], True), "lz4-frame": (["lz4", "-q", "-c"], True),
    "bzip2": (["bzip2"], True), "lzma": (["xz", "--format=lzma", "-1"], True),
    "lzo": (["lzop", "-1"], True), "elf": (["cat"], False),
}
ZSTD = b"\x28\xb5\x2f\xfd"
SETUP_SECTS, PAYLOAD_OFFSET, PAYLOAD_LENGTH = 0x1F1, 0x248, 0x24C


def _unpacked(payload):
    """The kernel in a payload as Debian packs it: with xz, since Debian 13 with zstd."""
    if payload.startswith(ZSTD):
        return subprocess.run(["zstd", "-q", "-d"], input=payload, stdout=subprocess.PIPE, check=True).stdout
    return lzma.decompress(payload)


def repacked(image, way):
    """A bzImage with the kernel of another, packed in another way."""
    start = ((image[SETUP_SECTS] or 4) + 1) * 512
    offset, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    kernel = _unpacked(image[start + offset:start + offset + length - 4])
    command, sized = PACKERS[way]
    payload = subprocess.run(command, input=kernel, stdout=subprocess.PIPE, check=True).stdout
    payload += struct.pack("<I", len(kernel)) if sized else b""
    setup = bytearray(image[:start])
    struct.pack_into("<II", setup, PAYLOAD_OFFSET, 0, len(payload))
    return bytes(setup) + payload


def _packed(context, way):
    """Debian's kernel, packed so, says who it is."""
    name = f"linux.packed.{way}"
    kernel = debian.kernel(context.build)
    path = context.made("linux", f"vmlinuz-{way}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(repacked(kernel.read_bytes(), way))
    image = Image(kernels.ours(context), OPTIONS, [(path, "console=hvc0 earlyprintk=xen")])
    result = Machine(image, memory=1024, timeout=SECONDS, accel=accel.BEST, cache=context.made("boot"),
                     until=r"Linux version .*\n|" + kernels.END).run()
    good = "Linux version" in result.output
    return [Case(name, PASS if good else FAIL, "" if good else "it does not start", result.seconds,
                 "" if good else result.tail(40))]


def _lacks_dom0(kernel):
    """The configuration beside a kernel says that it was not made for dom0."""
    config = kernel.parent / f"config{kernel.name.removeprefix('vmlinuz')}"
    return config.exists() and CONFIGURED_OUT in config.read_text(encoding="utf-8").splitlines()


def _verdict_of(result, kernel):
    """(verdict, reason) of a kernel's run."""
    if NO_DOM0 in result.output:
        return SKIP, "its notes say that it does not support being dom0"
    if _lacks_dom0(kernel):
        good = FIRST_PROCESS in result.output
        return (PASS, "") if good else (FAIL, f"it does not come to its first process ({result.reason})")
    passed, reason = demo_verdict(result)
    for pattern, why in KERNELS_OWN.items():
        if re.search(pattern, result.output) and "DEMO FAIL the kernel complains" in result.output:
            return SKIP, f"it complains of its own: {why}"
    if passed and (said := re.search(r"sanitize of _PDC.*failed.*|WARNING: (?:CPU: |\S+:\d+ at ).*", result.output)):
        passed, reason = False, said[0]
    return (PASS, "") if passed else (FAIL, reason)


def _demonstration(context, name, find):
    """One kernel as dom0, up to the end of its demonstration."""
    try:
        kernel = find()
        data = initramfs.make(context.build, [context.made(*p.split("/")) for p in PROGRAMS],
                              [context.made(*p.split("/")) for p in DATA], kernel=kernel)
    except debian.DebianUnavailable as reason:
        return [Case(f"linux.kernel.{name}", SKIP, str(reason))]
    path = context.made("linux", f"initramfs-{name}.gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    image = Image(kernels.ours(context), OPTIONS, [(kernel, "console=hvc0 earlyprintk=xen demo"), (path, "")])
    until = r"noreboot: the machine stays" + f"|{FIRST_PROCESS}" * _lacks_dom0(kernel)
    result = Machine(image, smp=2, memory=1024, timeout=SECONDS, accel=accel.BEST, cache=context.made("boot"),
                     until=until).run()
    verdict, reason = _verdict_of(result, kernel)
    return [Case(f"linux.kernel.{name}", verdict, reason, result.seconds,
                 result.tail(100) if verdict == FAIL else "")]


def _guarded(run):
    """The verdict of a job whose hypervisor cannot be had."""
    try:
        return run()
    except kernels.Unavailable as reason:
        return [Case("linux.kernel", reason.verdict, str(reason))]


def jobs(context):
    """The newest kernel of the sources, all of them in a full check; and those that are named."""
    found = []
    for path in map(pathlib.Path, os.environ.get("KERNELS", "").split()):
        found.append((path.name.removeprefix("vmlinuz-") if path.name != "vmlinuz" else path.parent.name,
                      lambda path=path: path))
    try:
        packages = debian.kernel_packages()
        default = debian.kernel_package()
    except debian.DebianUnavailable:
        packages, default = [], ""
    plain = [name for name in packages if not name.endswith(("-rt-amd64", "-cloud-amd64"))]
    wanted = packages if context.full else plain[-1:]
    found += [(name.removeprefix("linux-image-"), lambda name=name: debian.kernel_of(name, context.build))
              for name in wanted if name != default]
    all_jobs = [Job(f"kernel-{name}", lambda name=name, find=find: _guarded(
        lambda: _demonstration(context, name, find)), days=2) for name, find in found]
    return all_jobs + [Job(f"packed-{way}", lambda way=way: _guarded(lambda: _packed(context, way)), days=len(PACKERS))
                       for way in PACKERS]
