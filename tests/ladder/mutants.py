# SPDX-License-Identifier: GPL-2.0-only
"""The tests themselves under test: the hypervisor is broken on purpose, and a test must see it.

Each tests/mutants/*.patch is applied in a copy of the tree that has build directories of its own; its tests
are run there by this ladder, on our side alone. KILLED: a case fails, or the hypervisor dies. SURVIVED: all
pass. BROKEN: the patch does not apply, something does not build, no test ran, or one fails without the
mutant too: each test is run once on the tree as it is, which also builds what it needs. What was built is
kept aside while a mutant is tried, and put back, so that a mutant costs what depends on its files, once.

`make check` runs a tenth, which changes from day to day; T=mutants, T=mutants.NAME (`make mutants M=NAME`)
and `make check-full` run all.
"""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import threading

from . import junit, mutant, scratch
from .make import MakeFailed, make
from .verdict import Case, ERROR, FAIL, Job, PASS, SKIP, today

LIMIT = 40    # seconds a test may take at most: with a mutant it may never end
SHARES = 10
SHARE = re.compile(r"(\d+)/(\d+)")
UNIT_ROOMS = ("common/", "xsm/", "drivers/passthrough/")
KILLED, SURVIVED, BROKEN = "KILLED", "SURVIVED", "BROKEN"
VERDICTS = {KILLED: PASS, SURVIVED: FAIL, BROKEN: ERROR}

_told = {"killed": 0, "run": 0, "part": ""}


class Broken(Exception):
    """A mutant cannot be judged; the message says why."""


@dataclasses.dataclass
class Outcome:
    """What a run of one test came to: its first failing case, or None."""

    failed: Case


def apply_patch(root, one, *options):
    """Apply a mutant's patch to a tree; why it does not apply, or ""."""
    done = subprocess.run(["git", "apply", "--recount", "-C1", *options, "-"], cwd=root, text=True,
                          env=scratch.outside_git(root), input=one.patch, stderr=subprocess.PIPE, check=False)
    if not done.returncode:
        return ""
    return f"the patch does not apply: {(done.stderr.strip().splitlines() or ['?'])[0]}"


class Copy:
    """A copy of the tree for mutants of one kind: one at a time may use it."""

    def __init__(self, context, kind):
        self.context = context
        self.root = context.made("mutants", kind)
        self.env = scratch.outside_git(self.root) | {"ACCEL": "tcg"}  # the verdicts are TCG's
        self.fresh = False
        self.passing = {}  # (test, words, boot): why it fails without a mutant, or ""
        self.lock = threading.Lock()

    def ready(self):
        """The files as they are in the tree, a mutant left by a run that was cut short included."""
        with self.lock:
            if not self.fresh:
                scratch.refresh(self.context.root, self.root)
                self.fresh = True

    def build(self, words):
        """The build directory for a set of make variables."""
        name = "-".join(["build", *words])
        return self.root / re.sub(r"[^\w-]+", "_", name)

    def run(self, test, one):
        """One test, by the ladder of the copy; an Outcome, or Broken."""
        build = self.build(one.words)
        report = build / "check" / "junit.xml"
        report.unlink(missing_ok=True)
        argv = [sys.executable, "tests/check.py", "--build", str(build), "--cc", self.context.cc, "--jobs", "1",
                "--test", test, "--ours", "--limit", str(LIMIT), f"--boot={one.boot}",
                *(f"--make={word}" for word in ["DEBUG=y", *one.words])]
        done = subprocess.run(argv, cwd=self.root, env=self.env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace", check=False)
        if done.returncode == 2 or not report.exists():
            raise Broken(f"{test}: {(done.stderr.strip() or 'no report').splitlines()[-1]}")
        return Outcome(judge(test, junit.read(report)))

    def kept(self, one):
        """Where the build directory is kept while a mutant is tried."""
        build = self.build(one.words)
        return build.with_name(build.name + ".kept")

    def apply(self, one):
        """Patch the copy; what its files held before, and their times."""
        before = {}
        for name in one.files:
            if not (self.root / name).is_file():
                raise Broken(f"there is no {name}")
            before[name] = (self.root / name).read_bytes(), (self.root / name).stat().st_mtime_ns
        if why := apply_patch(self.root, one):
            raise Broken(why)
        if all((self.root / name).read_bytes() == text for name, (text, _) in before.items()):
            raise Broken("the patch changes nothing")
        shutil.rmtree(self.kept(one), ignore_errors=True)
        subprocess.run(["cp", "-a", self.build(one.words), self.kept(one)], check=True)
        return before

    def compile(self, one):
        """The objects of what is patched: where they do not build, an older one must not be tested."""
        build = self.build(one.words)
        sources = [name.rpartition(".")[0] for name in one.files if name.endswith((".c", ".S"))]
        targets = [build / f"{name}.o" for name in sources]
        if any(test.startswith("unit.") for test in one.tests):
            targets += [build / "tests" / "unit" / "hv" / f"{name}.o" for name in sources
                        if name.startswith(UNIT_ROOMS)]
        try:
            if targets:
                make(self.context, "DEBUG=y", *one.words, *map(str, targets), build=build, root=self.root)
        except MakeFailed as failed:
            raise Broken(str(failed).splitlines()[0]) from None

    def restore(self, one, before):
        """Take a patch back, and what was made with it: to make, nothing has happened."""
        for name, (contents, when) in before.items():
            (self.root / name).write_bytes(contents)
            os.utime(self.root / name, ns=(when, when))
        shutil.rmtree(self.build(one.words), ignore_errors=True)
        self.kept(one).rename(self.build(one.words))

    def fails_without(self, test, one):
        """Why a test fails on the tree as it is, or ""; each is run once."""
        key = (test, *one.words, one.boot)
        if key not in self.passing:
            failed = self.run(test, one).failed
            self.passing[key] = f"{failed.name}: {failed.reason}" if failed else ""
        return self.passing[key]


def judge(test, cases):
    """The first case that fails, or None when all pass; Broken when nothing was tested."""
    for case in cases:
        if case.untested:
            raise Broken(f"{test}: {case.reason}")
    failed = [case for case in cases if case.verdict in (FAIL, ERROR)]
    if failed:
        return failed[0]
    if not any(case.verdict == PASS for case in cases):
        raise Broken(f"{test}: {cases[0].reason if cases else 'no case'}")
    return None


def try_mutant(copy, one):
    """(KILLED, SURVIVED or BROKEN, by what or why)."""
    copy.ready()
    try:
        for test in one.tests:  # the first that sees it is enough; what others need is then not built
            if reason := copy.fails_without(test, one):
                return BROKEN, f"fails without the mutant too: {reason}"
            before = copy.apply(one)
            try:
                copy.compile(one)
                failed = copy.run(test, one).failed
            finally:
                copy.restore(one, before)
            if failed:
                return KILLED, f"by {failed.name}: {failed.reason}"
    except Broken as reason:
        return BROKEN, str(reason)
    return SURVIVED, f"all pass: {', '.join(one.tests)}"


def kind(one):
    """Which copy a mutant is tried in: two kinds, so that each copy builds only what its tests need."""
    return "unit" if one.tests[0].startswith("unit.") else "image"


def part(context, names):
    """(the names to run, what to say of the part): all, or the K-th of N parts."""
    if not context.share and (context.full or context.only):
        return names, ""
    match = SHARE.fullmatch(context.share or f"{today() % SHARES + 1}/{SHARES}")
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError(f"MUTANTS={context.share}: a part is K/N, as 3/10")
    number, parts = int(match[1]), int(match[2])
    return names[number - 1::parts], f"part {number} of {parts}; MUTANTS={number}/{parts} runs the same"


def mapped(context, mutants, malformed):
    """Every row of the table has a mutant, every mutant a row that lists its test; files are well-formed and apply."""
    rows = mutant.table(context.path("docs", "testing.md").read_text(encoding="utf-8"))
    found = mutant.mapping(rows, mutants) | malformed
    found.update((name, found.get(name) or apply_patch(context.root, one, "--check")) for name, one in mutants.items())
    return [Case(f"mapping.{name}", FAIL if wrong else PASS, wrong) for name, wrong in found.items()]


def report_job(rung, job, cases, seconds):
    """A line a mutant; the faults of the mapping, which may be many, are told once, at the end."""
    if job.name == "mapping":
        wrong = sum(case.verdict != PASS for case in cases)
        print(f"{FAIL if wrong else PASS:8} {rung}.mapping: {wrong} faults of {len(cases)} rows and files", flush=True)
        return
    case = cases[0]
    verdict = next((name for name, what in VERDICTS.items() if what == case.verdict), case.verdict)
    _told["run"] += 1
    _told["killed"] += verdict == KILLED
    print(f"{verdict:8} {job.name}: {case.reason.splitlines()[0][:300]} ({seconds:.1f} s)", flush=True)


def closing_lines():
    """N of N killed."""
    if not _told["run"]:
        return []
    return [f"mutants: {_told['killed']} of {_told['run']} killed" + (f" ({_told['part']})" if _told["part"] else "")]


def jobs(context):
    """The mapping, and one job a mutant; those with the same test one after the other."""
    _told.update(killed=0, run=0, part="")
    mutants, malformed = mutant.read_all(context.path("tests", "mutants"))
    if not mutants and not malformed:
        return [Job("none", lambda: [Case("mutants", SKIP, "tests/mutants has no patch")])]
    chosen, _told["part"] = part(context, sorted(mutants))
    copies = {name: Copy(context, name) for name in ("unit", "image")}

    def job(one):
        def run():
            verdict, reason = try_mutant(copies[kind(one)], one)
            return [Case(one.name, VERDICTS[verdict], reason)]
        return Job(one.name, run, uses=kind(one))
    order = sorted((mutants[name] for name in chosen),
                   key=lambda one: (kind(one), one.words, one.boot, one.tests, one.name))
    return [Job("mapping", lambda: mapped(context, mutants, malformed)), *map(job, order)]
