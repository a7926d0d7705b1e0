# SPDX-License-Identifier: GPL-2.0-only
"""compile_commands.json for editors and the lint rung, from the list of objects."""

import argparse
import json
import pathlib
import shlex


def main():
    """One entry for each C source behind an object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--command", required=True)
    parser.add_argument("objects", nargs="*")
    args = parser.parse_args()
    entries = []
    for name in args.objects:
        source = pathlib.Path(name).relative_to(args.build).with_suffix(".c")
        if source.exists():
            words = shlex.split(args.command) + ["-c", "-o", name, str(source)]
            entries.append({"directory": str(pathlib.Path.cwd()), "file": str(source),
                            "arguments": words})
    args.output.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
