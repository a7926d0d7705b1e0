# SPDX-License-Identifier: GPL-2.0-only
"""The machine's screen, without a serial line: what is to be read on it, in each kind of mode.

A picture of QEMU's is read with the font that the hypervisor draws with. Used by the firmware rung.
"""

import pathlib
import re
import sys
import tempfile
import time

from boot import Image, Machine
from linux import debian, initramfs

from . import kernels
from .tables import Monitor
from .verdict import Case, FAIL, Job, PASS, SKIP

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "gen"))
import font  # noqa: E402

SECONDS = 60
LIT = bytes([ord("0")]) + bytes([ord("1")]) * 255
TEXT_MEMORY, TEXT_COLUMNS = 0xB8000, 80
# Not a word on a serial line; the boot loader gives no dom0, which is a panic.
SILENT = "console=vga noreboot loglvl=all"
# On a small screen what is too much is left out, the reason never.
PANIC = ["*** Panic on CPU 0: The boot loader gave no dom0 kernel", "cr0 80050033"]

STAYS = "noreboot: the machine stays as it is"

# Name, firmware, GRUB's mode, more options, what the test kernel is told (or no dom0), what is to be read.
SCREENS = (
    ("uefi", "uefi", "", "", None, [*PANIC, STAYS]),
    ("vesa", "bios", "1024x768x32", "vga=gfx-1024x768x32", None,
     ["(HV) Screen: 1024x768, 32 bits a pixel", "(HV) Memory map:", *PANIC, STAYS]),
    ("vesa-16", "bios", "800x600x16", "vga=gfx-640x480x8", None,
     ["vga=: the boot loader sets the screen's mode", *PANIC]),
    ("vesa-24", "bios", "640x480x24", "", None, PANIC),
    ("large", "bios", "2560x1600x32", "", None, PANIC),
    ("text", "bios", "text", "vga=text-80x25", None, PANIC),
    ("keep", "uefi", "", "vga=keep dom0_mem=128M", "role=spin", ["(HV) Starting domain 0", "SPINNING"]),
)
QUICK = ("uefi", "vesa")

# Linux's own drivers of a screen that it was told of, and what they say.
TAKEOVERS = (
    ("linux-uefi", "uefi", "", r"fb0: (EFI VGA|simpledrm\w*) frame buffer"),
    ("linux-vesa", "bios", "1024x768x32", r"fb0: (VESA VGA|simpledrm\w*) frame buffer"),
)
LINUX_SECONDS = 200


def picture_of(monitor, folder):
    """(width, height, a byte a pixel) of what the screen shows, or None."""
    path = pathlib.Path(folder) / "screen.ppm"
    monitor.ask(f"screendump {path}")
    data = path.read_bytes() if path.exists() else b""
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not header:
        return None
    return int(header[1]), int(header[2]), data[header.end() + 1::3]


def lines_of(picture):
    """The text that the hypervisor has drawn; a cell that shows no glyph is a question mark in a box."""
    width, height, pixels = picture
    scale = max(min(width // 1280, height // 720), 1)
    known = {glyph: chr(font.FIRST + n) for n, glyph in enumerate(font.glyphs())}
    rows = [pixels[y * width:(y + 1) * width:scale].translate(LIT).decode() for y in range(0, height, scale)]
    lines = []
    for top in range(0, len(rows) - font.HEIGHT + 1, font.HEIGHT):
        cells = (bytes(int(rows[top + y][left:left + font.WIDTH], 2) for y in range(font.HEIGHT))
                 for left in range(0, len(rows[0]) - font.WIDTH + 1, font.WIDTH))
        lines.append("".join(known.get(cell, "\ufffd") for cell in cells).rstrip())
    return lines


def text_mode_lines(monitor):
    """The text in VGA's memory."""
    answer = monitor.ask(f"xp /{TEXT_COLUMNS * 25}xh {TEXT_MEMORY:#x}")
    letters = "".join(chr(int(word, 16) & 0x7F) for line in answer.splitlines() if ": 0x" in line
                      for word in line.partition(": ")[2].split())
    return [letters[at:at + TEXT_COLUMNS].rstrip() for at in range(0, len(letters), TEXT_COLUMNS)]


def watch(machine, read, wanted):
    """Looks at the screen of a machine until all that is wanted is there: (what is not, the lines)."""
    with tempfile.TemporaryDirectory(prefix="corbel-screen-") as folder:
        machine.monitor = str(pathlib.Path(folder) / "monitor")
        end, lines, missing = time.monotonic() + machine.timeout, [], list(wanted)
        with machine.start() as session:
            monitor = Monitor(machine.monitor)
            while missing and time.monotonic() < end and session.read(0):
                time.sleep(0.5)
                lines = read(monitor, folder)
                shown = "".join(line.ljust(1) for line in lines)
                missing = [text for text in wanted if text not in shown]
        return missing, lines


def read_pixels(monitor, folder):
    """The lines of a screen in a graphics mode."""
    picture = picture_of(monitor, folder)
    return lines_of(picture) if picture else []


def jobs(context):
    """One job a mode; two of them in `make check`."""
    def job(name, firmware, mode, options, words, wanted):
        def run():
            try:
                hypervisor = kernels.ours(context)
            except kernels.Unavailable as reason:
                return [Case(f"screen.{name}", reason.verdict, str(reason))]
            kernels.build(context)
            modules = [] if words is None else [(context.made("guest", "sched.elf"), words)]
            machine = Machine(Image(hypervisor, f"{SILENT} {options}", modules, gfxpayload=mode), firmware=firmware,
                              memory=512, timeout=SECONDS, cache=context.made("boot"),
                              extra=["-global", "VGA.vgamem_mb=32"])
            read = (lambda monitor, _: text_mode_lines(monitor)) if mode == "text" else read_pixels
            missing, lines = watch(machine, read, wanted)
            return [Case(f"screen.{name}", FAIL if missing else PASS,
                         f"not on the screen: {missing}" if missing else "",
                         output="\n".join(lines) if missing else "")]
        return Job(f"screen-{name}", run)
    all_of_them = context.full or context.only
    found = [job(*row) for row in SCREENS if all_of_them or row[0] in QUICK]
    if all_of_them:
        found.append(Job("screen-told", lambda: [told(context)]))
        found += [Job(f"screen-{row[0]}", lambda row=row: [takeover(context, *row)]) for row in TAKEOVERS]
    return found


def told(context):
    """In a VESA mode dom0 is told the same by both hypervisors; the reference sets the mode by itself."""
    name, width = "screen.told", "1024x768x32"
    try:
        sides = [(kernels.ours(context), "", width), (kernels.reference(context), f" vga=gfx-{width}", "text")]
    except kernels.Unavailable as reason:
        return Case(name, reason.verdict, str(reason))
    kernels.build(context)
    said = []
    for hypervisor, options, mode in sides:
        image = Image(hypervisor, f"{kernels.HV_OPTIONS} dom0_mem=256M{options}",
                      [(context.made("guest", "platform.elf"), "suite=platform test=screen.pixels stay")],
                      gfxpayload=mode)
        result = Machine(image, memory=512, timeout=SECONDS, until=kernels.END, cache=context.made("boot")).run()
        said.append(re.findall(r"SCREEN .*", result.output))
    alike = said[0] == said[1] and len(said[0]) == 2
    return Case(name, PASS if alike else FAIL, "" if alike else f"ours: {said[0]}, the reference: {said[1]}")


def not_taken_over(picture):
    """What of a picture is not as after dom0 has taken the screen over, or ""."""
    if not picture:
        return "no picture was made"
    left = [line for line in lines_of(picture) if "(HV)" in line]
    if left:
        return f"still there: {left[0]}"
    return "nothing is drawn" if len(picture[2]) - picture[2].count(0) < 1000 else ""


def takeover(context, name, firmware, mode, says):
    """Debian's Linux finds the screen and draws its own console on it; the hypervisor's lines are gone."""
    name = f"screen.{name}"
    try:
        hypervisor, kernel = kernels.ours(context), debian.kernel(context.build)
        data = initramfs.make(context.build, [])
    except (kernels.Unavailable, debian.DebianUnavailable) as reason:
        return Case(name, SKIP, str(reason))
    path = context.made("linux", f"initramfs-{name}.gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    image = Image(hypervisor, kernels.HV_OPTIONS.replace("console=com1", "console=com1,vga") + " dom0_mem=512M",
                  [(kernel, "console=tty0 console=hvc0"), (path, "")], gfxpayload=mode)
    with tempfile.TemporaryDirectory(prefix="corbel-screen-") as folder:
        machine = Machine(image, firmware=firmware, memory=1024, timeout=LINUX_SECONDS,
                          monitor=str(pathlib.Path(folder) / "monitor"), cache=context.made("boot"))
        with machine.start(stdin=True) as session:
            found = session.expect(says)
            # The console is drawn a moment after it has been taken over.
            monitor, end, wrong = Monitor(machine.monitor), time.monotonic() + 60, "not looked at"
            while found and wrong and time.monotonic() < end and session.read(0):
                wrong = not_taken_over(picture_of(monitor, folder))
                time.sleep(0.5 if wrong else 0)
            output = session.output
    if not found:
        return Case(name, FAIL, f"dom0 does not say: {says}", output="\n".join(output.splitlines()[-60:]))
    return Case(name, FAIL if wrong else PASS, wrong)
