# SPDX-License-Identifier: GPL-2.0-only
"""The image's table of its own symbols, as assembly, from `nm -n` output.

symbols.py NM              the table on stdout
symbols.py --verify A B    fail unless both name the same symbols at the same addresses

The table (read by common/lib/symbols.c): symbols_count; symbols_base; symbols_offset[], sorted,
relative to the base; symbols_name[], offsets into symbols_names, NUL-terminated strings.
Only code is listed. Where several names share an address, a global one wins over a local one.
"""

import sys

CODE = "tTwW"
OWN = ("symbols_count", "symbols_base", "symbols_offset", "symbols_name", "symbols_names")


def read(path):
    """[(address, name)] sorted by address, one name an address."""
    chosen = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            fields = line.split()
            if len(fields) != 3 or fields[1] not in CODE or fields[2].startswith((".L", "$")):
                continue
            address, kind, name = int(fields[0], 16), fields[1], fields[2]
            rank = (kind.isupper(), not name.startswith("_"), name)
            if address not in chosen or rank > chosen[address][0]:
                chosen[address] = (rank, name)
    return sorted((address, name) for address, (_, name) in chosen.items())


def table(symbols):
    """The assembly text."""
    base = symbols[0][0] if symbols else 0
    lines = ["# Made by tools/build/symbols.py", '.section .rodata.symbols, "a"']

    def label(name, align):
        lines.extend([f".balign {align}", f".globl {name}", f".hidden {name}", f"{name}:"])

    label("symbols_base", 8)
    lines.append(f".quad {base:#x}")
    label("symbols_count", 4)
    lines.append(f".long {len(symbols)}")
    label("symbols_offset", 4)
    lines += [f".long {address - base:#x}" for address, _ in symbols]
    label("symbols_name", 4)
    position = 0
    for _, name in symbols:
        lines.append(f".long {position}")
        position += len(name) + 1
    label("symbols_names", 1)
    lines += [f'.asciz "{name}"' for _, name in symbols]
    lines.append('.section .note.GNU-stack, "", @progbits')
    return "\n".join(lines) + "\n"


def main():
    """Print a table, or compare two symbol lists."""
    if len(sys.argv) == 4 and sys.argv[1] == "--verify":
        if read(sys.argv[2]) != read(sys.argv[3]):
            sys.exit("symbols: the last link moved a symbol; the table would be wrong")
    elif len(sys.argv) == 2:
        sys.stdout.write(table(read(sys.argv[1])))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
