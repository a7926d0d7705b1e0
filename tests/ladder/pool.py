# SPDX-License-Identifier: GPL-2.0-only
"""Runs jobs side by side; turns silence and exceptions into ERROR cases.

Jobs start in their order; one overtakes only another that waits for what a running job uses.
"""

import concurrent.futures
import threading
import time
import traceback

from .verdict import Case, ERROR


class Queue:
    """Jobs that wait, and slots for those that run; an exclusive job takes every slot."""

    def __init__(self, jobs, count):
        self.waiting = list(enumerate(jobs))
        self.count = count
        self.free = count
        self.used = set()
        self.condition = threading.Condition()

    def _want(self, job):
        return self.count if job.exclusive else 1

    def _first(self):
        """The first job that nothing in use keeps back, when there are slots for it."""
        for index, job in self.waiting:
            if job.uses not in self.used:
                return (index, job) if self.free >= self._want(job) else None
        return None

    def take(self):
        """Wait for the next job that may run; (its place, the job), or None when all have started."""
        with self.condition:
            self.condition.wait_for(lambda: not self.waiting or self._first())
            entry = self._first()
            if entry:
                self.waiting.remove(entry)
                self.free -= self._want(entry[1])
                self.used |= {entry[1].uses} - {""}
                self.condition.notify_all()
            return entry

    def give(self, job):
        """A job has ended."""
        with self.condition:
            self.free += self._want(job)
            self.used.discard(job.uses)
            self.condition.notify_all()


def run_job(job):
    """The job's cases; never empty, never an exception."""
    started = time.monotonic()
    try:
        cases = list(job.run())
        if not cases:
            cases = [Case(job.name, ERROR, "said nothing", untested=True)]
    except Exception as error:  # a broken test must not hide the others
        cases = [Case(job.name, ERROR, f"{type(error).__name__}: {error}",
                      output=traceback.format_exc(), untested=True)]
    seconds = time.monotonic() - started
    for case in cases:
        case.seconds = case.seconds or seconds / len(cases)
    return cases, seconds


def run_jobs(jobs, width, report):
    """Run all jobs, at most width at a time; report(job, cases, seconds) as each one ends."""
    queue = Queue(jobs, width)
    lock = threading.Lock()
    results = {}

    def work():
        while entry := queue.take():
            index, job = entry
            try:
                cases, seconds = run_job(job)
            finally:
                queue.give(job)
            with lock:
                results[index] = cases
                report(job, cases, seconds)

    with concurrent.futures.ThreadPoolExecutor(max_workers=width) as pool:
        for future in [pool.submit(work) for _ in range(width)]:
            future.result()
    return [results[index] for index in range(len(jobs))]
