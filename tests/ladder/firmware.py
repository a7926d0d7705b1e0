# SPDX-License-Identifier: GPL-2.0-only
"""ACPI tables of our own making, laid above 4 GiB, good ones and broken ones.

The emulator puts them into memory before it starts; acpi_rsdp= says where. A broken table is named and
skipped, and the machine starts with what the others say.
"""

import pathlib
import struct
import tempfile

from boot import Image, Machine

from . import kernels
from .verdict import Case, FAIL, Job, PASS, SKIP

BASE = 0x1_0100_0000          # 16 MiB above 4 GiB
NOWHERE = 0x200_0000_0000
STRIDE = 0x40_0000            # tables lie in several large pages
KERNEL = "basic-msr"
MACHINE = ["-machine", "max-ram-below-4g=512M"]


def checked(data, at):
    """The bytes with the one at `at` such that all add up to 0."""
    data = bytearray(data)
    data[at] = 0
    data[at] = -sum(data) & 0xFF
    return bytes(data)


def table(signature, body):
    """A table with a right header (ACPI 5.2.6)."""
    head = struct.pack("<4sIBB6s8sI4sI", signature, 36 + len(body), 1, 0, b"CORBEL", b"TEST    ", 1,
                       b"TEST", 1)
    return checked(head + body, 9)


def apic_table(cpus):
    """MADT: that many CPUs and the IO-APIC of QEMU's machines."""
    body = struct.pack("<II", 0xFEE00000, 1)
    body += b"".join(struct.pack("<BBBBI", 0, 8, n, n, 1) for n in range(cpus))
    body += struct.pack("<BBBBII", 1, 12, 0, 0, 0xFEC00000, 0)
    body += struct.pack("<BBBBIH", 2, 10, 0, 0, 2, 0)
    return table(b"APIC", body)


def hpet_table():
    """HPET at the address of QEMU's machines."""
    return table(b"HPET", struct.pack("<IBBBBQBHB", 0x8086A201, 0, 64, 0, 0, 0xFED00000, 0, 100, 0))


def layout(tables):
    """(address, bytes) of RSDP, XSDT and tables."""
    # Across two pages each, but for what is not there at all.
    places = [BASE + (n + 2) * STRIDE + 0x1000 - 8 if data else NOWHERE
              for n, data in enumerate(tables)]
    xsdt = table(b"XSDT", b"".join(struct.pack("<Q", place) for place in places))
    rsdp = struct.pack("<8sB6sBIIQB3s", b"RSD PTR ", 0, b"CORBEL", 2, 0, 36, BASE + STRIDE, 0, bytes(3))
    rsdp = checked(checked(rsdp[:20], 8) + rsdp[20:], 32)
    there = [(place, data) for place, data in zip(places, tables) if data]
    return [(BASE, rsdp), (BASE + STRIDE, xsdt), *there]


def broken(data, at=40):
    """The table with one bit turned."""
    data = bytearray(data)
    data[at] ^= 0x10
    return bytes(data)


CASES = (
    # Name, tables, what is said, what is not.
    ("high", [hpet_table(), apic_table(3)],
     ["Interrupts: xAPIC, 1 IO-APICs, 24 lines", "Time: HPET", "CPUs: 3 of 3 run"], ["skipped"]),
    ("checksum", [broken(hpet_table()), apic_table(2)],
     ["ACPI: table HPET at 0x10", "has a wrong checksum, skipped", "Time: PIT", "CPUs: 2 of 2 run"],
     ["APIC at"]),
    ("length", [hpet_table()[:4] + struct.pack("<I", 0x7FFFFFFF) + hpet_table()[8:], apic_table(2)],
     ["says it has 2147483647 bytes, skipped", "CPUs: 2 of 2 run"], ["Time: HPET"]),
    ("reach", [None, hpet_table(), apic_table(1)],
     [f"ACPI: table at {NOWHERE:#x} is out of reach, skipped", "Time: HPET"], ["CPUs: "]),
)
QUICK = ("high", "checksum")


def boot(context, name, tables):
    """One run; it ends when dom0 cannot power the machine off, since no table says how."""
    cmdline = f"{kernels.HV_OPTIONS} dom0_mem=128M acpi_rsdp={BASE:#x}"
    with tempfile.TemporaryDirectory(prefix="corbel-tables-") as folder:
        extra = list(MACHINE)
        for number, (address, data) in enumerate(layout(tables)):
            path = pathlib.Path(folder) / f"{name}-{number}"
            path.write_bytes(data)
            extra += ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]
        image = Image(kernels.ours(context), cmdline,
                      [(context.made("guest", KERNEL + ".elf"), "role=poweroff")])
        return Machine(image, smp=3, memory=576, timeout=60, until="do it by hand", extra=extra,
                       cache=context.made("boot")).run()


def jobs(context):
    """One job a set of tables."""
    if KERNEL not in kernels.names(context):
        return [Job("none", lambda: [Case("firmware", SKIP, "tests/guest has no such kernel")])]

    def job(name, tables, says, keeps_silent):
        def run():
            try:
                kernels.ours(context)
            except kernels.Unavailable as reason:
                return [Case(f"{name}.ours", reason.verdict, str(reason))]
            kernels.build(context)
            result = boot(context, name, tables)
            wrong = [f"nobody says: {text}" for text in says if text not in result.output]
            wrong += [f"somebody says: {text}" for text in keeps_silent if text in result.output]
            if "ACPI tells no way to power off" not in result.output:
                wrong.append(f"dom0 did not end it: {result.reason}")
            return [Case(name, FAIL if wrong else PASS, "; ".join(wrong), result.seconds,
                         result.tail(40) if wrong else "")]
        return Job(name, run)
    return [job(*case) for case in CASES if context.full or context.only or case[0] in QUICK]
