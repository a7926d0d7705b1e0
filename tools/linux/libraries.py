# SPDX-License-Identifier: GPL-2.0-only
"""A program of a Debian package with the shared libraries that it needs, from packages that are not installed."""

import pathlib
import re
import subprocess

from . import debian

FOLDER = "lib/x86_64-linux-gnu"
LOADER = "ld-linux-x86-64.so.2"
NEEDED = re.compile(r"\(NEEDED\).*\[(.+)\]")

# stress-ng: the packages of its libraries, and those that one Debian alone has.
STRESS = (
    "libc6", "libegl1", "libgles2", "libglvnd0", "libjudydebian1", "libapparmor1", "libbsd0", "libmd0", "libcrypt1",
    "libgbm1", "libdrm2", "libexpat1", "libwayland-server0", "libffi8", "libxcb-randr0", "libxcb1", "libxau6",
    "libxdmcp6", "libjpeg62-turbo", "libkmod2", "libzstd1", "liblzma5", "libsctp1", "libxxhash0", "zlib1g")
STRESS_OF = {"bookworm": ("libipsec-mb1", "libssl3"),
             "trixie": ("libacl1", "libgcc-s1", "libgmp10", "libipsec-mb2", "libmpfr6", "libssl3t64", "libstdc++6")}


def _needed(path):
    """The libraries that an ELF file names."""
    text = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    return NEEDED.findall(text)


def of_programs(build, programs, packages, opened=(), suite=""):
    """(path in an initramfs, bytes) of the libraries that programs (paths of ELF files) need, from packages.

    opened: those that a program opens when it wants them; suite: the packages'."""
    places = {}
    for package in packages:
        for path in sorted(debian.unpacked(package, build, suite).rglob("*.so*")):
            if path.is_file() and path.parent.name in ("x86_64-linux-gnu", "lib64"):
                places.setdefault(path.name, path)
    taken, waiting = {}, [(name, program) for program in programs for name in _needed(program)]
    waiting += [(name, "a program") for name in (LOADER, *opened)]
    while waiting:
        name, user = waiting.pop()
        if name in taken:
            continue
        if name not in places:
            raise debian.DebianUnavailable(f"{user} needs {name}, which no package has")
        taken[name] = pathlib.Path(places[name])
        waiting += [(other, name) for other in _needed(taken[name])]
    for name, path in sorted(taken.items()):
        yield f"{'lib64' if name == LOADER else FOLDER}/{name}", path.read_bytes()


def stress(build):
    """(path in an initramfs, bytes) of stress-ng and its libraries."""
    suite = debian.own_suite()
    start = debian.unpacked("stress-ng", build) / "usr/bin/stress-ng"
    yield "usr/bin/stress-ng", start.read_bytes()
    yield from of_programs(build, [start], STRESS + STRESS_OF.get(suite, STRESS_OF["trixie"]))
