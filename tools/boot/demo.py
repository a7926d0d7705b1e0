# SPDX-License-Identifier: GPL-2.0-only
"""The verdict of the embedded dom0's demonstration, for `make run` and for the dom0 rung.

The demonstration says `DEMO PASS` or `DEMO FAIL reason` on the serial line, and leaves the emulator by
its debug-exit port with 0 for a pass. Both are wanted: one alone could be an accident.
"""

import re

VERDICT = re.compile(r"^(?:.*\s)?DEMO (PASS|FAIL)\b[ \t]*(.*)$", re.MULTILINE)
EXIT_PASS = 0 * 2 + 1  # isa-debug-exit: the value written, doubled, plus one


def demo_verdict(result):
    """(passed, reason)."""
    said = VERDICT.findall(result.output)
    if not said:
        return False, f"no verdict: {result.reason}, status {result.status}"
    verdict, reason = said[-1]
    if verdict == "FAIL":
        return False, reason or "the demonstration failed"
    if result.status != EXIT_PASS:
        return False, f"it passed, but the exit status is {result.status}"
    return True, reason
