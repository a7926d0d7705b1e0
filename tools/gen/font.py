# SPDX-License-Identifier: GPL-2.0-only
"""The font of the graphical screen: drawn here with a pen, printed as a table of bitmaps for the hypervisor.

A glyph is 8 pixels wide and 16 high. STROKES says for each character which lines the pen draws: a word is a line
through points, a point is a column (0 to 6) and a row (0 to e, in hexadecimal). Capitals stand on rows 2 to b, small
letters on 5 to b. The pen is two pixels wide, one where the strokes begin with `thin`. Column 7 is free.

The tests read screens with the same table: glyphs().
"""

WIDTH, HEIGHT = 8, 16
FIRST = 0x20

STROKES = {
    "!": "3238 3a3b",
    '"': "1214 4244",
    "#": "121b 424b 0555 0858",
    "$": "5342120305164657595a4b1b0a 313c",
    "%": "0b52 0203 5a5b",
    "&": "5b141322324344070a1b3b58",
    "'": "3234",
    "(": "4224294b",
    ")": "2244492b",
    "*": "1448 4418 0656",
    "+": "343a 0757",
    ",": "3a3b2d",
    "-": "0757",
    ".": "3a3b",
    "/": "0b52",
    "0": "1242535a4b1b0a0312 1944",
    "1": "14323b 1b5b",
    "2": "03124253550b5b",
    "3": "03124253554626 46575a4b1b0a",
    "4": "4b420858",
    "5": "52020646575a4b1b0a",
    "6": "534212030a1b4b5a574606",
    "7": "025253282b",
    "8": "124253554616050312 16070a1b4b5a5746",
    "9": "0a1b4b5a53421203061757",
    ":": "3536 3a3b",
    ";": "3536 3a3b2d",
    "<": "43074b",
    "=": "0555 0959",
    ">": "13571b",
    "?": "03124253553738 3a3b",
    "@": "4b1b0a0312425358282555",
    "A": "0b042232545b 0858",
    "B": "0b024253554606 46575a4b0b",
    "C": "534212030a1b4b5a",
    "D": "0b023254593b0b",
    "E": "52020b5b 0646",
    "F": "52020b 0646",
    "G": "534212030a1b4b5a5737",
    "H": "020b 525b 0656",
    "I": "1252 323b 1b5b",
    "J": "525a4b1b0a08",
    "K": "020b 5206 165b",
    "L": "020b5b",
    "M": "0b022535525b",
    "N": "0b02035a5b52",
    "O": "1242535a4b1b0a0312",
    "P": "0b024253564707",
    "Q": "1242535a4b1b0a0312 395c",
    "R": "0b024253564707 275b",
    "S": "53421203051646585a4b1b0a",
    "T": "0252 323b",
    "U": "020a1b4b5a52",
    "V": "02072b3b5752",
    "W": "020b28385b52",
    "X": "02035a5b 52530a0b",
    "Y": "0204375452 373b",
    "Z": "0252530a0b5b",
    "[": "42222b4b",
    "\\": "025b",
    "]": "22424b2b",
    "^": "05223255",
    "_": "0d5d",
    "`": "2234",
    "a": "1545565b 5818090a1b3b59",
    "b": "020b 061545565a4b1b0a",
    "c": "564515060a1b4b5a",
    "d": "525b 564515060a1b4b5a",
    "e": "0858564515060a1b4b5a",
    "f": "5232232b 0545",
    "g": "555d4e1e0d 564515060a1b4b5a",
    "h": "020b 061545565b",
    "i": "3233 15353b 1b5b",
    "j": "4243 25454d3e1e0d",
    "k": "020b 5508 185b",
    "l": "12323b 1b5b",
    "m": "thin 050b 151b 1525363b 364555 555b 666b",
    "n": "050b 061545565b",
    "o": "1545565a4b1b0a0615",
    "p": "050e 061545565a4b1b0a",
    "q": "555e 564515060a1b4b5a",
    "r": "050b 07254556",
    "s": "56451506071848595a4b1b0a",
    "t": "222a3b4b5a 0545",
    "u": "050a1b4b5a 555b",
    "v": "05072b3b5755",
    "w": "thin 050a1b2b3a37 3a4b5b6a65 151a 555a",
    "x": "055b 550b",
    "y": "050a1b4b5a 555d4e1e0d",
    "z": "05550b5b",
    "{": "5242333517393a4b5b",
    "|": "323d",
    "}": "0212232547292a1b0b",
    "~": "071626384857",
}
# For what is no printable character of ASCII.
UNKNOWN = "02520b5b 0b02 525b"


def points(word):
    """The points of a line."""
    return [(int(word[i]), int(word[i + 1], 16)) for i in range(0, len(word), 2)]


def between(start, end):
    """The pixels from one point to another, both included."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1])) or 1
    for step in range(steps + 1):
        yield tuple((2 * a * (steps - step) + 2 * b * step + steps) // (2 * steps) for a, b in zip(start, end))


def draw(strokes):
    """Sixteen bytes, a row each, the leftmost pixel in the highest bit."""
    words, rows = strokes.split(), [0] * HEIGHT
    pen = 0x80 if words[:1] == ["thin"] else 0xC0
    for word in words:
        line = points(word) if word != "thin" else []
        for start, end in zip(line, line[1:]):
            for column, row in between(start, end):
                rows[row] |= pen >> column
    return bytes(rows)


def glyphs():
    """The bitmaps from the space on, the last one for what has none."""
    return [draw(STROKES.get(chr(code), "")) for code in range(FIRST, 0x7F)] + [draw(UNKNOWN)]


def header():
    """The table in C."""
    rows = "".join(f"    {{ {', '.join(f'0x{byte:02x}' for byte in glyph)} }},\n" for glyph in glyphs())
    return ("/* SPDX-License-Identifier: GPL-2.0-only */\n/* Made by tools/gen/font.py. */\n"
            f"#define FONT_WIDTH  {WIDTH}\n#define FONT_HEIGHT {HEIGHT}\n#define FONT_FIRST  {FIRST:#x}\n"
            f"#define FONT_GLYPHS {len(glyphs())}\n\n"
            f"static const unsigned char font_glyphs[FONT_GLYPHS][FONT_HEIGHT] = {{\n{rows}}};\n")


def show(text):
    """The text as it looks, for who changes the strokes."""
    table = glyphs()
    for row in range(HEIGHT):
        print("".join(f"{table[min(ord(c) - FIRST, len(table) - 1)][row]:08b}" for c in text)
              .replace("0", ".").replace("1", "#"))
