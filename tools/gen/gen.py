#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes from the operation tables (include/ops) what must not be written twice, and the screen's font.

gen.py --out DIR          C headers and sources of the hypervisor
gen.py --docs DIR         index.md of all operations; --check: only compare, exit 1 when it differs
Output is a function of the tables (and of font.py) alone, and a file that would not change is not touched.
"""

import argparse
import pathlib
import sys

import font
from optable import emit_control, emit_docs, emit_element, emit_hypercall, emit_libxc
from optable import emit_sub, emit_targets, emit_xsm
from optable import schema, text

ROOT = pathlib.Path(__file__).resolve().parents[2]
EMITTERS = (emit_hypercall, emit_sub, emit_control, emit_element, emit_xsm, emit_libxc, emit_targets)


def hypervisor_files(tables):
    """File name to text, of everything that the hypervisor is built from."""
    files = {"font.h": font.header()}
    for emitter in EMITTERS:
        files.update(emitter.emit(tables))
    return files


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ops", type=pathlib.Path, default=ROOT / "include/ops")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    try:
        tables = schema.load(options.ops)
    except schema.TableError as error:
        sys.exit(f"gen: {error}")
    if options.out:
        for name, content in hypervisor_files(tables).items():
            text.write_if_changed(options.out / name, content)
    if options.docs:
        path, content = options.docs / "index.md", emit_docs.index(tables)
        if options.check:
            if not path.exists() or path.read_text(encoding="utf-8") != content:
                sys.exit(f"gen: {path} is not what the tables say; `gen.py --docs {options.docs}`")
        else:
            text.write_if_changed(path, content)


if __name__ == "__main__":
    main()
