# SPDX-License-Identifier: GPL-2.0-only
"""What the build, a run and the tests need on the host: one table, checked and installed here.

deps.py [--check] PURPOSE...   PURPOSE: build run check clang all
Only the standard library is used, since this runs before anything is installed. As root, what is
missing is installed with apt-get; otherwise one line says exactly what to install.
"""

import glob
import os
import shutil
import subprocess
import sys

# purpose, Debian package, what shows that it is there (a command, or a path)
TABLE = (
    ("build", "gcc", "gcc"),
    ("build", "binutils", "ld.bfd"),
    ("build", "libc6-dev", "/usr/include/stdio.h"),
    ("build", "python3-kconfiglib", "/usr/lib/python3/dist-packages/kconfiglib.py"),
    ("clang", "clang", "clang"),
    ("run", "qemu-system-x86", "qemu-system-x86_64"),
    ("run", "grub-common", "grub-mkimage"),
    ("run", "grub-pc-bin", "/usr/lib/grub/i386-pc/kernel.img"),
    ("run", "grub-efi-amd64-bin", "/usr/lib/grub/x86_64-efi/kernel.img"),
    ("run", "xorriso", "xorriso"),
    ("run", "mtools", "mcopy"),
    ("run", "ovmf", "/usr/share/OVMF/OVMF_CODE_4M.fd"),
    ("check", "clang", "clang"),
    ("check", "libclang-rt-dev", "/usr/lib/llvm-*/lib/clang/*/include/sanitizer/lsan_interface.h"),
    ("check", "clang-format", "clang-format"),
    ("check", "libcmocka-dev", "/usr/include/cmocka.h"),
    ("check", "spin", "spin"),
    ("check", "libxen-dev", "/usr/include/xen/xen.h"),
    ("check", "bochs", "bochs"),
    ("check", "bochsbios", "/usr/share/bochs/BIOS-bochs-latest"),
    ("check", "bochs-term", "/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so"),
    ("check", "vgabios", "/usr/share/vgabios/vgabios.bin"),
    ("check", "g++", "g++"),
    ("check", "xz-utils", "xz"),
    ("check", "bzip2", "bzip2"),
    ("check", "zstd", "zstd"),
    ("check", "lz4", "lz4"),
    ("check", "lzop", "lzop"),
)
IMPLIED = {"run": ("build",), "check": ("build", "run"), "clang": ("build",),
           "all": ("build", "run", "check", "clang")}


def wanted(purposes):
    """The purposes and all that they imply."""
    result = set()
    waiting = list(purposes)
    while waiting:
        purpose = waiting.pop()
        if purpose not in result:
            result.add(purpose)
            waiting += IMPLIED.get(purpose, ())
    return result


def present(evidence):
    """A command in PATH, or a file; * stands for what changes with a version."""
    if evidence.startswith("/"):
        return bool(glob.glob(evidence))
    return shutil.which(evidence) is not None


def missing(purposes):
    """Names of the packages to install, without repetition, in the order of the table."""
    names = []
    for purpose, package, evidence in TABLE:
        if purpose in wanted(purposes) and package not in names and not present(evidence):
            names.append(package)
    return names


def install(packages):
    """apt-get as root; the exit status of the last step."""
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    command = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages]
    print("deps: installing " + " ".join(packages), file=sys.stderr)
    for attempt in (["apt-get", "-qq", "update"], None):
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode == 0 or attempt is None:
            break
        subprocess.run(attempt, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       check=False)
    if done.returncode != 0:
        print("deps: apt-get failed:\n" + done.stderr.strip(), file=sys.stderr)
    return done.returncode


def main():
    """0 when all is there, or was installed."""
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    known = {row[0] for row in TABLE} | set(IMPLIED)
    unknown = [a for a in arguments if a not in known]
    if unknown or not arguments:
        sys.exit(__doc__)
    packages = missing(arguments)
    if not packages:
        return 0
    if "--check" not in sys.argv and os.geteuid() == 0 and shutil.which("apt-get"):
        if install(packages) == 0:
            packages = missing(arguments)
    if packages:
        print("deps: missing; as root: apt-get install --no-install-recommends "
              + " ".join(packages), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
