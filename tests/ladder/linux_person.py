# SPDX-License-Identifier: GPL-2.0-only
"""The person at the machine, for the Linux rung: types on its keyboard and looks at its screen, by QEMU's monitor.

dom0 asks on the serial line: `ASK key` for a word on the keyboard, `ASK nmi` for the NMI button, `ASK error` for an
error of the machine, `ASK blue` or `ASK orange` for a look at a screen that ought to be all of that colour; the answer
to a look is a line on dom0's own console.
"""

import pathlib
import re

from .tables import Monitor
from .verdict import Case, FAIL, PASS

ASKS = re.compile(rb"ASK (key|nmi|error|blue|orange)\r*\n")
WORD = "corbel"
ERROR = "3 0x9c00000000000151 0x0 0x12345000 0x8c"  # bank, status, MCG_STATUS, address, misc
COLOURS = {"blue": (0, 0, 0xaa), "orange": (0xc0, 0x80, 0x40)}
NEAR = 8       # of 256: palettes round
ENOUGH = 0.95  # of the pixels: a cursor may blink


def share_of(picture, colour):
    """How much of a picture (binary PPM) has a colour."""
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", picture)
    if not header:
        return 0.0
    pixels = picture[header.end():]
    near = [bytes(abs(value - wanted) <= NEAR for value in range(256)) for wanted in colour]
    planes = [pixels[i::3].translate(near[i]) for i in range(3)]
    count = int(header[1]) * int(header[2])
    alike = int.from_bytes(planes[0], "big") & int.from_bytes(planes[1], "big") & int.from_bytes(planes[2], "big")
    return bin(alike).count("1") / count


class Person:
    """What was asked of him, and what he saw; folder has the monitor's socket and his pictures."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.position = 0
        self.looks = []
        self.monitor = None

    @property
    def monitor_path(self):
        """Where QEMU has to open its monitor."""
        return str(self.folder / "monitor")

    def react(self, session):
        """Called when there is more on the serial line."""
        for match in ASKS.finditer(session.raw, self.position):
            self.position = match.end()
            self.monitor = self.monitor or Monitor(self.monitor_path)
            if match[1] == b"key":
                for letter in WORD:
                    self.monitor.ask(f"sendkey {letter}")
                self.monitor.ask("sendkey ret")
            elif match[1] == b"nmi":
                self.monitor.ask("nmi")
            elif match[1] == b"error":
                self.monitor.ask(f"mce 0 {ERROR}")
            else:
                self._look(match[1].decode())
                session.send("seen\n")

    def _look(self, colour):
        picture = self.folder / "screen.ppm"
        self.monitor.ask(f"screendump {picture}")
        share = share_of(picture.read_bytes(), COLOURS[colour]) if picture.exists() else 0.0
        self.looks.append((colour, share))

    def cases(self, name):
        """One a look."""
        if not self.looks:
            yield Case(f"{name}.machine.screen_seen", FAIL, "nobody asked to look at the screen")
        for colour, share in self.looks:
            yield Case(f"{name}.machine.screen_seen", PASS if share >= ENOUGH else FAIL,
                       "" if share >= ENOUGH else f"{100 * share:.0f} of 100 pixels are {colour}")
