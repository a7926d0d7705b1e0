# SPDX-License-Identifier: GPL-2.0-only
"""The documents that are made from sources: docs/kconfig.md and docs/abi/index.md.

docs.py --build DIR [--check]   --check: write nothing, print what is out of date, exit status 1
"""

import argparse
import pathlib
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


def kconfig(build, check):
    """True when docs/kconfig.md is as Kconfig says, or now is."""
    path = ROOT / "docs" / "kconfig.md"
    wanted = output_of("tools/build/config.py", "--build", build, "docs")
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
    if not operations(args.check):
        stale.append("docs/abi/index.md")
    for path in stale:
        print(path)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
