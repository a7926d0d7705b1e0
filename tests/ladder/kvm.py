# SPDX-License-Identifier: GPL-2.0-only
"""By KVM, on the host's own CPU: some test kernels on both sides, and the embedded dom0's demonstration.

SKIP where KVM cannot be used, with the reason. Where it can, the guest, dom0 and linux rungs have it too.
"""

import os

from boot import Image, Machine, accel

from . import dom0, guest, kernels
from .make import make
from .verdict import Case, Job, SKIP

KERNELS = ("basic", "basic-msr", "memory", "sched", "gnttab")
QUICK = KERNELS[:2]


def unusable(asked=None, missing=None):
    """Why this rung does not run, or empty."""
    asked = os.environ.get("ACCEL", "") if asked is None else asked
    return "ACCEL=tcg" if asked == "tcg" else accel.why_no_kvm() if missing is None else missing


def demonstration(context):
    """The dom0 rung's run."""
    make(context, str(context.made("dom0")))
    image = Image(kernels.ours(context), kernels.HV_OPTIONS + kernels.SYNC, [(context.made("dom0"), "demo")])
    result = Machine(image, machine="q35", smp=2, accel="kvm", timeout=dom0.SECONDS, cache=context.made("boot")).run()
    return [dom0.judge("kvm.dom0", result)]


def jobs(context):
    """A job a kernel, and dom0."""
    reason = unusable()
    if reason:
        return [Job("none", lambda: [Case("kvm", SKIP, reason)])]
    kernels.build(context)
    wanted = KERNELS if context.full or context.only else QUICK
    return [guest.job(context, name, "kvm") for name in kernels.names(context) if name in wanted] \
        + [Job("dom0", lambda: demonstration(context))]
