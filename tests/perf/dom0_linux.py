# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the benchmark that Debian's Linux measures as dom0: its way to the first process, and what programs pay.

The kernel and the initramfs are the same for both hypervisors, the machine has one CPU and counts instructions.
"""

import pathlib
import re
import subprocess
import time

from boot import BootError, Image, Machine
import entry
from linux import debian, initramfs

HERE = pathlib.Path(__file__).resolve().parent
OPTIONS = "console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning noreboot dom0_mem=512M"
MEMORY = 1024
LINE = re.compile(r"^BENCH (\S+) (\d+)\b", re.MULTILINE)
END = "BENCH END"
GOAL = 0.8

# The wall clock's row: two CPUs, no counting of instructions, the better of so many runs.
WALL_RUNS = 2
ENTERED = re.compile(rb"\((?:HV|XEN)\) ")
FIRST_PROCESS = "Run /init as init process"

ROWS = (
    ("linux-loaded", "entry to Linux's entry"),
    ("linux-boot", "Linux: entry to first process"),
    ("linux-wall", "the same, 2 CPUs, milliseconds"),
    ("linux-syscall", "Linux: system call"),
    ("linux-fork", "Linux: fork, exit, wait"),
    ("linux-fork-exec", "Linux: fork, exec, exit, wait"),
    ("linux-mmap", "Linux: mmap and munmap"),
    ("linux-mmap-touched", "Linux: the same of 64 pages, touched"),
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


def way_to_entry(build, free_port):
    """once(hypervisor, pause): instructions from the hypervisor's entry to Linux's; or None without Linux."""
    try:
        kernel = debian.kernel(build)
        archive = build / "tests" / "perf" / "linux.gz"
    except debian.DebianUnavailable:
        return None
    place = entry.linux_entry_point(kernel)

    def once(hypervisor, pause):
        port = free_port()
        image = Image(hypervisor, OPTIONS, [(kernel, "console=hvc0"), (archive, "")])
        machine = Machine(image, smp=1, memory=MEMORY, icount="shift=0,sleep=off", timeout=180, gdb=port,
                          extra=["-boot", f"menu=on,splash-time={pause}"], cache=build / "boot")
        with machine.start():
            start, entered = entry.counters_at(port, [entry.entry_point(hypervisor), place], 120)
        return entered - start
    return once


def wall_clock(hypervisor, modules, build):
    """Milliseconds from the hypervisor's first line to dom0's first process, on two CPUs."""
    image = Image(hypervisor, OPTIONS.replace("warning", "all"), modules)
    best = None
    for _ in range(WALL_RUNS):
        marks = []

        def react(session, marks=marks):
            if len(marks) < 1 and ENTERED.search(session.raw):
                marks.append(time.monotonic())
            if len(marks) == 1 and FIRST_PROCESS.encode() in session.raw:
                marks.append(time.monotonic())
        result = Machine(image, smp=2, memory=MEMORY, timeout=300, until=FIRST_PROCESS, react=react,
                         cache=build / "boot").run()
        if len(marks) < 2:
            raise BootError(f"Linux came to no first process ({result.reason}):\n{result.tail(15)}")
        took = round(1000 * (marks[1] - marks[0]))
        best = min(best or took, took)
    return best


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
    rows = {name: int(value) for name, value in LINE.findall(result.output)}
    modules = [(kernel, "console=hvc0 earlyprintk=xen tests=bench"), (archive, "")]
    return rows | {"linux-wall": wall_clock(hypervisor, modules, build)}
