# SPDX-License-Identifier: GPL-2.0-only
"""Rung 5: the in-guest tests on our image and on the reference; equal verdicts, or a listed reason.

tests/guest/differences.toml lists wanted differences: [[difference]] test, ours, reference, reason. A
listed difference that is not seen is itself a failure, so the list cannot rot.
"""

import tomllib

from . import kernels
from .make import MakeFailed
from .verdict import Case, ERROR, FAIL, Job, PASS, SKIP

_tally = {"ours": 0, "reference": 0, "agree": 0, "listed": 0}


def closing_lines():
    """What the summary says about agreement."""
    if not _tally["ours"] and not _tally["reference"]:
        return []
    return [f"guest tests: {_tally['ours']} on ours, {_tally['reference']} on the reference, "
            f"{_tally['agree']} agree, {_tally['listed']} listed differences"]


def differences(context):
    """{test: row} of the listed differences; every row has a reason."""
    path = context.path("tests", "guest", "differences.toml")
    if not path.exists():
        return {}
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("difference", [])
    for row in rows:
        missing = {"test", "ours", "reference", "reason"} - {k for k, v in row.items() if v}
        if missing:
            raise ValueError(f"differences.toml: {row.get('test')}: no {', '.join(missing)}")
    return {row["test"]: row for row in rows}


def compare(kernel, ours, theirs, listed):
    """The cases of both sides, with disagreement turned into failure or accepted with its reason."""
    cases = []
    for test in sorted(set(ours or {}) | set(theirs or {})):
        mine, other = (ours or {}).get(test), (theirs or {}).get(test)
        both = ours is not None and theirs is not None
        if both and (mine is None or other is None) and kernel not in (ours or {}) | (theirs or {}):
            side = "ours" if mine is None else "the reference"
            cases.append(Case(f"{kernel}.{test}", ERROR, f"has no verdict on {side}"))
        row = listed.get(test)
        if both and mine and other:
            if row:
                _tally["listed"] += 1
                cases += _listed(kernel, test, mine, other, row)
                continue
            _tally["agree"] += mine.verdict == other.verdict
        for side, case in (("ours", mine), ("reference", other)):
            if case:
                cases.append(Case(f"{kernel}.{side}.{test}", case.verdict, case.reason,
                                  output=case.output))
    return cases


def _listed(kernel, test, mine, other, row):
    if (mine.verdict, other.verdict) == (row["ours"], row["reference"]):
        # What is wanted of us is a PASS; what the reference does differently is its own affair.
        return [Case(f"{kernel}.ours.{test}", mine.verdict, mine.reason, output=mine.output),
                Case(f"{kernel}.reference.{test}", PASS, "listed difference: " + row["reason"])]
    return [Case(f"{kernel}.{test}", FAIL, (
        f"differences.toml says ours {row['ours']}, reference {row['reference']}; "
        f"seen: {mine.verdict}, {other.verdict}"))]


def jobs(context):
    """One job a kernel: both sides, then the comparison."""
    found = kernels.names(context)
    if not found:
        return [Job("none", lambda: [Case("guest", SKIP, "tests/guest names no kernel")])]
    try:
        kernels.build(context)
    except MakeFailed as failed:
        failure = str(failed)
        return [Job("build", lambda: [Case("guest.build", FAIL, failure.splitlines()[0],
                                           output=failure)])]
    listed = differences(context)

    def job(name):
        return Job(name, lambda: run(context, name, listed))
    return [job(name) for name in found]


def run(context, name, listed):
    """Both sides of one kernel."""
    sides, cases = {}, []
    for side, find in (("ours", kernels.ours), ("reference", kernels.reference)):
        try:
            image = find(context)
        except kernels.Unavailable as reason:
            cases.append(Case(f"{name}.{side}", SKIP, str(reason)))
            sides[side] = None
            continue
        sides[side], _ = kernels.run_kernel(context, name, image, side)
        _tally[side] += len(sides[side])
    return compare(name, sides["ours"], sides["reference"], listed) + cases
