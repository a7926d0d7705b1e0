# SPDX-License-Identifier: GPL-2.0-only
"""Rung 5: the in-guest tests on our image and on the reference; equal verdicts, or a listed reason.

tests/guest/differences.toml lists wanted differences: [[difference]] test, reference (its verdict; ours
is PASS unless `ours` says otherwise), machines (tcg, kvm, bochs; default all; `tcg<9.0` and `tcg>=10.0` are QEMU's
emulator of such versions), xen (versions of the reference; default all), reason. A listed difference that is not
seen is itself a failure, so the list cannot rot.
"""

import re
import tomllib

from boot import accel, reference_version
from boot.machine import qemu_version

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


def differences(context, machine):
    """{test: row} of the differences listed for a machine (tcg, kvm or bochs); every row has a reason."""
    path = context.path("tests", "guest", "differences.toml")
    if not path.exists():
        return {}
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("difference", [])
    for row in rows:
        missing = {"test", "reference", "reason"} - {key for key, value in row.items() if value}
        if missing:
            raise ValueError(f"differences.toml: {row.get('test')}: no {', '.join(missing)}")
    version = reference_version()
    return {row["test"]: row for row in rows
            if any(_is_meant(word, machine) for word in row.get("machines", [machine]))
            and version in row.get("xen", [version])}


def _is_meant(word, machine):
    """Does a word of `machines` mean this machine?"""
    name, order, major, minor = re.fullmatch(r"([a-z]+)(?:(<|>=)(\d+)\.(\d+))?", word).groups()
    if name != machine or not order:
        return name == machine
    return (qemu_version() < (int(major), int(minor))) == (order == "<")


def compare(kernel, ours, theirs, listed):
    """The cases of both sides, with disagreement turned into failure or accepted with its reason."""
    cases = []
    for test in sorted(set(ours or {}) | set(theirs or {})):
        mine, other = (ours or {}).get(test), (theirs or {}).get(test)
        if mine and other:
            _tally["agree"] += mine.verdict == other.verdict
        elif (ours is not None and theirs is not None
              and kernel not in ours and kernel not in theirs):  # both suites ended
            side = "ours" if mine is None else "the reference"
            cases.append(Case(f"{kernel}.{test}", ERROR, f"has no verdict on {side}"))
        if mine:
            cases.append(_one_side(kernel, "ours", mine, listed))
        if other:
            cases.append(_one_side(kernel, "reference", other, listed))
    return cases


def _one_side(kernel, side, case, listed):
    """A side's verdict, or what the list makes of it."""
    name = f"{kernel}.{side}.{case.name}"
    row = listed.get(case.name)
    wanted = row.get("ours" if side == "ours" else "reference", PASS) if row else PASS
    if not row or (side == "ours" and wanted == PASS):
        return Case(name, case.verdict, case.reason, output=case.output)
    if case.verdict != wanted:
        return Case(name, FAIL, f"differences.toml says {wanted} here; seen: {case.verdict} "
                                f"{case.reason}".rstrip(), output=case.output)
    _tally["listed"] += side == "reference"
    return Case(name, PASS, "listed difference: " + row["reason"])


def jobs(context):
    """One job a kernel: both sides, then the comparison."""
    _tally.update(dict.fromkeys(_tally, 0))
    found = kernels.names(context)
    if not found:
        return [Job("none", lambda: [Case("guest", SKIP, "tests/guest names no kernel")])]
    try:
        kernels.build(context)
    except MakeFailed as failed:
        failure = str(failed)
        return [Job("build", lambda: [Case("guest.build", FAIL, failure.splitlines()[0],
                                           output=failure)])]
    return [job(context, name, accel.BEST) for name in found]


def job(context, name, accelerator):
    """The job of one kernel, by that accelerator."""
    machine = accel.chosen().accel if accelerator == accel.BEST else accelerator
    listed = differences(context, machine)
    return Job(name, lambda: run(context, name, listed, accelerator))


def run(context, name, listed, accelerator):
    """Both sides of one kernel."""
    sides, cases = {}, []
    for side, find in (("ours", kernels.ours), ("reference", kernels.reference)):
        if context.ours and side != "ours":
            sides[side] = None
            continue
        try:
            image = find(context)
        except kernels.Unavailable as reason:
            cases.append(Case(f"{name}.{side}", reason.verdict, str(reason)))
            sides[side] = None
            continue
        sides[side], _ = kernels.run_kernel(context, name, image, side, accel=accelerator)
        _tally[side] += len(sides[side])
    return compare(name, sides["ours"], sides["reference"], listed) + cases
