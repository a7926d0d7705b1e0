# SPDX-License-Identifier: GPL-2.0-only
"""One emulator process and its serial line.

Owns the process: it is always reaped, and never outlives its time limit. Used by Machine and Bochs,
and by tests that hold a conversation with a shell on the serial line.
"""

import dataclasses
import os
import re
import selectors
import signal
import subprocess
import sys
import time

OUTPUT_LIMIT = 64 << 20  # a guest that floods its console ends here
SETTLE_SECONDS = 0.3     # what may still follow the line that ends a run
ANSWER_SECONDS = 15.0    # for what is asked of a guest that has fallen silent


@dataclasses.dataclass
class Result:
    """What a run left behind."""

    output: str        # all of the serial line, carriage returns removed
    status: int        # the emulator's exit status; negative: the signal that ended it
    seconds: float
    timed_out: bool = False
    reason: str = "exit"  # exit, until, time-out, flood, silence

    def tail(self, lines=20):
        """The last lines of the output, for a failure message."""
        return "\n".join(self.output.splitlines()[-lines:])


class Session:
    """A running emulator whose serial line is the process's stdin and stdout."""

    def __init__(self, argv, timeout, stdin=False, echo=False, cleanup=None):
        self.argv = argv
        self.deadline = time.monotonic() + timeout
        self.started = time.monotonic()
        self.raw = bytearray()
        self.position = 0
        self.echo = echo
        self.cleanup = cleanup
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def output(self):
        """The serial line so far."""
        return self.raw.decode("utf-8", "replace").replace("\r", "")

    def send(self, text):
        """Type text on the serial line."""
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def read(self, timeout):
        """Take what has arrived, waiting at most timeout; False at the end of the output."""
        if not self.selector.select(max(0.0, timeout)):
            return True
        data = os.read(self.process.stdout.fileno(), 65536)
        self.raw += data
        if self.echo and data:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        return bool(data)

    def expect(self, pattern, timeout=None):
        """Wait for a pattern after the last match; return the match, or None at end or time-out."""
        compiled = re.compile(pattern if isinstance(pattern, bytes) else pattern.encode())
        deadline = self.deadline
        if timeout is not None:
            deadline = min(deadline, time.monotonic() + timeout)
        alive = True
        while True:
            match = compiled.search(self.raw, self.position)
            if match:
                self.position = match.end()
                return match
            left = deadline - time.monotonic()
            if left <= 0 or not alive or len(self.raw) > OUTPUT_LIMIT:
                return None
            alive = self.read(left)

    def finish(self, until=None, silence=0.0, question="", react=None):
        """Run to the end, to a match of until, or to the time limit; reap; return the Result.

        After so many seconds of silence, where they are given, the question is typed, its answer is
        taken, and the run is over. react(session) is called when there is more to read.
        """
        compiled = re.compile(until.encode()) if until else None
        scanned, heard = 0, time.monotonic()
        while True:
            now, quiet_until = time.monotonic(), heard + silence if silence else self.deadline
            reason = self._over(now, quiet_until)
            if reason:
                break
            if not self.read(min(self.deadline, quiet_until) - now):
                reason = "exit"
                break
            if len(self.raw) > scanned:
                heard = time.monotonic()
                if react:
                    react(self)
            if compiled and compiled.search(self.raw, max(0, scanned - 4096)):
                reason = "until"
                self._listen(SETTLE_SECONDS)
                break
            scanned = len(self.raw)
        if reason == "silence" and question:
            self.send(question)
            self._listen(ANSWER_SECONDS)
        status = self.close()
        return Result(self.output, status, time.monotonic() - self.started,
                      timed_out=reason == "time-out", reason=reason)

    def _over(self, now, quiet_until):
        """Why a run is over whose emulator still goes; empty when it is not."""
        if now >= self.deadline:
            return "time-out"
        if now >= quiet_until:
            return "silence"
        return "flood" if len(self.raw) > OUTPUT_LIMIT else ""

    def _listen(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.read(end - time.monotonic()):
            pass

    def close(self):
        """End the process if it still runs; its exit status."""
        if self.process.poll() is None:
            try:
                self.process.wait(timeout=2 if self.process.stdout.closed else 0.5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait()
        self.selector.close()
        for stream in (self.process.stdout, self.process.stdin):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        if self.cleanup:
            self.cleanup()
            self.cleanup = None
        return status
