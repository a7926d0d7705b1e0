# SPDX-License-Identifier: GPL-2.0-only
"""The in-guest tests on an image whose TLB stamps go round every few flushes.

The results are the same as without (I27). `make check` runs one kernel, `make check-full` all.
"""

from . import variant


def jobs(context):
    """One job a kernel."""
    return variant.jobs(context, "stamps", "DEBUG_TLB_CLOCK=y", quick=("memory",))
