# SPDX-License-Identifier: GPL-2.0-only
"""Rung 8: Debian's Linux as dom0, and what its user space sees; on ours and on the reference.

The initramfs of tools/linux runs the scripts tests/linux/test-*, which print a line a case, ends with
`LINUX TESTS END` and powers off.
"""

import pathlib
import re
import tempfile
import threading
import typing

from boot import Image, Machine, accel, reference_version
from linux import debian, initramfs, libraries

from . import kernels, linux_kernels, linux_toolstack
from .linux_devices import Devices
from .linux_person import Person
from .make import MakeFailed, make
from .verdict import Case, FAIL, Job, PASS, SKIP, parse_lines

SECONDS = 900
END = "LINUX TESTS END"
# A boot that says nothing for so long has come to a halt: what the hypervisor knows then is in the failure.
SILENCE = 90
QUESTION = "\x01\x01\x01" + "dqrie"  # to the hypervisor's keys: CPUs, domains, queues, interrupts, events
STOPPED = r"noreboot: the machine stays|Manual reset required"
# A dom0 that panics: where each of its CPUs stood, and a machine that stays as it is.
PANIC = re.compile(r"sysrq triggered crash[\s\S]*\(HV\).*stops the machine: crash\n[\s\S]*"
                   r"\(HV\) .*d0v0 kernel rip e033:[\s\S]*noreboot: the machine stays")
# What the hypervisor says while dom0 runs, and what of it is as it should be.
COMPLAINS = re.compile(r"^\(HV\) .*$", re.MULTILINE)
EXPECTED = re.compile(r"\(HV\) (Given back: |CPU\d+: NMI for an unknown reason|CPU\d+: machine check, |"
                      r"The hardware domain |"
                      r".*stops the machine: |VIRQ \d+ goes from |'.' pressed -> |d\d+ grants: | )")
# QEMU's own words for a power-off that the guest asked for.
TRACE = ("-trace", "qemu_system_shutdown_request")
POWERED_OFF = "qemu_system_shutdown_request reason=6"
# Who says that guests run without the hypervisor's mappings, as they must on a CPU with Meltdown, and only there.
ISOLATED = re.compile(r"Page-table isolation: dom0 on, others on|XPTI \(64-bit PV only\): Dom0 enabled, DomU enabled")
SCRIPTS = [path for kind in ("test-*", "*.sh") for path in sorted(pathlib.Path("tests/linux").glob(kind))]
PROGRAMS = ("tests/linux/user/user", "tests/linux/user/user32", "tests/linux/grants/grants", "xc")
DATA = ("dom0.d/handler.elf", "dom0.d/victim.elf", "tests/linux/grants/granter.elf")
OPTIONS = " dom0_mem=512M nmi=dom0 conring_size=256k"  # a debug build's own choice is to stop the machine

# What more the initramfs has for a script.
MORE = {
    "stress": libraries.stress,
    "toolstack-4.17": lambda build: linux_toolstack.files(build, "4.17"),
    "toolstack-4.20": lambda build: linux_toolstack.files(build, "4.20"),
}


class Boot(typing.NamedTuple):
    """One machine, and the scripts that dom0 runs there."""

    machine: str
    firmware: str
    smp: int
    scripts: str
    vendor: str = "amd"
    iommu: str = ""  # QEMU's word for it
    tools: str = ""  # another toolstack than this Debian's; the hypervisor says it is that version too

    @property
    def name(self):
        """What tells it from the others of its side."""
        return f"{self.machine}-{self.firmware}-{self.smp}cpu" + "-intel" * (self.vendor == "intel") \
            + "-iommu" * bool(self.iommu) + f"-xen{self.tools}" * bool(self.tools)

    @property
    def version(self):
        """Xen's version that the hypervisor says and the toolstack is of."""
        return self.tools or reference_version()


# The scripts of a boot.
ALL = "boot,user,compat,xc,machine,devices,grants,resize,end"
TOOLSTACK = "boot,user,compat,xc,machine,devices,grants,resize,toolstack,end"
FEW = "boot,user,compat,xc,grants,resize,stress,toolstack,end"
DEVICES = "boot,compat,machine,devices,grants,end"
PANICS = DEVICES + ",panic"
REBOOTS = "boot,compat,machine,devices,sleep,grants,end,reboot"
STRESS = (Boot("pc", "bios", 2, "boot,stress,end"), Boot("q35", "uefi", 4, "boot,stress,end"))
# Devices are used before it is asked whether any was refused something.
VTD = Boot("q35", "uefi", 2, DEVICES.replace(",end", ",iommu,end"), "intel", "intel-iommu")
# The toolstacks of both Debians, by their domctl versions.
VERSIONS = tuple(Boot("q35", "bios", 2, "boot,xc,toolstack,end", tools=version) for version in ("4.17", "4.20"))
QUICK = (Boot("pc", "bios", 1, PANICS), Boot("pc", "bios", 2, FEW), Boot("q35", "uefi", 2, REBOOTS, "intel"))


def full_scripts(firmware, smp):
    """What a boot of the full matrix runs, and how it ends."""
    if smp == 2:
        return TOOLSTACK
    return ALL + ",panic" if firmware == "bios" else ALL.replace("devices,", "devices,sleep,") + ",reboot" * (smp == 4)


FULL = (VTD,) + VERSIONS + tuple(Boot(machine, firmware, smp, full_scripts(firmware, smp), vendor)
             for machine in ("pc", "q35") for firmware in ("bios", "uefi") for smp in (1, 2, 4)
             for vendor in ("amd", "intel"))
# The reference sleeps and wakes, but after that it cannot switch a q35 off: one boot, which ends by a reset.
SLEEPS = "boot,machine,devices,sleep,end,reboot"
# And SYSENTER by a program that is stepped ends it in a double fault on TCG's Intel CPU.
UNSTEPPED = ALL.replace("user,compat,", "")
REFERENCE_QUICK = (Boot("q35", "bios", 2, ALL),)
REFERENCE_FULL = REFERENCE_QUICK + (
    Boot("pc", "bios", 1, ALL + ",reboot"), Boot("pc", "bios", 2, TOOLSTACK), Boot("q35", "uefi", 2, ALL),
    Boot("q35", "bios", 4, ALL), Boot("pc", "bios", 1, UNSTEPPED, "intel"), Boot("q35", "bios", 2, UNSTEPPED, "intel"),
    Boot("pc", "bios", 2, SLEEPS, "intel"),
    VTD._replace(scripts=VTD.scripts.replace("compat,", "")))
STRESS_SECONDS = {False: 20, True: 240}


_INITRAMFS = threading.Lock()


def initramfs_of(context, boot):
    """The file of the initramfs with the scripts and programs, and what more some scripts want."""
    scripts = boot.scripts.split(",")
    wanted = [f"toolstack-{boot.version}" if script == "toolstack" else script for script in scripts]
    kinds = [kind for kind in MORE if kind in wanted]
    image_file = context.made("linux", f"{'-'.join(kinds) or 'tests'}.gz")
    image_file.parent.mkdir(parents=True, exist_ok=True)
    more = dict(entry for kind in kinds for entry in MORE[kind](context.build))
    data = initramfs.make(context.build, [context.made(*p.split("/")) for p in PROGRAMS],
                          [*SCRIPTS, *(context.made(*p.split("/")) for p in DATA)], more.items(),
                          linux_toolstack.MODULES if "toolstack" in scripts else ())
    with _INITRAMFS:  # another job may read the file
        if not image_file.exists() or image_file.read_bytes() != data:
            image_file.write_bytes(data)
    return image_file


def isolation(name, boot, result, accelerator):
    """The case that Meltdown is answered."""
    if accelerator != "tcg":
        return Case(f"{name}.isolation", SKIP, "whether it is needed the host's CPU decides", result.seconds)
    isolated = bool(ISOLATED.search(result.output))
    right = isolated == (boot.vendor == "intel")
    return Case(f"{name}.isolation", PASS if right else FAIL, "" if right else f"isolated: {isolated}", result.seconds,
                "" if right else result.output[:2000])


def content(name, result):
    """The case that the hypervisor has said nothing while dom0 ran but what it ought to say."""
    said = result.output.partition("(HV) Starting domain 0\n")[2]
    wrong = [line for line in COMPLAINS.findall(said) if not EXPECTED.match(line)]
    return Case(f"{name}.hypervisor_is_content", FAIL if wrong else PASS, " | ".join(wrong[:5]), result.seconds)


def how_it_ended(name, result, scripts):
    """The case of a boot's end."""
    if END not in result.output:
        died = kernels.HYPERVISOR_DIED.search(result.output)
        reason = died[0].strip() if died else f"user space did not come to its end ({result.reason})"
        return Case(f"{name}.end", FAIL, reason, result.seconds, result.tail(250))
    if "panic" in scripts:
        told = PANIC.search(result.output) and result.reason == "until"
        reason = "" if told else f"the panic is not told as it must be ({result.reason})"
        return Case(f"{name}.panic", PASS if told else FAIL, reason, result.seconds,
                    "" if told else result.tail(120))
    way = "reset" if "reboot" in scripts else "power_off"
    right = result.reason == "exit" and result.status == 0 and (POWERED_OFF in result.output) == (way == "power_off")
    reason = "" if right else f"{result.reason}, status {result.status}, off: {POWERED_OFF in result.output}"
    return Case(f"{name}.{way}", PASS if right else FAIL, reason, result.seconds, "" if right else result.tail(20))


def run_one(context, name, hypervisor, options, boot):
    """The cases of one boot."""
    scripts, stress = boot.scripts.split(","), STRESS_SECONDS[context.full]
    try:
        kernel = debian.kernel(context.build)
        image_file = initramfs_of(context, boot)
    except debian.DebianUnavailable as reason:
        return [Case(f"linux.{name}", SKIP, str(reason))]
    with tempfile.TemporaryDirectory(prefix="corbel-disks-") as folder:
        devices = Devices(boot.machine, pathlib.Path(folder), debian.busybox(context.build).read_bytes(),
                          boot.iommu)
        person = Person(folder)
        # Grants of version 2 on one kind of machine, of 1 on the other.
        grants = " grant_table.version=2" if boot.machine == "q35" else ""
        # With one CPU devices' interrupts come by lines that they share, with more by message.
        lines = " pci=nomsi" if boot.smp == 1 else ""
        vsyscall = " vsyscall=emulate" if boot.machine == "pc" else " vsyscall=xonly"
        cmdline = (f"console=hvc0 earlyprintk=xen tests={boot.scripts} {devices.cmdline()}{grants}{lines}{vsyscall}"
                   f" stress={stress} xen={boot.version}" + " thorough" * context.full)
        if "reboot" in scripts:
            options = options.replace(" noreboot", "")
        image = Image(hypervisor, options + OPTIONS, [(kernel, cmdline), (image_file, "")])
        machine = Machine(image, machine=boot.machine, firmware=boot.firmware, smp=boot.smp, vendor=boot.vendor,
                         memory=1024, accel=accel.BEST,
                         extra=[*TRACE, *(devices.qemu() if "devices" in scripts else [])],
                         timeout=SECONDS + stress, until=STOPPED, silence=SILENCE, question=QUESTION,
                         monitor=person.monitor_path, react=person.react,
                         cache=context.made("boot"))
        result = machine.run()
        cases = parse_lines(result.output, prefix=f"{name}.")
        if "devices" in scripts:
            cases += devices.cases(name)
        if "machine" in scripts:
            cases += person.cases(name)
    if "panic" not in scripts:
        cases.append(content(name, result))
    return cases + [isolation(name, boot, result, machine.accelerator()), how_it_ended(name, result, scripts)]


def jobs(context):
    """One job a machine."""
    try:
        make(context, "linux-tests")
    except MakeFailed as failed:
        failure = str(failed)
        return [Job("build", lambda: [Case("linux.build", FAIL, failure.splitlines()[0],
                                           output=failure)])]

    def job(side, find, options, boot):
        name = f"{side}-{boot.name}"

        def run():
            try:
                hypervisor = find(context)
            except kernels.Unavailable as reason:
                return [Case(f"linux.{name}", reason.verdict, str(reason))]
            says = "" if side == "reference" else f" xen-version={boot.version}"
            return run_one(context, name, hypervisor, options + says, boot)
        return Job(name, run, exclusive=boot.smp > 2)
    found = [job("ours", kernels.ours, kernels.HV_OPTIONS, boot)
             for boot in (FULL if context.full else QUICK)]
    if context.full:
        found += [job("ours-stress", kernels.ours, kernels.HV_OPTIONS, boot) for boot in STRESS]
    found += [job("reference", kernels.reference, kernels.REFERENCE_OPTIONS + kernels.SYNC, boot)
              for boot in (REFERENCE_FULL if context.full else REFERENCE_QUICK)]
    return found + linux_kernels.jobs(context)
