# SPDX-License-Identifier: GPL-2.0-only
"""Runs jobs side by side; turns silence and exceptions into ERROR cases."""

import concurrent.futures
import threading
import time
import traceback

from .verdict import Case, ERROR


class Slots:
    """Counts running jobs; an exclusive job takes every slot."""

    def __init__(self, count):
        self.count = count
        self.free = count
        self.condition = threading.Condition()

    def take(self, want):
        """Wait for want slots; first come, first served is not needed."""
        with self.condition:
            self.condition.wait_for(lambda: self.free >= want)
            self.free -= want

    def give(self, had):
        """Return slots."""
        with self.condition:
            self.free += had
            self.condition.notify_all()


def run_job(job):
    """The job's cases; never empty, never an exception."""
    started = time.monotonic()
    try:
        cases = list(job.run())
        if not cases:
            cases = [Case(job.name, ERROR, "said nothing")]
    except Exception as error:  # a broken test must not hide the others
        cases = [Case(job.name, ERROR, f"{type(error).__name__}: {error}",
                      output=traceback.format_exc())]
    seconds = time.monotonic() - started
    for case in cases:
        case.seconds = case.seconds or seconds / len(cases)
    return cases, seconds


def run_jobs(jobs, width, report):
    """Run all jobs, at most width at a time; report(job, cases, seconds) as each one ends."""
    slots = Slots(width)
    lock = threading.Lock()
    results = {}

    def one(index, job):
        want = width if job.exclusive else 1
        slots.take(want)
        try:
            cases, seconds = run_job(job)
        finally:
            slots.give(want)
        with lock:
            results[index] = cases
            report(job, cases, seconds)

    with concurrent.futures.ThreadPoolExecutor(max_workers=width) as pool:
        futures = [pool.submit(one, index, job) for index, job in enumerate(jobs)]
        for future in futures:
            future.result()
    return [results[index] for index in range(len(jobs))]
