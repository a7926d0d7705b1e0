# SPDX-License-Identifier: GPL-2.0-only
"""The in-guest tests on an image that is configured otherwise: what passes on the usual image must pass there."""

from . import guest, kernels
from .make import MakeFailed, make
from .verdict import Case, FAIL, Job, SKIP


def jobs(context, rung, setting, quick=None):
    """One job a kernel, on our image with that setting; quick: the kernels of `make check`, or all."""
    found = kernels.names(context)
    if not found:
        return [Job("none", lambda: [Case(rung, SKIP, "tests/guest names no kernel")])]
    build = context.made("check", f"build-{rung}")
    listed = guest.differences(context, "tcg")

    def job(name):
        def run():
            try:
                make(context, "DEBUG=y", f"SET={setting}", "all", build=build)
                kernels.build(context)
            except MakeFailed as failed:
                return [Case(f"{name}.build", FAIL, str(failed).splitlines()[0],
                             output=str(failed))]
            cases, _ = kernels.run_kernel(context, name, build / "corbel", "ours")
            return guest.compare(name, cases, None, listed)
        return Job(name, run)
    return [job(name) for name in found
            if quick is None or name in quick or context.full or context.only]
