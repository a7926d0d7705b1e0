# SPDX-License-Identifier: GPL-2.0-only
"""The in-guest tests on an image that preempts every long operation wherever it can be.

The results are the same as without (I5).
"""

from . import variant


def jobs(context):
    """One job a kernel."""
    return variant.jobs(context, "preempt", "DEBUG_PREEMPT=y")
