# SPDX-License-Identifier: GPL-2.0-only
"""Checks that need a tool: formatting, lock annotations, headers that stand alone."""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess

from .tree import ROOT, Finding

HV = ("common/", "arch/", "drivers/", "xsm/", "include/hv/")
# Versions differ in casts of a bracket's content and in braces of a macro.
FORMAT_VERSION = 14
MESSAGE = re.compile(r"^(?P<path>[^:\s]+):(?P<line>\d+):\d+: (?:error|warning|fatal error): (?P<text>.*)")


class Absent(Exception):
    """A tool or an input that the check needs is not there; the message says which."""


def _need(tool):
    if not shutil.which(tool):
        raise Absent(f"{tool} is not installed")


def _run(argv):
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, check=False)


def _messages(name, done):
    found = []
    for line in (done.stderr + done.stdout).splitlines():
        match = MESSAGE.match(line)
        if match:
            found.append(Finding(match["path"], int(match["line"]), match["text"]))
    if done.returncode != 0 and not found:
        found.append(Finding(name, 1, (done.stderr.strip() or "failed").splitlines()[-1]))
    return found


def _each(function, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(function, items):
            yield from findings


def formatter():
    """The clang-format of the version that decides, by either of its names."""
    said = ""
    for tool in (f"clang-format-{FORMAT_VERSION}", "clang-format"):
        if shutil.which(tool):
            said = _run([tool, "--version"]).stdout.strip()
            if re.search(rf"version {FORMAT_VERSION}\.", said):
                return tool
    raise Absent(f"clang-format {FORMAT_VERSION} decides, here is {said}" if said else "clang-format is not installed")


def formatting(tree):
    """clang-format decides."""
    tool = formatter()
    names = tree.select(".c", ".h")
    groups = [names[i:i + 20] for i in range(0, len(names), 20)]

    def one(group):
        done = _run([tool, "--dry-run", "-Werror", "--ferror-limit=1", *group])
        first = {}
        for finding in _messages(group[0], done):
            first.setdefault(finding.path, finding)
        return [Finding(f.path, f.line, "not as clang-format has it (make format)")
                for f in first.values()]
    yield from _each(one, groups)


def _commands(tree):
    """The compile commands of all hypervisor sources, from the build."""
    path = tree.build / "compile_commands.json"
    done = _run(["make", "-s", f"O={tree.build}", f"CC={tree.cc}", str(path)])
    if done.returncode != 0 or not path.exists():
        raise Absent("the build gives no compile_commands.json: "
                     + (done.stderr.strip() or "no message").splitlines()[-1])
    return json.loads(path.read_text(encoding="utf-8"))


GCC_ONLY = ("-mindirect-branch", "-fconserve-stack", "-fno-delete-null-pointer-checks",
            "-mpreferred-stack-boundary")


def _as_clang(arguments):
    """A gcc command of the build, for clang's analysis."""
    words = []
    skip = False
    for word in arguments[1:]:
        if skip:
            skip = False
        elif word in ("-o", "-c", "-isystem"):
            skip = word != "-c"
        elif not word.startswith(GCC_ONLY):
            words.append(word)
    resource = _run(["clang", "-print-file-name=include"]).stdout.strip()
    return ["clang", "-isystem", resource, *words[:-1]], words[-1]


def thread_safety(tree):
    """Locks are stated in signatures; clang checks the statements."""
    _need("clang")
    commands = _commands(tree)
    if not commands:
        raise Absent("no hypervisor source to analyse")

    def one(entry):
        words, source = _as_clang(entry["arguments"])
        done = _run([*words, "-Wthread-safety", "-fsyntax-only", source])
        return _messages(source, done)
    yield from _each(one, commands)


def headers(tree):
    """Every internal header compiles alone, and twice."""
    commands = _commands(tree)
    if not commands:
        raise Absent("no compile command to take the flags from")
    words = commands[0]["arguments"]
    flags = [word for word in words[:words.index("-c")] if word != "-Wmissing-prototypes"]
    names = tree.select(".h", under=("include/hv/", "arch/x86/include/", "common/", "xsm/",
                                     "drivers/", "arch/x86/"))

    def one(name):
        unit = f'#include "{name}"\n#include "{name}"\n'
        done = subprocess.run([*flags, "-I", ".", "-x", "c", "-fsyntax-only", "-"], cwd=ROOT,
                              input=unit, capture_output=True, text=True, check=False)
        return _messages(name, done)
    yield from _each(one, sorted(set(names)))
