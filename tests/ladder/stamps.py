# SPDX-License-Identifier: GPL-2.0-only
"""The in-guest tests on an image whose TLB stamps go round every few flushes.

The results are the same as without (I27). `make check` runs one kernel, `make check-full` all.
"""

from . import guest, kernels
from .make import MakeFailed, make
from .verdict import Case, FAIL, Job, SKIP


def jobs(context):
    """One job a kernel, on our image."""
    found = kernels.names(context)
    if not found:
        return [Job("none", lambda: [Case("stamps", SKIP, "tests/guest names no kernel")])]
    build = context.made("check", "build-stamps")
    listed = guest.differences(context, "tcg")

    def job(name):
        def run():
            try:
                make(context, "DEBUG=y", "SET=DEBUG_TLB_CLOCK=y", "all", build=build)
                kernels.build(context)
            except MakeFailed as failed:
                return [Case(f"{name}.build", FAIL, str(failed).splitlines()[0],
                             output=str(failed))]
            cases, _ = kernels.run_kernel(context, name, build / "corbel", "ours")
            return guest.compare(name, cases, None, listed)
        return Job(name, run)

    quick = [name for name in found if name == "memory"]
    return [job(name) for name in (found if context.full or context.only else quick)]
