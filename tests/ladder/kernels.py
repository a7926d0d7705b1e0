# SPDX-License-Identifier: GPL-2.0-only
"""Test kernels: boot one as dom0 of a hypervisor, and read its verdicts.

Shared by the guest and the bochs rung. A kernel prints TEST lines and, last, `SUITE <name> END`; a run
without that end is an ERROR of the kernel's own name, whatever was printed before.
"""

import fnmatch
import functools
import re
import tomllib

from boot import Bochs, Image, Machine, ReferenceUnavailable, reference_hypervisor, reference_version

from .make import MakeFailed, have_hypervisor, make, variable
from .verdict import Case, ERROR, FAIL, SKIP, parse_lines

HV_OPTIONS = "console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all noreboot"
REFERENCE_OPTIONS = HV_OPTIONS + " dom0_mem=256M"
# Rungs of which a job is a kernel.
RUNGS = ("guest", "preempt", "stamps", "isolated", "kvm", "bochs")
SIDES = ("ours", "reference")
# For a dom0 that leaves the emulator by itself: each line is out before the next is written. The
# reference has a warning to show then, for three seconds.
SYNC = " sync_console"
# What ends a run: the last line of the suite, or the last line of a hypervisor that died.
END = r"SUITE \S+ END .*\n|noreboot: the machine stays|Manual reset required"
HYPERVISOR_DIED = re.compile(r"^\(HV\) \*\*\* (?!Serial input).*|"
                             r"\((?:XEN|HV)\) .*((?:dom0 kernel: (?!.* entry 0x).*|Panic on CPU.*)|"
                             r"Assertion .* failed|Xen BUG at)", re.MULTILINE)
# What a domain that is gone left behind.
AUDIT = re.compile(r"AUDIT: .*")


class Unavailable(Exception):
    """A hypervisor to test on is missing; the message says why, the verdict whose fault that is."""

    def __init__(self, reason, verdict=SKIP):
        super().__init__(reason)
        self.verdict = verdict


@functools.lru_cache(maxsize=None)
def _image_of(context_key):
    context = context_key.context
    if not have_hypervisor(context):
        raise Unavailable("the tree has no linker script for the image")
    try:
        make(context, "all")
    except MakeFailed as failed:
        raise Unavailable(str(failed).splitlines()[0], FAIL) from None
    return context.made("corbel")


class _Key:
    """Hashes a context by its build directory."""

    def __init__(self, context):
        self.context = context

    def __hash__(self):
        return hash(self.context.build)

    def __eq__(self, other):
        return self.context.build == other.context.build


def ours(context):
    """Our image, built; or Unavailable."""
    return _image_of(_Key(context))


def reference(context):
    """The reference image; or Unavailable."""
    try:
        return reference_hypervisor(context.build)
    except ReferenceUnavailable as reason:
        raise Unavailable(str(reason)) from None


def names(context):
    """The kernels of tests/guest."""
    return variable(context, "GUEST_TEST_NAMES")


def suites(context):
    """{kernel: its suites}, in the order of tests/guest/kernels.mk."""
    text = context.path("tests", "guest", "kernels.mk").read_text(encoding="utf-8")
    found = {}
    for kernel, files in re.findall(r"^GUEST_TEST_([\w-]+) :=(.*)$", text, re.MULTILINE):
        texts = [context.path("tests", "guest", f"{file}.c") for file in files.split()]
        found[kernel] = [match[1] for path in texts if path.exists()
                         if (match := re.search(r'^#define SUITE "(\w+)"$',
                                                path.read_text(encoding="utf-8"), re.MULTILINE))]
    found.pop("NAMES", None)
    return found


def whole_name(context, wanted):
    """rung.suite.test with the suite's kernel: rung.kernel.suite.test; any other name as it is."""
    rung, _, rest = wanted.partition(".")
    first, _, last = rest.partition(".")
    if rung not in RUNGS or not last:
        return wanted
    table = suites(context)
    second = last.partition(".")[0]
    if second in SIDES or any(fnmatch.fnmatchcase(suite, second) for suite in table.get(first, [])):
        return wanted
    kernel = next((kernel for kernel, within in table.items() if first in within), None)
    return f"{rung}.{kernel}.{rest}" if kernel else wanted


def build(context):
    """Build all test kernels."""
    make(context, "guest-tests")


def options(context, name):
    """tests/guest/kernels.toml may give a kernel its own machine, CPUs, memory, time limit, options or devices."""
    path = context.path("tests", "guest", "kernels.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {**table.get("default", {}), **table.get(name, {})}


def _pattern(context, name):
    """test=GLOB when T= names cases inside this kernel."""
    for prefix in (*(f"{rung}.{name}." for rung in RUNGS), f"{name}."):
        if context.only.startswith(prefix):
            rest = context.only.removeprefix(prefix)
            rest = rest.removeprefix("ours.").removeprefix("reference.")
            return f" test={rest}"
    return ""


def run_kernel(context, name, hypervisor, side, emulator="qemu", extra="", only="", words="", **machine):
    """Boot a kernel, `extra` being more options of the hypervisor, `only` a pattern of its tests, `words` for itself.

    {test name: Case}, and the run's Result.
    """
    wanted = options(context, name)
    kernel = context.made("guest", name + ".elf")
    pattern = f" test={only}" if only else _pattern(context, name)
    words += " thorough" * context.full
    version = reference_version()
    words += f" xen={version}"
    # stay: its last line is what ends the run.
    cmdline = f"suite={name}{pattern} stay {wanted.get('cmdline', '')} {words}".strip()
    hv_options = REFERENCE_OPTIONS if side == "reference" else HV_OPTIONS
    hv_options = " ".join([hv_options, wanted.get("hypervisor", ""), extra,
                           f"xen-version={version} {context.boot}" if side == "ours" else ""]).strip()
    # The second module is what the kernel builds its domUs from: itself.
    image = Image(hypervisor, hv_options, [(kernel, cmdline), (kernel, "")])
    settings = {"smp": wanted.get("smp", 2), "memory": wanted.get("memory", 512),
                "timeout": wanted.get("timeout", 60), "until": END,
                "cache": context.made("boot"), **machine}
    settings["timeout"] = context.at_most(settings["timeout"])
    if emulator == "bochs":
        settings["smp"] = machine.get("smp", wanted.get("bochs-smp", 1))
        settings["timeout"] = max(settings["timeout"], 240)
        result = Bochs(image, **settings).run()
    else:
        settings["extra"] = [*settings.get("extra", []), *wanted.get("qemu", [])]
        settings.setdefault("machine", wanted.get("machine", "pc"))
        result = Machine(image, **settings).run()
    cases = {case.name: case for case in parse_lines(result.output)}
    ending = re.search(rf"SUITE {re.escape(name)} END tests=(\d+)", result.output)
    if not ending:
        died = HYPERVISOR_DIED.search(result.output)
        what = died[0].strip() if died else f"{result.reason} after {result.seconds:.0f} s"
        verdict = FAIL if died and side == "ours" else ERROR
        cases[name] = Case(name, verdict, f"no end of the suite: {what}",
                           output=result.tail(60))
    elif audit := AUDIT.search(result.output):
        cases[name] = Case(name, FAIL, audit[0].strip(), output=result.tail(60))
    elif int(ending[1]) != len(cases):
        cases[name] = Case(name, ERROR, f"{len(cases)} verdicts of {ending[1]} tests were read",
                           output=result.tail(60))
    return cases, result
