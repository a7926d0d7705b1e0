# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the benchmark that Debian's Linux measures as dom0: its way to the first process, and what programs pay.

The kernel and the initramfs are the same for both hypervisors, the machine has one CPU and counts instructions.
"""

import pathlib
import re
import subprocess

from boot import BootError, Image, Machine
from linux import debian, initramfs

HERE = pathlib.Path(__file__).resolve().parent
OPTIONS = "console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning noreboot dom0_mem=512M"
MEMORY = 1024
LINE = re.compile(r"^BENCH (\S+) (\d+)\b", re.MULTILINE)
END = "BENCH END"
GOAL = 0.8

ROWS = (
    ("linux-boot", "Linux: entry to first process"),
    ("linux-syscall", "Linux: system call"),
    ("linux-fork", "Linux: fork, exit, wait"),
    ("linux-fork-exec", "Linux: fork, exec, exit, wait"),
    ("linux-mmap", "Linux: mmap and munmap"),
    ("linux-page-fault", "Linux: page touched and freed"),
    ("linux-pipe", "Linux: byte through a pipe"),
    ("linux-switch", "Linux: switch of processes"),
)


def program(build):
    """The user-space half, built for the initramfs."""
    output = pathlib.Path(build) / "tests" / "perf" / "bench-user"
    output.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Wundef", "-Werror",
                    "-static", "-o", output, HERE / "linux" / "user.c"], check=True)
    return output


def measure(hypervisor, build):
    """{row: count}; nothing where Debian's packages cannot be had."""
    build = pathlib.Path(build)
    try:
        kernel = debian.kernel(build)
        data = initramfs.make(build, [program(build)], [HERE / "linux" / "test-bench"])
    except debian.DebianUnavailable:
        return {}
    archive = build / "tests" / "perf" / "linux.gz"
    archive.write_bytes(data)
    image = Image(hypervisor, OPTIONS, [(kernel, "console=hvc0 tests=bench"), (archive, "")])
    result = Machine(image, smp=1, memory=MEMORY, icount="shift=0,sleep=off", timeout=600, until=END,
                     cache=build / "boot").run()
    if END not in result.output:
        raise BootError(f"Linux did not come to the benchmark's end ({result.reason}):\n"
                        f"{result.tail(15)}")
    return {name: int(value) for name, value in LINE.findall(result.output)}
