# SPDX-License-Identifier: GPL-2.0-only
"""The documents that are made from sources: docs/kconfig.md, docs/locking.md and docs/abi/index.md.

docs.py --build DIR [--check]   --check: write nothing, print what is out of date, exit status 1
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"


def output_of(*argv):
    """What a maker prints."""
    done = subprocess.run([PYTHON, *map(str, argv)], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"docs: {argv[0]}: {done.stderr.strip()}")
    return done.stdout


LOCKING = """\
# Lock order

Made from `include/hv/lock-rank.h` by `make docs`.

Every lock has a rank, and a CPU may take a lock only while every lock that it holds stands on an earlier line
of this table. Two locks of one rank are never held together, except where the line says how they are ordered.
Debug builds check this at run time, per CPU, at every acquisition, and name both locks when it is broken.

Two types do not mix. A `spinlock_t` is held with interrupts on and never taken by an interrupt handler; an
`irqlock_t` is held with interrupts off on every path, and its functions see to that. Functions state what they
need (`__must_hold`), take (`__acquires`) and give back (`__releases`); clang checks the statements in the lint rung.

| | rank | guards |
|---|---|---|
"""


def locking(check):
    """True when docs/locking.md is as the ranks are, or now is."""
    header = (ROOT / "include" / "hv" / "lock-rank.h").read_text(encoding="utf-8")
    body = header[header.index("enum lock_rank"):]
    rows = re.findall(r"^\s*(RANK_\w+),[ \t]*(?:/\*\s*(.*?)\s*\*/)?", body, re.MULTILINE)
    lines = [f"| {number} | `{rank}` | {comment} |" for number, (rank, comment) in enumerate(rows)]
    return page("locking.md", LOCKING + "\n".join(lines) + "\n", check)


def kconfig(build, check):
    """True when docs/kconfig.md is as Kconfig says, or now is."""
    return page("kconfig.md", output_of("tools/build/config.py", "--build", build, "docs"), check)


def page(name, wanted, check):
    """True when a page of docs is as wanted, or now is."""
    path = ROOT / "docs" / name
    if path.exists() and path.read_text(encoding="utf-8") == wanted:
        return True
    if not check:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted, encoding="utf-8")
    return not check


def operations(check):
    """True when docs/abi/index.md is as the operation tables say, or now is."""
    argv = [PYTHON, "tools/gen/gen.py", "--docs", "docs/abi"] + (["--check"] if check else [])
    return subprocess.run(argv, cwd=ROOT, capture_output=True, check=False).returncode == 0


def main():
    """Make or compare."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    stale = []
    if not kconfig(args.build, args.check):
        stale.append("docs/kconfig.md")
    if not locking(args.check):
        stale.append("docs/locking.md")
    if not operations(args.check):
        stale.append("docs/abi/index.md")
    for path in stale:
        print(path)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
