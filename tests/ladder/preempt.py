# SPDX-License-Identifier: GPL-2.0-only
"""Rung 6: the in-guest tests on an image that preempts every long operation wherever it can be.

The results are the same as without (I5): what passes on the usual image must pass here.
"""

from . import guest, kernels
from .make import MakeFailed, make
from .verdict import Case, FAIL, Job, SKIP


def jobs(context):
    """One job a kernel, on our image."""
    found = kernels.names(context)
    if not found:
        return [Job("none", lambda: [Case("preempt", SKIP, "tests/guest names no kernel")])]
    build = context.made("check", "build-preempt")
    listed = guest.differences(context, "tcg")

    def job(name):
        def run():
            try:
                make(context, "DEBUG=y", "SET=DEBUG_PREEMPT=y", "all", build=build)
                kernels.build(context)
            except MakeFailed as failed:
                return [Case(f"{name}.build", FAIL, str(failed).splitlines()[0],
                             output=str(failed))]
            cases, _ = kernels.run_kernel(context, name, build / "corbel", "ours")
            return guest.compare(name, cases, None, listed)
        return Job(name, run)
    return [job(name) for name in found]
