# SPDX-License-Identifier: GPL-2.0-only
"""Rung 3: host unit tests, one program a room, under AddressSanitizer and UBSan; and libFuzzer."""

import pathlib
import subprocess

from .make import MakeFailed, make, variable
from .programs import run_program
from .verdict import Case, FAIL, Job, PASS, SKIP

SECONDS = 300  # many times what a program takes on a busy machine


def only(context, name):
    """The tests of a program that T= names; "" for all."""
    for prefix in (f"unit.{name}.", f"{name}."):
        if context.only.startswith(prefix):
            return context.only.removeprefix(prefix)
    return ""


def jobs(context):
    """One job a program of UNIT_TESTS; each is built alone, so a broken one hides no other."""
    programs = variable(context, "UNIT_TESTS")
    if not programs:
        return [Job("none", lambda: [Case("unit", SKIP, "tests/unit/files.mk names no test")])]

    def job(path):
        name = pathlib.Path(path).name.removesuffix("_test")

        def run():
            try:
                make(context, path)
            except MakeFailed as failed:
                return [Case(f"unit.{name}", FAIL, "does not build", output=str(failed))]
            return run_program(path, f"unit.{name}", context.at_most(SECONDS), only=only(context, name))
        return Job(name, run)
    return [Job("common", lambda: [_common_links(context)]), *map(job, programs),
            Job("gnttab-threads", lambda: _under_tsan(context, "gnttab_test")),
            Job("gnttab-fuzz", lambda: _fuzzed(context, "gnttab_fuzz")),
            Job("unpack-fuzz", lambda: _fuzzed(context, "unpack_fuzz"))]


# Volatile accesses are told apart, since READ_ONCE and WRITE_ONCE are no races (fake/tsan.c).
TSAN = ("UNIT_SANITIZE=-fsanitize=thread --param tsan-distinguish-volatile=1 -Wno-tsan "
        "-Wno-maybe-uninitialized")


def _under_tsan(context, program):
    """A program with threads, built apart under ThreadSanitizer, which must have nothing to say."""
    build = context.made("check", "build-tsan")
    path = build / "tests" / "unit" / program
    try:
        make(context, TSAN, str(path), build=build)
    except MakeFailed as failed:
        return [Case("unit.gnttab-threads", FAIL, "does not build", output=str(failed))]
    return run_program(path, "unit.gnttab-threads", context.at_most(SECONDS),
                       only=only(context, "gnttab-threads"))


FUZZ = ("UNIT_CC=clang", "UNIT_SANITIZE=-fsanitize=fuzzer,address,undefined")
FUZZ_RUNS = 15000  # `make check-full`: twenty times as many


def _fuzzed(context, program):
    """libFuzzer with a fixed seed: always the same inputs, of which each must leave everything in order."""
    name, build = "unit." + program.replace("_", "-"), context.made("check", "build-fuzz")
    path = build / "tests" / "unit" / program
    try:
        make(context, *FUZZ, str(path), build=build)
    except MakeFailed as failed:
        return [Case(name, FAIL, "does not build", output=str(failed))]
    runs = FUZZ_RUNS * (20 if context.full else 1)
    done = subprocess.run([str(path), f"-runs={runs}", "-seed=1", "-max_len=600", "-len_control=0",
                           f"-artifact_prefix={build}/"], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1200, check=False)
    good = done.returncode == 0 and f"Done {runs} runs" in done.stdout
    return [Case(name, PASS if good else FAIL, "" if good else "an input breaks it",
                 output="" if good else done.stdout[-6000:])]


def _common_links(context):
    """All of common/ compiles and links with the fake architecture: the contract is complete."""
    try:
        make(context, "unit-common")
    except MakeFailed as failed:
        return Case("unit.common.links", FAIL, str(failed).splitlines()[0], output=str(failed))
    return Case("unit.common.links", PASS)
