# SPDX-License-Identifier: GPL-2.0-only
"""Assembly's view of C structures: offsets.py INPUT.s OUTPUT.h

The C file emits lines `->NAME VALUE` through inline assembly, e.g.
    #define DEFINE(name, value) __asm__ volatile("\\n->" #name " %0" : : "i"(value))
and every such line of the compiled output becomes a #define.
"""

import os
import re
import sys


def main():
    """Translate one file."""
    source, target = sys.argv[1:]
    lines = ["/* SPDX-License-Identifier: GPL-2.0-only */",
             "/* Made from arch/x86/asm-offsets.c by tools/build/offsets.py. */",
             "#ifndef GEN_ASM_OFFSETS_H", "#define GEN_ASM_OFFSETS_H", ""]
    with open(source, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"\s*->(\w+) \$?(-?\w+)", line)
            if match:
                lines.append(f"#define {match[1]} {match[2]}")
    lines += ["", "#endif", ""]
    with open(target + ".new", "w", encoding="ascii") as file:
        file.write("\n".join(lines))
    os.replace(target + ".new", target)


if __name__ == "__main__":
    main()
