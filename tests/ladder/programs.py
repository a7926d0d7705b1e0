# SPDX-License-Identifier: GPL-2.0-only
"""Host programs that test: they print TAP (cmocka) or TEST lines, and their exit status counts."""

import os
import re
import subprocess

from .verdict import Case, ERROR, FAIL, PASS, SKIP, parse_lines

TAP_LINE = re.compile(r"^(ok|not ok) \d+ - (\S+)(?: # (SKIP|skip)\s*(.*))?", re.MULTILINE)


def _tap(output, prefix):
    cases = []
    for match in TAP_LINE.finditer(output):
        name = f"{prefix}.{match[2]}"
        if match[3]:
            cases.append(Case(name, SKIP, match[4] or "skipped by the test"))
        elif match[1] == "ok":
            cases.append(Case(name, PASS))
        else:
            cases.append(Case(name, FAIL, _reason(output, match.end()), output=output))
    return cases


def _reason(output, position):
    for line in output[position:].splitlines():
        if line.startswith("#") and line.strip("# "):
            return line.strip("# ")
        if line.strip():
            break
    return "see the output"


def run_program(path, prefix, timeout=120, arguments=(), only=""):
    """Run one test program, or only some of its tests; its cases, and an ERROR when it ends other than it says."""
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", LC_ALL="C",
               ASAN_OPTIONS="abort_on_error=0:detect_leaks=1:detect_stack_use_after_return=0",
               UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1")
    if only:
        env["UNIT_ONLY"] = only
    argv = ["/usr/bin/python3", path] if str(path).endswith(".py") else [path]
    try:
        done = subprocess.run([*argv, *arguments], env=env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                              timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode("utf-8", "replace") if late.stdout else ""
        return [Case(prefix, FAIL, f"no end within {timeout} s", output=output)]
    output = done.stdout
    cases = _tap(output, prefix) or parse_lines(output, prefix + ".")
    planned = re.search(r"^1\.\.(\d+)", output, re.MULTILINE)
    if planned and int(planned[1]) != len(cases):
        cases.append(Case(prefix, ERROR, f"{len(cases)} of {planned[1]} tests reported",
                          output=output))
    failed = any(case.verdict in (FAIL, ERROR) for case in cases)
    if done.returncode != 0 and not failed:
        words = [line for line in output.splitlines() if "ERROR:" in line or "runtime error" in line]
        cases.append(Case(prefix, FAIL, (words or [f"exit status {done.returncode}"])[0].strip(),
                          output=output))
    if not cases:
        cases.append(Case(prefix, ERROR, f"{os.path.basename(path)} reported no test",
                          output=output))
    return cases
