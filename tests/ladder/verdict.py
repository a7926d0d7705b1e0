# SPDX-License-Identifier: GPL-2.0-only
"""Cases, verdicts and the TEST lines that programs under test print."""

import dataclasses
import re
import time

PASS, FAIL, SKIP, ERROR = "PASS", "FAIL", "SKIP", "ERROR"

TEST_LINE = re.compile(r"TEST ([\w.+/-]+) (PASS|FAIL|SKIP|ERROR)(?:[ \t]+(.*))?$", re.MULTILINE)


@dataclasses.dataclass
class Case:
    """One verdict. FAIL is our fault, ERROR the test's own; a SKIP says why."""

    name: str
    verdict: str
    reason: str = ""
    seconds: float = 0.0
    output: str = ""
    untested: bool = False  # an ERROR that says nothing of the code: no test ran


def parse_lines(output, prefix=""):
    """Cases from the TEST lines of a program's output; a name said twice keeps its worst verdict."""
    order = {PASS: 0, SKIP: 1, ERROR: 2, FAIL: 3}
    cases = {}
    for match in TEST_LINE.finditer(output):
        name, verdict, reason = prefix + match[1], match[2], (match[3] or "").strip()
        known = cases.get(name)
        if known is None or order[verdict] > order[known.verdict]:
            cases[name] = Case(name, verdict, reason)
    return list(cases.values())


@dataclasses.dataclass
class Job:
    """Something to run: run() returns cases. Jobs of a rung may run side by side."""

    name: str
    run: object
    exclusive: bool = False  # wants the machine for itself (many emulated CPUs)
    uses: str = ""           # what no two jobs may use at once: a folder
    days: int = 1            # `make check` runs it on one day of so many


def today():
    """The day's number, which picks what of the rotating tests `make check` runs."""
    return int(time.time()) // (24 * 3600)


def of_the_day(jobs, day):
    """The jobs of each day, and of those that run on one day of N, every N-th."""
    places = {}
    chosen = []
    for job in jobs:
        place = places[job.days] = places.get(job.days, -1) + 1
        if (day + place) % job.days == 0:
            chosen.append(job)
    return chosen


@dataclasses.dataclass
class Context:
    """What every rung is given."""

    root: object          # pathlib.Path of the source tree
    build: object         # pathlib.Path of the build directory
    cc: str = "gcc"
    full: bool = False
    only: str = ""        # a name given with T=, so that a job can narrow what it runs
    words: tuple = ()     # variables for every make
    share: str = ""       # which mutants: K/N
    ours: bool = False    # not on the reference
    limit: float = 0      # seconds that a test may take at most, where the usual limit is longer
    boot: str = ""        # more options of our hypervisor, for test kernels

    def at_most(self, seconds):
        """A test's time limit."""
        return min(seconds, self.limit) if self.limit else seconds

    def path(self, *parts):
        """A path below the source tree."""
        return self.root.joinpath(*parts)

    def made(self, *parts):
        """A path below the build directory."""
        return self.build.joinpath(*parts)
