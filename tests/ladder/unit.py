# SPDX-License-Identifier: GPL-2.0-only
"""Rung 3: host unit tests, one program a room, under AddressSanitizer and UBSan; and spin models of protocols.

A model, tests/models/NAME.pml, must hold; and each mistake that a line `#ifndef NO_...` of it can leave in must be
found, so that a model that checks nothing fails.
"""

import pathlib
import re
import shutil
import subprocess

from .make import MakeFailed, make, variable
from .programs import run_program
from .verdict import Case, FAIL, Job, PASS, SKIP


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
            return run_program(path, f"unit.{name}")
        return Job(name, run)
    models = sorted(context.path("tests", "models").glob("*.pml"))
    return [Job("common", lambda: [_common_links(context)]), *map(job, programs),
            Job("gnttab-threads", lambda: _under_tsan(context, "gnttab_test")),
            *(Job(f"model-{m.stem}", lambda m=m: _model(context, m)) for m in models)]


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
    return run_program(path, "unit.gnttab-threads")


def _errors(model, scratch, option):
    """How many errors spin finds in the model with that option; the verifier's output too."""
    scratch.mkdir(parents=True, exist_ok=True)
    for command in (["spin", *option, "-a", str(model)],
                    ["cc", "-O1", "-w", "-DSAFETY", "-o", "pan", "pan.c"], ["./pan", "-m100000"]):
        result = subprocess.run(command, cwd=scratch, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    found = re.search(r"errors: (\d+)", result.stdout)
    cut = "max search depth too small" in result.stdout
    return (int(found[1]) if found and not cut else None), result.stdout


def _model(context, model):
    """The model holds; each of its mistakes is found."""
    if not shutil.which("spin"):
        return [Case(f"model.{model.stem}", SKIP, "spin is not installed")]
    mistakes = re.findall(r"^#ifndef (NO_\w+)", model.read_text(encoding="utf-8"), re.MULTILINE)
    cases = []
    for mistake in [None, *mistakes]:
        name = f"model.{model.stem}" + (f".{mistake.lower()}" if mistake else "")
        scratch = context.made("check", "models", name)
        errors, output = _errors(model, scratch, [f"-D{mistake}"] if mistake else [])
        good = errors is not None and (errors > 0 if mistake else errors == 0)
        cases.append(Case(name, PASS if good else FAIL, "" if good else f"errors: {errors}",
                          output=output))
    return cases


def _common_links(context):
    """All of common/ compiles and links with the fake architecture: the contract is complete."""
    try:
        make(context, "unit-common")
    except MakeFailed as failed:
        return Case("unit.common.links", FAIL, str(failed).splitlines()[0], output=str(failed))
    return Case("unit.common.links", PASS)
