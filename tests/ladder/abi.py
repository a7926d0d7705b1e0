# SPDX-License-Identifier: GPL-2.0-only
"""Rung 4: include/public against the distribution's published headers."""

import pathlib

from .make import MakeFailed, make, variable
from .programs import run_program
from .verdict import Case, FAIL, Job, SKIP


def jobs(context):
    """One job a program of ABI_TESTS (tests/abi)."""
    programs = variable(context, "ABI_TESTS")
    if not programs:
        return [Job("none", lambda: [Case("abi", SKIP, "tests/abi names no test")])]

    def job(path):
        name = pathlib.Path(path).stem

        def run():
            try:
                make(context, path)
            except MakeFailed as failed:
                return [Case(f"abi.{name}", FAIL, "does not build", output=str(failed))]
            return run_program(path, f"abi.{name}")
        return Job(name, run)
    return [job(path) for path in programs]
