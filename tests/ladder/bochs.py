# SPDX-License-Identifier: GPL-2.0-only
"""Rung 8: the in-guest tests and the embedded dom0 in Bochs, the second model of the CPU (SMAP, XSAVE,
Intel features)."""

import os

from boot import Bochs, Image
from boot.demo import VERDICT

from . import guest, kernels
from .make import MakeFailed, make
from .verdict import Case, FAIL, Job, PASS, SKIP


def no_terminal():
    """Why Bochs cannot have the terminal that it wants; or nothing."""
    try:
        for end in os.openpty():
            os.close(end)
    except OSError as error:
        return f"no pseudo-terminal, is /dev/pts mounted? ({error.strerror})"
    return ""


def jobs(context):
    """One job a kernel, on our image; with --full also on the reference."""
    if reason := no_terminal():
        return [Job("none", lambda: [Case("bochs", SKIP, reason)])]
    found = [name for name in kernels.names(context)
             if kernels.options(context, name).get("bochs", True)]
    if not found:
        return [Job("none", lambda: [Case("bochs", SKIP, "tests/guest names no kernel")])]
    try:
        kernels.build(context)
        make(context, str(context.made("dom0")))
    except MakeFailed as failed:
        failure = str(failed)
        return [Job("build", lambda: [Case("bochs.build", FAIL, failure.splitlines()[0],
                                           output=failure)])]
    listed = guest.differences(context, "bochs")
    sides = [("ours", kernels.ours)]
    if context.full:
        sides.append(("reference", kernels.reference))

    def job(name, side, find):
        def run():
            try:
                image = find(context)
            except kernels.Unavailable as reason:
                return [Case(f"{name}.{side}", reason.verdict, str(reason))]
            cases, _ = kernels.run_kernel(context, name, image, side, emulator="bochs")
            sides = {"ours": None, "reference": None, side: cases}
            return guest.compare(name, sides["ours"], sides["reference"], listed)
        return Job(f"{name}.{side}" if side != "ours" else name, run, days=2)
    def demo(side, find):
        name = f"dom0.{side}"
        return Job(name, lambda: demonstration(context, name, side, find))
    return [job(name, side, find) for name in found for side, find in sides] + [
        demo(side, find) for side, find in sides] + [Job("x2apic", lambda: x2apic(context))]


def demonstration(context, name, side, find):
    """What `make run` shows; Bochs has no port to leave by, so that its last line is the verdict."""
    try:
        hypervisor = find(context)
    except kernels.Unavailable as reason:
        return [Case(name, reason.verdict, str(reason))]
    options = kernels.REFERENCE_OPTIONS if side == "reference" else kernels.HV_OPTIONS
    image = Image(hypervisor, options, [(context.made("dom0"), "demo stay")])
    result = Bochs(image, smp=1, timeout=240, until=VERDICT.pattern.removeprefix("^") + r"\n",
                   cache=context.made("boot")).run()
    said = VERDICT.findall(result.output)
    if said and said[-1][0] == PASS:
        return [Case(name, PASS, said[-1][1], result.seconds)]
    reason = said[-1][1] if said else f"no verdict: {result.reason}"
    return [Case(name, FAIL, reason, result.seconds, result.tail(60))]


def x2apic(context):
    """Two CPUs started, woken, timed and stopped by x2APIC, which QEMU's emulator has since 9 only."""
    try:
        image = kernels.ours(context)
    except kernels.Unavailable as reason:
        return [Case("x2apic.ours", reason.verdict, str(reason))]
    cases, result = kernels.run_kernel(context, "sched", image, "ours", emulator="bochs",
                                       only="vcpu.*", smp=2)
    missing = [line for line in ("Interrupts: x2APIC", "CPUs: 2 of 2 run", "deadline mode")
               if line not in result.output]
    return [Case(f"x2apic.{name}", case.verdict, case.reason, output=case.output)
            for name, case in cases.items()] + [
        Case("x2apic.mode", FAIL if missing else PASS,
             f"nobody says {missing}" if missing else "", output=result.tail(30))]
