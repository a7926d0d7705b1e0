#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each header of include/public compiles by itself: as C90, C99, C11 and C++, by gcc and clang, and
for the assembler."""

import pathlib
import shutil
import subprocess
import sys

OURS = pathlib.Path(__file__).resolve().parents[2] / "include/public"
WARNINGS = ["-Wall", "-Wextra", "-Wundef", "-Werror"]
DIALECTS = {
    "c90": ["-x", "c", "-std=c90"],
    "gnu90": ["-x", "c", "-std=gnu90"],
    "c99": ["-x", "c", "-std=c99"],
    "gnu11-tools": ["-x", "c", "-std=gnu11", "-D__XEN_TOOLS__=1"],
    "c++": ["-x", "c++", "-std=c++11"],
}


def complaints(compiler, header, flags):
    """The compiler's first complaint, or nothing."""
    done = subprocess.run([compiler, *flags, "-fsyntax-only", "-include", str(header), "/dev/null"],
                          text=True, capture_output=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[0]


def check(header):
    """Everything that is wrong with one header."""
    wrong = []
    for compiler in filter(shutil.which, ("gcc", "clang")):
        for name, flags in DIALECTS.items():
            message = complaints(compiler, header, flags + WARNINGS)
            if message:
                wrong.append(f"{compiler} {name}: {message}")
    if header.parent.name != "io":
        done = subprocess.run(["gcc", "-x", "assembler-with-cpp", "-D__ASSEMBLY__", "-include",
                               str(header), "-c", "-o", "/dev/null", "/dev/null"],
                              text=True, capture_output=True, check=False)
        if done.returncode != 0:
            wrong.append("assembler: " + done.stderr.strip().splitlines()[0])
    return wrong


def main():
    """All headers."""
    failed = False
    for header in sorted(OURS.rglob("*.h")):
        name = str(header.relative_to(OURS)).removesuffix(".h")
        wrong = check(header)
        for line in wrong:
            print(f"# {name}: {line}")
        print(f"TEST {name} " + (f"FAIL {wrong[0]}" if wrong else "PASS"))
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
