# SPDX-License-Identifier: GPL-2.0-only
"""The reference hypervisor: the image of Debian's package xen-hypervisor-VERSION-amd64.

Owns finding it, and which version it is: this machine's Debian's, or the environment's REFERENCE. It is taken from the
running system when installed there, otherwise fetched (linux/debian.py) and kept in the build directory.
"""

import fcntl
import gzip
import os
import pathlib
import shutil

from linux import debian

# Xen's version by Debian's suite; an unknown machine has the first.
SUITES = {"4.17": "bookworm", "4.20": "trixie"}
INSTALLED = pathlib.Path("/boot")


class ReferenceUnavailable(Exception):
    """The reference can be neither found nor fetched; the message says what to do."""


def reference_version():
    """Xen's version that ours is compared with: a key of SUITES."""
    asked = os.environ.get("REFERENCE", "")
    if asked and asked not in SUITES:
        raise ReferenceUnavailable(f"REFERENCE={asked}: it is one of {', '.join(SUITES)}")
    own = debian.own_suite()
    return asked or next((version for version, suite in SUITES.items() if suite == own), "4.17")


def reference_hypervisor(build=None):
    """Path of the unpacked, multiboot2-bootable reference image."""
    root = pathlib.Path(build) if build else pathlib.Path(__file__).resolve().parents[2] / "build"
    home = root / "reference"
    home.mkdir(parents=True, exist_ok=True)
    version = reference_version()
    image = home / f"xen-{version}-amd64"
    with open(home / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.exists():
            packed = INSTALLED / f"{image.name}.gz"
            _gunzip(packed if packed.exists() else _fetch(root, version, image), image)
    return image


def _gunzip(packed, image):
    partial = image.with_suffix(".partial")
    with gzip.open(packed, "rb") as source, open(partial, "wb") as target:
        shutil.copyfileobj(source, target)
    os.rename(partial, image)


def _fetch(build, version, image):
    package = f"xen-hypervisor-{version}-amd64"
    hint = f"; put {package}'s unpacked boot/{image.name} at {image}, or set the system's apt sources"
    try:
        packed = debian.unpacked(package, build, SUITES[version]) / "boot" / f"{image.name}.gz"
    except debian.DebianUnavailable as reason:
        raise ReferenceUnavailable(f"{reason}{hint}") from None
    if not packed.exists():
        raise ReferenceUnavailable(f"{package} holds no boot/{packed.name}{hint}")
    return packed
