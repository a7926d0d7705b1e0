# SPDX-License-Identifier: GPL-2.0-only
"""The suites on grant tables where parts of them are built out or switched off (I23).

A kernel is told what is not there, checks that just that is missing, and runs the rest. `make check` switches off
by option, `make check-full` also builds images without.
"""

from . import guest, kernels
from .make import MakeFailed, make
from .verdict import Case, FAIL, Job

ALL = ("grant", "gnttab", "gnttab-pair", "gnttab-xsa", "gnttab-race", "split")
# name, configuration, option of the hypervisor, what is missing then, kernels, only in check-full
VARIANTS = (
    ("options", "", "gnttab=max-ver:1,no-transitive,no-transfer", "v2,transfer,transitive", ("grant",), False),
    ("v1-only", "", "gnttab=max-ver:1", "v2,transitive", ("gnttab",), True),
    ("no-transitive", "", "gnttab=no-transitive", "transitive", ("gnttab",), True),
    ("no-transfer", "", "gnttab=no-transfer", "transfer", ("gnttab", "gnttab-pair"), True),
    ("built-v1", "GRANT_V2=n GRANT_TRANSFER=n", "", "v2,transfer,transitive", ALL, True),
    ("built-plain-v2", "GRANT_TRANSITIVE=n GRANT_TRANSFER=n", "", "transfer,transitive", ALL, True),
)


def jobs(context):
    """One job a variant and kernel, on our image."""
    listed = guest.differences(context, "tcg")

    def job(variant, config, option, missing, name):
        def run():
            try:
                image = kernels.ours(context)
                if config:
                    build = context.made("check", f"build-grants-{variant}")
                    make(context, "DEBUG=y", f"SET={config}", "all", build=build)
                    image = build / "corbel"
                kernels.build(context)
            except kernels.Unavailable as reason:
                return [Case(f"{variant}-{name}.ours", reason.verdict, str(reason))]
            except MakeFailed as failed:
                return [Case(f"{variant}-{name}.build", FAIL, str(failed).splitlines()[0],
                             output=str(failed))]
            cases, _ = kernels.run_kernel(context, name, image, "ours", extra=option,
                                          words=f"without={missing}")
            return guest.compare(f"{variant}-{name}", cases, None, listed)
        return Job(f"{variant}-{name}", run)

    return [job(variant, config, option, missing, name)
            for variant, config, option, missing, names, full in VARIANTS for name in names
            if not full or context.full or context.only]
