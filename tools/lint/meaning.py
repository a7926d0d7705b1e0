# SPDX-License-Identifier: GPL-2.0-only
"""Checks of agreement between files: options, generated documents, operation rows."""

import re
import subprocess
import tomllib

from .tree import ROOT, Finding


def kconfig(tree):
    """Every CONFIG_ that is used is declared, and every declared one is used."""
    declared = {}
    for name in tree.names:
        if name.split("/")[-1] == "Kconfig":
            for number, line in tree.lines(name):
                match = re.match(r"(?:menu)?config (\w+)", line)
                if match:
                    declared[match[1]] = (name, number)
    used = {}
    for name in tree.select(".c", ".h", ".S", ".mk", "Makefile", under=(
            "common/", "arch/", "drivers/", "xsm/", "include/hv/", "tools/build/", "Makefile")):
        for number, line in tree.lines(name):
            for symbol in re.findall(r"\bCONFIG_([A-Z0-9_]+)\b", line):
                used.setdefault(symbol, (name, number))
    internal = {"X"}  # the example in the Makefile's opening
    for symbol, (name, number) in sorted(used.items()):
        if symbol not in declared and symbol not in internal and not name.endswith("config.h"):
            yield Finding(name, number, f"CONFIG_{symbol} is in no Kconfig")
    for symbol, (name, number) in sorted(declared.items()):
        if symbol not in used:
            yield Finding(name, number, f"option {symbol} is used nowhere")


def sources(tree):
    """Every hypervisor source is named in a files.mk."""
    named = set()
    for name in tree.select("files.mk"):
        folder = name.rsplit("/", 1)[0]
        text = tree.text(name).replace("\\\n", " ")
        for value in re.findall(r"^\s*(?:obj|init)-\S+\s*[:+]?=\s*(.*)$", text, re.MULTILINE):
            named |= {f"{folder}/{word[:-2]}" for word in value.split() if word.endswith(".o")}
    for name in tree.select(".c", ".S", under=("common/", "arch/", "drivers/", "xsm/")):
        if name[:-2] not in named and not name.endswith(("asm-offsets.c", ".lds.S", ".inc.S")):
            yield Finding(name, 1, "named in no files.mk")


def generated_docs(tree):
    """The documents that are made from the sources are as they would be made now."""
    maker = ROOT / "tools" / "build" / "docs.py"
    done = subprocess.run(["/usr/bin/python3", maker, "--build", tree.build, "--check"], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        yield Finding(line.strip(), 1, "is not what `make docs` gives")
    if done.returncode not in (0, 1):
        yield Finding("tools/build/docs.py", 1, done.stderr.strip().splitlines()[-1])


def operation_tests(tree):
    """Every operation row has a test, in the guest tests or the unit tests."""
    tests = "\n".join(tree.text(name) for name in tree.select(
        ".c", ".toml", under=("tests/guest/", "tests/unit/")))
    for name in tree.select(".toml", under=("include/public/",)):
        data = tomllib.loads(tree.text(name))
        for row in _rows(data):
            label = row.get("name", "")
            symbols = [row.get(key, "") for key in ("symbol", "const", "define")] + [label]
            if not any(s and re.search(rf"\b\w*{re.escape(s)}\b", tests) for s in symbols):
                yield Finding(name, 1, f"no test names the operation {label!r}")


def _rows(data):
    """All tables of arrays that look like operations."""
    for value in data.values():
        if isinstance(value, list):
            yield from (row for row in value if isinstance(row, dict) and "name" in row)
        elif isinstance(value, dict):
            yield from _rows(value)
