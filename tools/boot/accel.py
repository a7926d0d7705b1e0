# SPDX-License-Identifier: GPL-2.0-only
"""Which of QEMU's accelerators a run has: TCG everywhere, KVM where the machine can run guests of its own.

ACCEL=tcg or ACCEL=kvm in the environment decides; otherwise KVM is taken where it can be used. That is for runs which
ask for BEST; all others have TCG, so that what they count or time is the same on each machine.
"""

import fcntl
import functools
import os
import pathlib
import re
import typing

from .image import BootError

BEST = "best"
CPUINFO = pathlib.Path("/proc/cpuinfo")
DEVICE = "/dev/kvm"
# <linux/kvm.h>: an ioctl without argument, and the version that has not changed since 2007.
KVM_GET_API_VERSION, KVM_API_VERSION = 0xAE00, 12
# The host's CPU as it is, with its invariant TSC; x2APIC comes with it.
KVM_CPU = "host,migratable=off"
VENDORS = {"GenuineIntel": "intel", "AuthenticAMD": "amd"}


class Choice(typing.NamedTuple):
    """An accelerator and why it is that one."""

    accel: str
    reason: str

    def __str__(self):
        return f"{self.accel.upper()} ({self.reason})"


def _cpuinfo(path):
    try:
        return pathlib.Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


def virtualization(cpuinfo=CPUINFO):
    """vmx, svm, or empty: what the CPU says it has."""
    flags = re.search(r"^flags\s*:(.*)$", _cpuinfo(cpuinfo), re.MULTILINE)
    words = flags[1].split() if flags else []
    return next((word for word in ("vmx", "svm") if word in words), "")


def host_vendor(cpuinfo=CPUINFO):
    """intel, amd, or the CPU's own word."""
    vendor = re.search(r"^vendor_id\s*:\s*(\S+)", _cpuinfo(cpuinfo), re.MULTILINE)
    return VENDORS.get(vendor[1], vendor[1]) if vendor else ""


def _api_version(device):
    """KVM's version; OSError when the device does not open or does not know the question."""
    handle = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        return fcntl.ioctl(handle, KVM_GET_API_VERSION, 0)
    finally:
        os.close(handle)


def why_no_kvm(cpuinfo=CPUINFO, device=DEVICE, api_version=_api_version):
    """What is missing for KVM, or empty. The device alone means nothing: guests hang on a CPU without the feature."""
    if not virtualization(cpuinfo):
        return f"no vmx or svm in {cpuinfo}"
    try:
        version = api_version(device)
    except OSError as error:
        return f"{device}: {error.strerror}"
    return "" if version == KVM_API_VERSION else f"{device} has version {version}, not {KVM_API_VERSION}"


def decide(asked, missing, feature=""):
    """The Choice for ACCEL's value, given what is missing for KVM; BootError when it cannot be had."""
    if asked not in ("", "tcg", "kvm"):
        raise BootError(f"ACCEL={asked}: tcg or kvm")
    if asked == "kvm" and missing:
        raise BootError(f"ACCEL=kvm: {missing}")
    if asked:
        return Choice(asked, f"ACCEL={asked}")
    return Choice("tcg", missing) if missing else Choice("kvm", f"{feature} and {DEVICE}")


@functools.lru_cache(maxsize=None)
def chosen():
    """The Choice of this process's runs."""
    return decide(os.environ.get("ACCEL", ""), why_no_kvm(), virtualization())
