# SPDX-License-Identifier: GPL-2.0-only
"""Asks the compiler for sizes, offsets and constants: a program made for it prints them."""

import pathlib
import re
import subprocess
import tempfile

# The place of an error, or of the macro use that an error is inside of.
ERROR_LINE = re.compile(r"^<stdin>:(\d+):\d+: (?:error|note): ", re.MULTILINE)


def compile_program(source, include_dirs, defines, output):
    """gcc's messages; empty when it compiled."""
    argv = ["gcc", "-std=gnu11", "-O0", "-w", "-x", "c", "-o", str(output)]
    argv += [f"-I{d}" for d in include_dirs] + [f"-D{d}" for d in defines]
    done = subprocess.run(argv + ["-fmax-errors=0", "-"], input=source, text=True,
                          capture_output=True, check=False)
    return "" if done.returncode == 0 else done.stderr


def program(headers, expressions, prelude=""):
    """A program whose line numbers name its expressions: each is on a line of its own."""
    lines = ["#include <stdint.h>", "#include <stdio.h>", "#include <stddef.h>"]
    lines += [f"#include <{h}>" for h in headers]
    lines += [prelude, "int main(void) {"]
    first = len(lines) + 1
    lines += [f'{{ enum {{ k = ((unsigned long long)({e})) != 0 }}; '
              f'printf("%d %llx\\n", {i}, (unsigned long long)({e})); }}'
              for i, e in enumerate(expressions)]
    lines.append("return 0; }")
    return "\n".join(lines) + "\n", first


def evaluate(headers, include_dirs, defines, expressions, prelude=""):
    """Each expression's value, after a line of C; those that are no integer constants are left out."""
    wanted = list(expressions)
    with tempfile.TemporaryDirectory() as scratch:
        output = pathlib.Path(scratch) / "probe"
        while wanted:
            source, first = program(headers, wanted, prelude)
            messages = compile_program(source, include_dirs, defines, output)
            if not messages:
                break
            bad = {int(line) - first for line in ERROR_LINE.findall(messages)}
            bad = {b for b in bad if 0 <= b < len(wanted)}
            if not bad:
                raise RuntimeError("headers do not compile:\n" + messages[:2000])
            wanted = [e for i, e in enumerate(wanted) if i not in bad]
        if not wanted:
            return {}
        printed = subprocess.run([str(output)], text=True, capture_output=True, check=True).stdout
    values = {}
    for line in printed.splitlines():
        index, value = line.split()
        values[wanted[int(index)]] = value
    return values
