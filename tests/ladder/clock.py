# SPDX-License-Identifier: GPL-2.0-only
"""Time by something else than the TSC: the tests of time and timers, with each platform timer.

The results are the same as by the TSC, and the hypervisor says what carries time.
"""

from . import guest, kernels
from .verdict import Case, FAIL, Job, PASS, SKIP

KERNEL = "sched"
# Name, options, what is said. The PIT cannot carry time: the TSC must go on.
WAYS = (
    ("acpi", "tsc=unstable clocksource=acpi", "Time: ACPI PM timer carries it"),
    ("given-up", "clocksource=hpet crash=tsc@0", "Time: provoked, the platform timer replaces the TSC"),
    ("hpet", "tsc=skewed clocksource=hpet", "Time: HPET carries it"),
    ("pit", "tsc=unstable clocksource=pit", "there is no timer to replace the TSC"),
)
QUICK = ("acpi", "given-up")


def jobs(context):
    """One job a way."""
    if KERNEL not in kernels.names(context):
        return [Job("none", lambda: [Case("clock", SKIP, "tests/guest has no such kernel")])]
    listed = guest.differences(context, "tcg")

    def job(name, options, says):
        def run():
            try:
                image = kernels.ours(context)
            except kernels.Unavailable as reason:
                return [Case(f"{name}.ours", reason.verdict, str(reason))]
            kernels.build(context)
            cases, result = kernels.run_kernel(context, KERNEL, image, "ours", extra=options)
            said = says in result.output
            return guest.compare(name, cases, None, listed) + [
                Case(f"{name}.source", PASS if said else FAIL, "" if said else f"nobody says: {says}",
                     output=result.tail(30))]
        return Job(name, run)
    return [job(*way) for way in WAYS if context.full or context.only or way[0] in QUICK]
