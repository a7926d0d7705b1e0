# SPDX-License-Identifier: GPL-2.0-only
"""The in-guest tests with page-table isolation, which no emulated CPU asks for by itself.

The results are the same as without, and start-up says that isolation is on.
"""

from . import guest, kernels, tables
from .verdict import Case, ERROR, FAIL, Job, PASS, SKIP

OPTION = "xpti=1"
SAYS = "Page-table isolation: dom0 on, others on"


def jobs(context):
    """One job a kernel, on our image; `make check` runs two of them, `make check-full` all."""
    found = kernels.names(context)
    if not found:
        return [Job("none", lambda: [Case("isolated", SKIP, "tests/guest names no kernel")])]
    listed = guest.differences(context, "tcg")

    def job(name):
        def run():
            try:
                image = kernels.ours(context)
            except kernels.Unavailable as reason:
                return [Case(f"{name}.ours", reason.verdict, str(reason))]
            kernels.build(context)
            cases, result = kernels.run_kernel(context, name, image, "ours", extra=OPTION)
            on = SAYS in result.output
            return guest.compare(name, cases, None, listed) + [
                Case(f"{name}.isolation", PASS if on else FAIL,
                     "" if on else f"start-up does not say: {SAYS}", output=result.tail(30))]
        return Job(name, run)

    quick = [name for name in found if name in ("basic", "memory")]
    chosen = [job(name) for name in (found if context.full or context.only else quick)]
    return chosen + [Job("tables", lambda: page_tables(context))]


def page_tables(context):
    """What the guest's tables map: with isolation, and without, which shows that the probe sees it."""
    try:
        image = kernels.ours(context)
    except kernels.Unavailable as reason:
        return [Case("tables.ours", reason.verdict, str(reason))]
    kernels.build(context)
    cases = []
    for option, hidden in (("xpti=1", False), ("xpti=0", True)):
        wanted = {name: {hidden} for name in tables.HIDDEN} | {name: {True} for name in tables.SHOWN}
        try:
            seen = tables.mapped_in_guest(context.made("guest", "sched.elf"), image, option,
                                          context.made("boot"))
        except OSError as error:
            cases.append(Case(f"tables.{option}", ERROR, str(error)))
            continue
        wrong = [f"{name}: mapped {sorted(seen[name])}" for name in wanted
                 if seen[name] != wanted[name]]
        cases.append(Case(f"tables.{option}", FAIL if wrong else PASS, "; ".join(wrong)))
    return cases
