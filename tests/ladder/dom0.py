# SPDX-License-Identifier: GPL-2.0-only
"""Rung 7: the embedded dom0's demonstration, on every machine it promises, and on the reference; and its shell.

One run passes when the demonstration says that it did and leaves the emulator with its own status.
"""

from boot import Image, Machine, accel
from boot.demo import demo_verdict

from . import kernels
from . import shell as conversation
from .make import MakeFailed, make
from .verdict import Case, FAIL, Job, PASS, SKIP

SECONDS = 150

QUICK = (("pc", "bios", 1), ("pc", "bios", 2), ("q35", "bios", 4), ("q35", "uefi", 2),
         ("pc", "bios", 8))
FULL = tuple((machine, firmware, smp) for machine in ("pc", "q35") for firmware in ("bios", "uefi")
             for smp in (1, 2, 4, 8))


def judge(name, result):
    """The verdict of one run of the demonstration."""
    passed, reason = demo_verdict(result)
    if passed:
        return Case(name, PASS, reason, result.seconds)
    died = kernels.HYPERVISOR_DIED.search(result.output)
    return Case(name, FAIL, died[0].strip() if died else reason, result.seconds,
                result.tail(60))


def jobs(context):
    """One job a machine."""
    if not context.path("tools", "dom0", "dom0.mk").exists():
        return [Job("none", lambda: [Case("dom0", SKIP, "tools/dom0 has no dom0 to run")])]
    try:
        make(context, str(context.made("dom0")))
    except MakeFailed as failed:
        failure = str(failed)
        return [Job("build", lambda: [Case("dom0.build", FAIL, failure.splitlines()[0],
                                           output=failure)])]

    def job(side, find, machine, firmware, smp, extra="", called=""):
        name = called or f"{side}-{machine}-{firmware}-{smp}cpu"

        def run():
            try:
                hypervisor = find(context)
            except kernels.Unavailable as reason:
                return [Case(f"dom0.{name}", reason.verdict, str(reason))]
            options = (kernels.REFERENCE_OPTIONS if side == "reference"
                       else kernels.HV_OPTIONS) + kernels.SYNC
            image = Image(hypervisor, f"{options} {extra}".strip(),
                          [(context.made("dom0"), "demo")])
            result = Machine(image, machine=machine, firmware=firmware, smp=smp,
                             timeout=SECONDS, accel=accel.BEST, cache=context.made("boot")).run()
            return [judge(f"dom0.{name}", result)]
        return Job(name, run, exclusive=smp > 2)

    def shell(side, find):
        def run():
            try:
                hypervisor = find(context)
            except kernels.Unavailable as reason:
                return [Case(f"dom0.shell-{side}", reason.verdict, str(reason))]
            options = kernels.REFERENCE_OPTIONS if side == "reference" else kernels.HV_OPTIONS
            with conversation.machine(context, hypervisor, options).start(stdin=True) as session:
                return conversation.converse(session, f"dom0.shell-{side}", slowly=side == "reference")
        return Job(f"shell-{side}", run)

    found = [job("ours", kernels.ours, *row) for row in (FULL if context.full else QUICK)]
    found.append(job("reference", kernels.reference, "pc", "bios", 2))
    found.append(job("ours", kernels.ours, "pc", "bios", 1, "gnttab=max-ver:1", "ours-grants-v1"))
    found += [shell("ours", kernels.ours), shell("reference", kernels.reference)]
    return found
