# SPDX-License-Identifier: GPL-2.0-only
"""Checks that read text: headers of files, length, words, conditionals in bodies."""

import re

from .tree import Finding

SOURCE = (".c", ".h", ".S", ".py", ".mk")
C_SOURCE = (".c", ".h", ".S")
MAX_LINES = 800
MAX_COLUMNS = 100        # of C; what no formatter lays out may have some more
MAX_COLUMNS_OTHER = 120

LICENCES = (
    ("include/public/", "MIT"),
    ("tools/libxc/", "LGPL-2.1-only"),
    ("", "GPL-2.0-only"),
)

# Words that stand for unfinished work, and the marks of a merge that was not finished. The pattern is split so that
# this file passes its own check.
UNFINISHED = re.compile("|".join([
    r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bX" r"XX\b", r"\bHA" r"CK\b", r"\bfor n" r"ow\b",
    r"(?<!\")\bplace" r"holder\b", r"\bnot yet impl" r"emented\b", r"\bstub" r"bed out\b",
    r"^<{7} \S.*", r"^>{7} \S.*",
]), re.IGNORECASE)


def licences(tree):
    """The first line of every source names its licence; the folder decides which."""
    for name in tree.select(*SOURCE):
        wanted = next(licence for prefix, licence in LICENCES if name.startswith(prefix))
        text = tree.text(name)
        first = text.split("\n", 1)[0]
        if name.endswith(".py") and first.startswith("#!"):
            first = text.split("\n", 2)[1]
        allowed = {wanted, "GPL-2.0-only"} if name.endswith((".mk", ".py")) else {wanted}
        if not any(f"SPDX-License-Identifier: {licence}" in first for licence in allowed):
            yield Finding(name, 1, f"the first line is not SPDX-License-Identifier: {wanted}")


def openings(tree):
    """Every C file says, right below the licence, what it owns."""
    for name in tree.select(*C_SOURCE):
        below = tree.text(name).split("\n", 1)[-1].lstrip()
        if not below.startswith("/*"):
            yield Finding(name, 2, "no comment that says what the file owns")
    for name in tree.select(".py"):
        if '"""' not in "\n".join(tree.text(name).splitlines()[:4]):
            yield Finding(name, 2, "no docstring that says what the file owns")


def lengths(tree):
    """One room, one noun: a file near 800 lines is two rooms. Lines have at most 100 columns.

    What is in which of the ABI's headers is published, not ours to part."""
    for name in tree.select(*SOURCE):
        count = tree.text(name).count("\n")
        if count > MAX_LINES and not name.startswith("include/public/"):
            yield Finding(name, count, f"{count} lines; at most {MAX_LINES}")
        limit = MAX_COLUMNS if name.endswith((".c", ".h")) else MAX_COLUMNS_OTHER
        for number, line in tree.lines(name):
            if len(line) > limit and "://" not in line:
                yield Finding(name, number, f"{len(line)} columns; at most {limit}")


def words(tree):
    """No notes of unfinished work."""
    for name in tree.names:
        if name.endswith((*SOURCE, ".md", ".toml", ".txt", ".lds", "Makefile", "Kconfig")):
            for number, line in tree.lines(name):
                match = UNFINISHED.search(line)
                if match and "mktemp" not in line:
                    yield Finding(name, number, f"unfinished work: {match[0]!r}")


def python(tree):
    """Every Python file can be read by Python: not each is run on each machine."""
    for name in tree.select(".py"):
        try:
            compile(tree.text(name), name, "exec", dont_inherit=True)
        except SyntaxError as error:
            yield Finding(name, error.lineno or 1, f"no Python: {error.msg}")


def whitespace(tree):
    """No trailing blanks, no tabs in C, a newline at the end."""
    for name in tree.select(*SOURCE, ".md", ".toml"):
        text = tree.text(name)
        if text and not text.endswith("\n"):
            yield Finding(name, text.count("\n") + 1, "no newline at the end of the file")
        for number, line in tree.lines(name):
            if line != line.rstrip():
                yield Finding(name, number, "blanks at the end of the line")
            elif "\t" in line and name.endswith((".c", ".h")):
                yield Finding(name, number, "a tab")


def conditionals(tree):
    """No #if in .c bodies: an optional feature is its own file, Kconfig symbol and inline stub."""
    for name in tree.select(".c", under=("common/", "arch/", "drivers/", "xsm/", "tools/libxc/")):
        for number, line in tree.lines(name):
            if re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b", line):
                yield Finding(name, number, "a preprocessor conditional in a .c file")


def includes(tree):
    """common/ meets the machine only through include/hv/arch/: no x86 header there."""
    for name in tree.select(".c", ".h", under=("common/", "xsm/")):
        for number, line in tree.lines(name):
            if re.match(r'\s*#\s*include\s+[<"](asm/|arch/|.*x86)', line):
                yield Finding(name, number, "common code includes a header of the machine")


def host_paths(tree):
    """Nothing of the machine that it was written on."""
    pattern = re.compile("|".join([r"/ro" r"ot/", r"/ho" r"me/\w", r"/wo" r"rk/\w"]))
    for name in tree.names:
        if name.endswith((*SOURCE, ".md", ".toml", ".txt", ".lds", "Makefile", "Kconfig")):
            for number, line in tree.lines(name):
                if pattern.search(line):
                    yield Finding(name, number, "a path of one machine")
