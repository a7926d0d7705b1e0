# SPDX-License-Identifier: GPL-2.0-only
"""Protocols as models (tests/model/*.pml), checked in every interleaving by spin.

A model names its own ways of being wrong, BREAK_*: each of them must be found, or the model shows nothing.
"""

import re
import shutil
import subprocess
import tempfile

from .verdict import Case, ERROR, FAIL, Job, PASS, SKIP

SECONDS = 120
BREAK = re.compile(r"^#ifn?def (BREAK_\w+)", re.MULTILINE)


def explore(path, define=""):
    """(errors found, what spin said); the model is compiled and searched whole, in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="corbel-model-") as scratch:
        said = ""
        for command in (["spin", "-a", *([f"-D{define}"] if define else []), str(path)],
                        ["gcc", "-O2", "-w", "-DSAFETY", "-DVECTORSZ=4096", "-o", "pan", "pan.c"],
                        ["./pan", "-m100000"]):
            done = subprocess.run(command, cwd=scratch, stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=SECONDS, check=False)
            said += done.stdout
            if done.returncode and command[0] != "./pan":
                return None, said
        errors = re.search(r"errors: (\d+)", said)
        complete = "Search not completed" not in said or (errors and int(errors[1]))
        return (int(errors[1]) if errors and complete else None), said


def check(path):
    """The model itself, then each of its breakages."""
    cases = []
    for define in ("", *sorted(set(BREAK.findall(path.read_text(encoding="utf-8"))))):
        name = f"model.{path.stem}" + (f".{define.lower()}" if define else "")
        errors, said = explore(path, define)
        if errors is None:
            cases.append(Case(name, ERROR, "the search did not end", output=said))
        elif define:
            cases.append(Case(name, PASS if errors else FAIL, "" if errors else "not found",
                              output="" if errors else said))
        else:
            cases.append(Case(name, FAIL if errors else PASS, "an interleaving breaks it" if errors
                              else "", output=said if errors else ""))
    return cases


def jobs(context):
    """One job a model."""
    if not shutil.which("spin"):
        return [Job("none", lambda: [Case("model", SKIP, "spin is not installed")])]
    return [Job(path.stem, lambda path=path: check(path))
            for path in sorted(context.path("tests", "model").glob("*.pml"))]
