# SPDX-License-Identifier: GPL-2.0-only
"""Rung 8: Debian's Linux as dom0, and what its user space sees; on ours and on the reference.

The initramfs of tools/linux runs the scripts tests/linux/test-*, which print a line a case, ends with
`LINUX TESTS END` and powers off.
"""

import pathlib
import tempfile

from boot import Image, Machine
from linux import debian, initramfs, libraries

from . import kernels
from .linux_devices import Devices
from .make import MakeFailed, make
from .verdict import Case, ERROR, FAIL, Job, PASS, SKIP, parse_lines

SECONDS = 400
END = "LINUX TESTS END"
# A boot that says nothing for so long has come to a halt: what the hypervisor knows then is in the failure.
SILENCE = 90
QUESTION = "\x01\x01\x01" + "dqrie"  # to the hypervisor's keys: CPUs, domains, queues, interrupts, events
STOPPED = r"noreboot: the machine stays|Manual reset required"
SCRIPTS = sorted(pathlib.Path("tests/linux").glob("test-*")) + [pathlib.Path("tests/linux/check.sh")]
PROGRAMS = ("tests/linux/user/user", "tests/linux/user/user32", "tests/linux/grants/grants", "xc")
DATA = ("dom0.d/handler.elf", "dom0.d/victim.elf", "tests/linux/grants/granter.elf")
OPTIONS = " dom0_mem=512M"

# The scripts of a boot.
ALL = "boot,user,xc,devices,grants,resize,end"
FEW = "boot,user,xc,grants,resize,end"
DEVICES = "boot,devices,grants,end"
STRESS = ("pc", "bios", 2, "boot,stress,end")
QUICK = (("pc", "bios", 1, "boot,devices,end"), ("pc", "bios", 2, FEW), ("q35", "uefi", 2, DEVICES))
FULL = tuple((machine, firmware, smp, ALL) for machine in ("pc", "q35") for firmware in ("bios", "uefi")
             for smp in (1, 2, 4))


def run_one(context, name, hypervisor, options, machine, firmware, smp, tests):
    """The cases of one boot."""
    try:
        kernel = debian.kernel(context.build)
        stress = "stress" in tests.split(",")
        image_file = context.made("linux", "stress.gz" if stress else "tests.gz")
        image_file.parent.mkdir(parents=True, exist_ok=True)
        data = initramfs.make(context.build, [context.made(*p.split("/")) for p in PROGRAMS],
                              [*SCRIPTS, *(context.made(*p.split("/")) for p in DATA)],
                              libraries.with_libraries(context.build, *libraries.STRESS)
                              if stress else ())
        if not image_file.exists() or image_file.read_bytes() != data:
            image_file.write_bytes(data)
    except debian.DebianUnavailable as reason:
        return [Case(f"linux.{name}", SKIP, str(reason))]
    with tempfile.TemporaryDirectory(prefix="corbel-disks-") as folder:
        devices = Devices(machine, pathlib.Path(folder), debian.busybox(context.build).read_bytes())
        wanted = "devices" in tests.split(",")
        # Grants of version 2 on one kind of machine, of 1 on the other.
        grants = " grant_table.version=2" if machine == "q35" else ""
        cmdline = f"console=hvc0 earlyprintk=xen tests={tests} {devices.cmdline()}{grants}"
        image = Image(hypervisor, options + OPTIONS, [(kernel, cmdline), (image_file, "")])
        result = Machine(image, machine=machine, firmware=firmware, smp=smp, memory=1024,
                         extra=devices.qemu() if wanted else [], timeout=SECONDS, until=STOPPED,
                         silence=SILENCE, question=QUESTION, cache=context.made("boot")).run()
        cases = parse_lines(result.output, prefix=f"{name}.")
        if wanted:
            cases += devices.cases(name)
    if END not in result.output:
        died = kernels.HYPERVISOR_DIED.search(result.output)
        reason = died[0].strip() if died else f"user space did not come to its end ({result.reason})"
        cases.append(Case(f"{name}.end", FAIL, reason, result.seconds, result.tail(250)))
    elif result.status != 0:
        cases.append(Case(f"{name}.power_off", FAIL, f"{result.reason}, status {result.status}",
                          result.seconds, result.tail(20)))
    else:
        cases.append(Case(f"{name}.power_off", PASS, "", result.seconds))
    return cases or [Case(f"{name}.end", ERROR, "no case was run", result.seconds, result.tail(60))]


def jobs(context):
    """One job a machine."""
    try:
        make(context, "linux-tests")
    except MakeFailed as failed:
        failure = str(failed)
        return [Job("build", lambda: [Case("linux.build", FAIL, failure.splitlines()[0],
                                           output=failure)])]

    def job(side, find, options, row):
        name = f"{side}-{row[0]}-{row[1]}-{row[2]}cpu"

        def run():
            try:
                hypervisor = find(context)
            except kernels.Unavailable as reason:
                return [Case(f"linux.{name}", reason.verdict, str(reason))]
            return run_one(context, name, hypervisor, options, *row)
        return Job(name, run, exclusive=row[2] > 2)
    found = [job("ours", kernels.ours, kernels.HV_OPTIONS, row)
             for row in (FULL if context.full else QUICK)]
    if context.full:
        found.append(job("ours-stress", kernels.ours, kernels.HV_OPTIONS, STRESS))
    theirs = kernels.REFERENCE_OPTIONS + kernels.SYNC
    found += [job("reference", kernels.reference, theirs, row)
              for row in (("pc", "bios", 2, FEW), ("q35", "bios", 2, DEVICES))]
    return found
