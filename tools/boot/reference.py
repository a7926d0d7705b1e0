# SPDX-License-Identifier: GPL-2.0-only
"""The reference hypervisor: the image of Debian's package xen-hypervisor-4.17-amd64.

Owns finding it. It is taken from the running system when installed there, otherwise fetched with
apt-get, unpacked (never installed) and kept in the build directory.
"""

import fcntl
import gzip
import os
import pathlib
import shutil
import subprocess
import tempfile

PACKAGE = "xen-hypervisor-4.17-amd64"
INSTALLED = pathlib.Path("/boot/xen-4.17-amd64.gz")
IMAGE = "xen-4.17-amd64"


class ReferenceUnavailable(Exception):
    """The reference can be neither found nor fetched; the message says what to do."""


def reference_hypervisor(build=None):
    """Path of the unpacked, multiboot2-bootable reference image."""
    root = pathlib.Path(build) if build else pathlib.Path(__file__).resolve().parents[2] / "build"
    home = root / "reference"
    home.mkdir(parents=True, exist_ok=True)
    image = home / IMAGE
    with open(home / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not image.exists():
            if INSTALLED.exists():
                _gunzip(INSTALLED, image)
            else:
                _fetch(home, image)
    return image


def _gunzip(packed, image):
    partial = image.with_suffix(".partial")
    with gzip.open(packed, "rb") as source, open(partial, "wb") as target:
        shutil.copyfileobj(source, target)
    os.rename(partial, image)


def _fetch(home, image):
    hint = f"; put {PACKAGE}'s unpacked boot/{IMAGE} at {image}, or set the system's apt sources"
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        os.chmod(scratch, 0o755)  # apt downloads as its own user
        try:
            done = subprocess.run(["apt-get", "-q", "download", PACKAGE], cwd=scratch, text=True,
                                  capture_output=True, check=False, stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            raise ReferenceUnavailable("no apt-get on this machine" + hint) from None
        packages = list(pathlib.Path(scratch).glob("*.deb"))
        if done.returncode != 0 or len(packages) != 1:
            words = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise ReferenceUnavailable(f"apt-get download {PACKAGE}: {words}{hint}")
        subprocess.run(["dpkg-deb", "-x", packages[0], pathlib.Path(scratch) / "x"], check=True)
        packed = pathlib.Path(scratch) / "x" / "boot" / (IMAGE + ".gz")
        if not packed.exists():
            raise ReferenceUnavailable(f"{packages[0].name} holds no boot/{IMAGE}.gz{hint}")
        _gunzip(packed, image)
