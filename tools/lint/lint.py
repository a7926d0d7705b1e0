# SPDX-License-Identifier: GPL-2.0-only
"""The lint rung: `make lint`, or tools/lint/lint.py [--check NAME].

Prints one finding a line as path:line: text, then the number of findings. A check whose tool is not
installed is named as skipped. The rules are those of the tree's style: see docs/testing.md.
"""

import argparse
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lint import compilers, meaning, messages, text  # noqa: E402
from lint.compilers import Absent  # noqa: E402
from lint.tree import ROOT, Tree  # noqa: E402

CHECKS = {
    "licences": text.licences,
    "openings": text.openings,
    "lengths": text.lengths,
    "words": text.words,
    "python": text.python,
    "whitespace": text.whitespace,
    "conditionals": text.conditionals,
    "includes": text.includes,
    "host-paths": text.host_paths,
    "kconfig": meaning.kconfig,
    "options": meaning.options,
    "sources": meaning.sources,
    "generated-docs": meaning.generated_docs,
    "operation-tests": meaning.operation_tests,
    "guest-messages": messages.guest_messages,
    "format": compilers.formatting,
    "headers": compilers.headers,
    "thread-safety": compilers.thread_safety,
}


def run_check(name, tree):
    """(findings, reason it was skipped or None)."""
    try:
        return sorted(set(CHECKS[name](tree)), key=str), None
    except Absent as absent:
        return [], str(absent)


def main():
    """All checks, or one."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--check", choices=sorted(CHECKS), action="append")
    parser.add_argument("--formatter", action="store_true", help="name the clang-format that decides, and stop")
    args = parser.parse_args()
    if args.formatter:
        try:
            print(compilers.formatter())
        except compilers.Absent as absent:
            sys.exit(f"format: {absent}")
        return 0
    tree = Tree(args.build.resolve(), args.cc)
    os.chdir(ROOT)
    total = 0
    for name in args.check or CHECKS:
        findings, skipped = run_check(name, tree)
        if skipped:
            print(f"{name}: skipped: {skipped}")
        for finding in findings:
            print(f"{finding} [{name}]")
        total += len(findings)
    print(f"lint: {total} findings")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
