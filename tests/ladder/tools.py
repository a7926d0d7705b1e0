# SPDX-License-Identifier: GPL-2.0-only
"""Rung 2: the tools that the other rungs rely on can fail, and do when they should."""

import unittest

from .verdict import Case, ERROR, FAIL, Job, PASS, SKIP


class _Recorder(unittest.TestResult):
    """Collects a case for each test."""

    def __init__(self, prefix):
        super().__init__()
        self.prefix = prefix
        self.cases = []

    def _add(self, test, verdict, reason="", output=""):
        name = test.id().split(".", 1)[-1]
        self.cases.append(Case(f"{self.prefix}.{name}", verdict, reason, output=output))

    def _trouble(self, test, error, verdict):
        text = self._exc_info_to_string(error, test)
        self._add(test, verdict, text.strip().splitlines()[-1], text)

    def addSuccess(self, test):
        self._add(test, PASS)

    def addFailure(self, test, err):
        self._trouble(test, err, FAIL)

    def addError(self, test, err):
        self._trouble(test, err, ERROR)

    def addSkip(self, test, reason):
        self._add(test, SKIP, reason)


def jobs(context):
    """One job a file of tests/tools."""
    folder = context.path("tests", "tools")

    def job(path):
        name = path.stem.removeprefix("test_")

        def run():
            suite = unittest.TestLoader().discover(str(folder), pattern=path.name)
            recorder = _Recorder(f"tools.{name}")
            suite.run(recorder)
            return recorder.cases
        return Job(name, run)
    return [job(path) for path in sorted(folder.glob("test_*.py"))]
