# SPDX-License-Identifier: GPL-2.0-only
"""What firmware may tell: ACPI tables and memory maps, good ones and broken ones.

ACPI's tables are of our own making, laid above 4 GiB: the emulator puts them into memory before it starts,
and acpi_rsdp= says where. A broken table is named and skipped, and the machine starts with what the others
say. Memory maps are GRUB's, with holes that it is told to cut. Screens are in screen.py.
"""

import pathlib
import struct
import tempfile

from boot import Image, Machine

from . import kernels, screen
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


def ioapic(number, address, base):
    """An IO-APIC's entry in MADT."""
    return struct.pack("<BBBBII", 1, 12, number, 0, address, base)


def apic_table(cpus, before=b""):
    """MADT: entries before, that many CPUs and the IO-APIC of QEMU's machines."""
    body = struct.pack("<II", 0xFEE00000, 1) + before
    body += b"".join(struct.pack("<BBBBI", 0, 8, n, n, 1) for n in range(cpus))
    body += ioapic(0, 0xFEC00000, 0)
    body += struct.pack("<BBBBIH", 2, 10, 0, 0, 2, 0)
    return table(b"APIC", body)


def x2apics(ids, flags):
    """Entries of MADT for these APIC ids."""
    return b"".join(struct.pack("<BBHIII", 9, 16, 0, n, flags, n) for n in ids)


def hpet_table(address=0xFED00000):
    """HPET, at the address of QEMU's machines."""
    return table(b"HPET", struct.pack("<IBBBBQBHB", 0x8086A201, 0, 64, 0, 0, address, 0, 100, 0))


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


# The graphics card's memory: what holds what is written, and is neither RAM nor another device.
CARD = 0xFD000000

CASES = (
    # Name, tables, what is said, what is not, GRUB's commands when all is loaded.
    ("high", [hpet_table(), apic_table(3)],
     ["Interrupts: xAPIC, 1 IO-APICs, 24 lines", "Time: HPET", "CPUs: 3 of 3 run"], ["skipped"]),
    ("checksum", [broken(hpet_table()), apic_table(2)],
     ["ACPI: table HPET at 0x10", "has a wrong checksum, skipped", "Time: PIT", "CPUs: 2 of 2 run"],
     ["APIC at"]),
    ("length", [hpet_table()[:4] + struct.pack("<I", 0x7FFFFFFF) + hpet_table()[8:], apic_table(2)],
     ["says it has 2147483647 bytes, skipped", "CPUs: 2 of 2 run"], ["Time: HPET"]),
    ("madt", [hpet_table(), broken(apic_table(3), 12)],
     ["ACPI: table APIC at 0x10", "has a wrong checksum, used anyway", "CPUs: 3 of 3 run"], []),
    ("cpus", [hpet_table(), apic_table(3, x2apics(range(1000, 1300), 0) + x2apics(range(2000, 2300), 2))],
     ["CPUs: 3 of 3 run"], ["beyond NR_CPUS"]),
    ("ids", [hpet_table(), apic_table(3, x2apics([0x1000], 1))],
     ["CPU with APIC id 0x1000 needs x2APIC, left alone", "CPUs: 3 of 3 run"], []),
    ("ioapics", [hpet_table(), apic_table(2, ioapic(7, CARD, 24) + ioapic(8, 0xFEC00000, 0xFFFFFFF0) +
                                          ioapic(9, 0x200000, 48))],
     ["IO-APIC 7 at 0xfd000000 does not answer, skipped", "IO-APIC 8 at 0xfec00000 has lines beyond",
      "IO-APIC 9 at 0x200000 lies in RAM, skipped", "1 IO-APICs, 24 lines"], [],
     [f"write_dword {CARD + 0x10:#x} 0xffffffff"]),
    ("stands", [hpet_table(CARD), apic_table(2)],
     ["HPET does not count, not used", "Time: PIT", "CPUs: 2 of 2 run"], [],
     [f"write_dword {CARD:#x} 0x8086a201", f"write_dword {CARD + 4:#x} 10000000"]),
    ("legacy", [hpet_table(), apic_table(2)],
     ["HPET: taken out of legacy mode", "Time: HPET"], [], ["write_dword 0xfed00010 3"]),
    ("reach", [None, hpet_table(), apic_table(1)],
     [f"ACPI: table at {NOWHERE:#x} is out of reach, skipped", "Time: HPET"], ["CPUs: "]),
)
QUICK = ("high", "checksum", "madt", "cpus", "ids", "ioapics", "stands", "legacy", "holes", "module", "large")


def machine(memory, **kwargs):
    """Arguments of a machine with that much memory, of which the host gives what is touched."""
    backend = ["-object", f"memory-backend-ram,id=ram,size={memory}M,reserve=off"]
    low = kwargs.pop("low", "3G")
    return {"memory": memory, "timeout": 120,
            "extra": backend + ["-machine", f"memory-backend=ram,max-ram-below-4g={low}"], **kwargs}


MAPS = (
    # Name, machine, GRUB's commands when all is loaded, what is said, what is not.
    ("holes", machine(1024), [f"cutmem {at:#x} {at + 0x10000:#x}" for at in range(64 << 20, 264 << 20, 1 << 20)],
     ["Memory: 99"], ["left unused"]),
    ("module", machine(512), ["cutmem 0x100000 0x200000"],
     ["The module at 0x1", "is not in RAM: moved to "], []),
    # Frame table and M2P do not fit below 4 GiB.
    ("large", machine(100 << 10, low="512M"), [], ["Memory: 1013"], []),
    ("larger", machine(1000 << 10), [], ["Memory: 1013"], []),
)


# Memory in MiB, dom0_mem=, MiB of initrd: what dom0 has.
SIZES = (
    (256, "", 0, "dom0: 23"),
    (256, "dom0_mem=220M", 40, "dom0: 220 MiB"),
    (512, "dom0_mem=-200M", 0, "dom0: 30"),
    (512, "dom0_mem=50%", 0, "dom0: 25"),
    (512, "dom0_mem=min:64M,max:96M,64M+25%", 0, "dom0: 96 MiB"),
    (512, "dom0_mem=1T", 0, "MiB asked for"),
    (66 << 10, "", 0, "dom0: 66"),
    # An initrd is part of what dom0 gets, once.
    (256, "", 100, "dom0: 23"),
    (512, "", 200, "dom0: 47"),
    (256 << 10, "", 0, "dom0: 2589"),
)
QUICK_SIZES = 2


def boot(context, machine_options, cmdline="", commands=(), dom0_mem="dom0_mem=128M", initrd=None):
    """One run; it ends when dom0 cannot power the machine off, or does."""
    modules = [(context.made("guest", KERNEL + ".elf"), "role=poweroff")] + ([(initrd, "")] if initrd else [])
    image = Image(kernels.ours(context), f"{kernels.HV_OPTIONS} {dom0_mem} {cmdline}", modules, list(commands))
    options = {"smp": 3, "timeout": 60, "until": "do it by hand", "cache": context.made("boot")}
    return Machine(image, **{**options, **machine_options}).run()


def boot_tables(context, name, tables, commands=()):
    """One run with these tables, of which none says how to power off."""
    with tempfile.TemporaryDirectory(prefix="corbel-tables-") as folder:
        extra = list(MACHINE)
        for number, (address, data) in enumerate(layout(tables)):
            path = pathlib.Path(folder) / f"{name}-{number}"
            path.write_bytes(data)
            extra += ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]
        return boot(context, {"memory": 576, "extra": extra}, f"no-x2apic acpi_rsdp={BASE:#x}",
                    commands)


def boot_size(context, memory, dom0_mem, initrd_mib):
    """One run with so much memory, dom0_mem= as given or not at all, and an initrd of so many MiB."""
    with tempfile.TemporaryDirectory(prefix="corbel-initrd-") as folder:
        initrd = pathlib.Path(folder) / "initrd"
        initrd.write_bytes(bytes(initrd_mib << 20))
        return boot(context, machine(memory), dom0_mem=dom0_mem, initrd=initrd if initrd_mib else None)


def judged(name, result, says, keeps_silent):
    """The case of a run."""
    wrong = [f"nobody says: {text}" for text in says if text not in result.output]
    wrong += [f"somebody says: {text}" for text in keeps_silent if text in result.output]
    return Case(name, FAIL if wrong else PASS, "; ".join(wrong), result.seconds,
                result.tail(40) if wrong else "")


def jobs(context):
    """One job a set of tables or a memory map."""
    if KERNEL not in kernels.names(context):
        return [Job("none", lambda: [Case("firmware", SKIP, "tests/guest has no such kernel")])]

    def job(name, run, says, keeps_silent):
        def judge():
            try:
                kernels.ours(context)
            except kernels.Unavailable as reason:
                return [Case(f"{name}.ours", reason.verdict, str(reason))]
            kernels.build(context)
            return [judged(name, run(), says, keeps_silent)]
        return Job(name, judge)
    wanted = [job(name, lambda name=name, tables=tables, commands=commands:
                  boot_tables(context, name, tables, *commands),
                  [*says, "ACPI tells no way to power off"], silent)
              for name, tables, says, silent, *commands in CASES]
    wanted += [job("words", lambda: boot(context, machine(512, until="stays as it is"), "-- role=reboot"),
                   ["noreboot dom0_mem=128M\n", "stops the machine: reboot"], ["malformed", "unknown option"])]
    wanted += [job(name, lambda options=options, commands=commands:
                   boot(context, options, commands=commands), [*says, "stops the machine"], silent)
               for name, options, commands, says, silent in MAPS]
    sizes = [job("-".join(filter(None, [f"size-{memory}", dom0_mem.replace("dom0_mem=", "").replace(":", ""),
                                        f"initrd{initrd}" * bool(initrd and not dom0_mem)])),
                 lambda size=(memory, dom0_mem, initrd): boot_size(context, *size),
                 [said, "stops the machine"], ["malformed"]) for memory, dom0_mem, initrd, said in SIZES]
    if not (context.full or context.only):
        return [j for j in wanted if j.name in QUICK] + sizes[:QUICK_SIZES] + screen.jobs(context)
    return wanted + sizes + screen.jobs(context)
