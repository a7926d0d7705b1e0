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


PARAM = re.compile(r'\b(?:string|bool|uint|size|custom)_param\("([^"]+)"')


def options(tree):
    """Every option of the command line is in docs/options.md, and nothing else is."""
    page = "docs/options.md"
    declared = {}
    for name in tree.select(".c", under=("common/", "arch/", "drivers/", "xsm/")):
        for number, line in tree.lines(name):
            for option in PARAM.findall(line):
                declared[option] = (name, number)
    described = {}
    for number, line in tree.lines(page):
        if line.startswith("| `"):
            for option in re.findall(r"`([a-z][\w-]+)", line.split("|")[1]):
                described[option] = number
    for option in sorted(declared.keys() - described.keys()):
        yield Finding(*declared[option], f"option {option} is not in {page}")
    for option in sorted(described.keys() - declared.keys()):
        yield Finding(page, described[option], f"there is no option {option}")


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
    """Every operation row has a test that names it, in the guest tests or the unit tests."""
    tests = "\n".join(tree.text(name) for name in tree.select(
        ".c", ".h", under=("tests/guest/", "tests/unit/")))
    named = set(re.findall(r"\w+", tests))
    for name in tree.select(".toml", under=("include/ops/",)):
        table = tomllib.loads(tree.text(name))
        columns = table.get("columns", [])
        for row in table.get("rows", []):
            label = row[columns.index("name")]
            options = row[-1] if isinstance(row[-1], dict) else {}
            constant = options.get("constant", table.get("constant", "") + label)
            wrapper = f"_{label}"  # a test may call it through a wrapper of the guest runtime
            spoken = constant in named or any(word.endswith(wrapper) for word in named)
            if "absent" not in options and not spoken:
                yield Finding(name, _line_of(tree, name, label), f"no test names {constant}")


def _line_of(tree, name, label):
    return next((number for number, line in tree.lines(name) if f'"{label}"' in line), 1)
