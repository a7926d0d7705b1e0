# SPDX-License-Identifier: GPL-2.0-only
"""The test ladder in one command: `make check`, or tests/check.py --help.

Rungs, from cheap to dear: lint, tools, build, unit, model, abi, guest (on ours and on the reference), preempt, stamps,
isolated, grants, clock, firmware, crash, dom0, kvm, linux, bochs, mutants.
Every case ends in PASS, FAIL (ours), SKIP (says why) or ERROR (the test's own fault, counted as a
failure). Writes JUnit XML to BUILD/check/junit.xml; the last line is `N passed, N failed, N skipped`. The exit
status is 0 when nothing failed, 1 when something did, and 2 when something could not be built.
"""

import argparse
import fnmatch
import importlib
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from boot import BootError, accel  # noqa: E402
from ladder import junit, kernels, make, pool  # noqa: E402
from ladder.verdict import ERROR, FAIL, PASS, SKIP, Case, Context, of_the_day, today  # noqa: E402

RUNGS = ("lint", "tools", "build", "unit", "model", "abi", "guest", "preempt", "stamps", "isolated", "grants", "clock",
         "firmware", "crash", "dom0", "kvm", "linux", "bochs", "mutants")


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--full", action="store_true", help="the whole matrix")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--list", action="store_true", help="name the jobs and stop")
    parser.add_argument("--test", default="",
                        help="a rung, a job, or one case (rung.suite.name); * matches anything")
    parser.add_argument("--mutants", default="", metavar="K/N", help="which part of the mutants")
    parser.add_argument("--ours", action="store_true", help="test kernels not on the reference")
    parser.add_argument("--limit", type=float, default=0, help="the most seconds that a test may take")
    parser.add_argument("--boot", default="", help="more options of our hypervisor, for test kernels")
    parser.add_argument("--make", action="append", default=[], metavar="NAME=VALUE",
                        help="a variable for every make")
    return parser.parse_args()


def selected(rung, job_name, wanted):
    """Does T= ask for this job? It may name the rung, the job, or a case inside the job."""
    if not wanted or wanted == rung:
        return True
    full = f"{rung}.{job_name}"
    if fnmatch.fnmatchcase(full, wanted) or wanted.startswith(full + "."):
        return True
    # Without its rung's name; a rung's own name is never taken for a job's.
    return wanted.split(".")[0] not in RUNGS and (
        fnmatch.fnmatchcase(job_name, wanted) or wanted.startswith(job_name + "."))


def sideless(name):
    """A case's name without the hypervisor that it ran on: job.ours.suite.case is job.suite.case."""
    first, _, rest = name.partition(".")
    side, _, last = rest.partition(".")
    return f"{first}.{last}" if side in ("ours", "reference") and last else name


def narrow(cases, rung, job_name, wanted):
    """Of a job's cases, those that T= names, and what failed as a whole; a T= that names no case gives an error."""
    whole = not wanted or wanted in (rung, job_name) or fnmatch.fnmatchcase(
        f"{rung}.{job_name}", wanted)
    if whole:
        return cases
    # A hypervisor that died, an audit, a leak that is found at a program's end.
    all_of_it = (job_name, f"{rung}.{job_name}", f"{job_name}.{job_name}")
    chosen = [case for case in cases if case.verdict == ERROR
              or (case.verdict == FAIL and sideless(case.name) in all_of_it)
              or any(fnmatch.fnmatchcase(name, wanted) for plain in (case.name, sideless(case.name))
                     for name in (plain, f"{rung}.{plain}"))]
    return chosen or [Case(wanted, ERROR, f"{job_name} has no such case", untested=True)]


def report_job(rung, job, cases, seconds):
    """One line a job; every case that is not a PASS has a line of its own."""
    counts = {verdict: sum(case.verdict == verdict for case in cases)
              for verdict in (PASS, FAIL, ERROR, SKIP)}
    worst = next(v for v in (ERROR, FAIL, PASS, SKIP) if counts[v])
    words = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    print(f"{worst:5} {rung}.{job.name}: {words} ({seconds:.1f} s)", flush=True)
    for case in cases:
        if case.verdict == PASS:
            continue
        print(f"      {case.verdict} {case.name}: {case.reason}")
        if case.verdict in (FAIL, ERROR) and case.output:
            for line in case.output.rstrip().splitlines()[-15:]:
                print(f"        | {line}")
    sys.stdout.flush()


def run_rung(rung, context, args):
    """All selected jobs of one rung; the cases, or None when nothing was selected."""
    asked = args.test.split(".")[0]
    if asked in RUNGS and asked != rung:
        return None  # to say what it would run, a rung may build
    module = importlib.import_module(f"ladder.{rung}")
    try:
        jobs = [job for job in module.jobs(context) if selected(rung, job.name, args.test)]
        if not args.test and not args.full:
            jobs = of_the_day(jobs, today())
    except Exception as error:  # a rung that cannot say what it would run
        return [Case(rung, ERROR, f"{type(error).__name__}: {error}", untested=True)]
    if args.list:
        for job in jobs:
            print(f"{rung}.{job.name}")
        return None
    if not jobs:
        return None
    report = getattr(module, "report_job", report_job)
    results = pool.run_jobs(jobs, args.jobs,
                            lambda job, cases, seconds: report(rung, job, cases, seconds))
    cases = []
    for job, found in zip(jobs, results):
        cases += narrow(found, rung, job.name, args.test)
    return cases


def print_summary(rungs, took, extra, seconds):
    """Each failure once more, a line a rung, what the rungs want to say, and the closing line."""
    print()
    for rung, cases in rungs.items():
        for case in cases:
            if case.verdict in (FAIL, ERROR):
                print(f"{case.verdict} {rung}.{case.name}: {case.reason}")
    print(f"{'rung':8}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    totals = [0, 0, 0]
    for rung, cases in rungs.items():
        row = [sum(c.verdict == PASS for c in cases),
               sum(c.verdict in (FAIL, ERROR) for c in cases),
               sum(c.verdict == SKIP for c in cases)]
        totals = [a + b for a, b in zip(totals, row)]
        print(f"{rung:8}{row[0]:8}{row[1]:8}{row[2]:9}{took.get(rung, 0):9.0f}")
    for line in extra:
        print(line)
    print(f"{seconds:.0f} s")
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped", flush=True)
    return totals


def main():
    """Run the ladder; 0 when nothing failed and something passed."""
    args = parse_arguments()
    os.chdir(ROOT)
    context = Context(ROOT, args.build.resolve(), args.cc, args.full, args.test, tuple(args.make),
                      args.mutants, args.ours, args.limit, args.boot)
    args.test = context.only = kernels.whole_name(context, args.test)
    try:
        choice = accel.chosen()
    except BootError as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    if not args.list:
        print(f"QEMU: {choice}" + ("; guest, dom0, kvm and linux, the other rungs by TCG"
                                   if choice.accel == "kvm" else ""), flush=True)
    started = time.monotonic()
    rungs, took = {}, {}
    for rung in RUNGS:
        begun = time.monotonic()
        cases = run_rung(rung, context, args)
        if cases is not None:
            rungs[rung] = cases
            took[rung] = time.monotonic() - begun
    if args.list:
        return 0
    if not rungs:
        rungs["check"] = [Case(args.test, ERROR, "no test has this name", untested=True)]
        print(f"ERROR no test is called {args.test!r}; --list names them")
    extra = []
    for rung in rungs:
        if rung != "check":
            module = importlib.import_module(f"ladder.{rung}")
            extra += getattr(module, "closing_lines", lambda: [])()
    junit.write(context.made("check", "junit.xml"), rungs)
    passed, failed, _ = print_summary(rungs, took, extra, time.monotonic() - started)
    if failed and make.failures:
        print("\n".join(make.failures), file=sys.stderr)
        return 2
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
