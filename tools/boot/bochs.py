# SPDX-License-Identifier: GPL-2.0-only
"""Debian's Bochs: the second model of the CPU (SMAP, XSAVE, VMX; software interrupts as in hardware).

Owns the Bochs configuration. Bochs does not exit when the guest halts, so a run needs a pattern that
ends it, or a guest that writes "Shutdown" to port 0x8900.
"""

import dataclasses
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from .image import BootError, Image
from .session import Result

ROM_BIOS = pathlib.Path("/usr/share/bochs/BIOS-bochs-latest")
ROM_VGA = pathlib.Path("/usr/share/vgabios/vgabios.bin")
POLL_SECONDS = 0.1

CONFIGURATION = """\
cpu: model={cpu}, count={smp}, ips=100000000, reset_on_triple_fault=0
megs: {memory}
romimage: file="{bios}"
vgaromimage: file="{vga}"
vga: extension=none, update_freq=1
display_library: term
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
clock: sync=none
com1: enabled=1, mode=file, dev="{serial}"
plugin_ctrl: sb16=0, es1370=0, usb_uhci=0, e1000=0, ne2k=0
log: "{log}"
panic: action=fatal
error: action=ignore
info: action=ignore
debug: action=ignore
"""


@dataclasses.dataclass
class Bochs:
    """One machine in Bochs; run() as in Machine."""

    image: Image
    cpu: str = "corei7_skylake_x"
    smp: int = 1
    memory: int = 512
    timeout: float = 120.0
    until: str = ""
    cache: os.PathLike = None

    def run(self):
        """Boot, wait for the pattern, the end of the process or the time limit; the Result."""
        for tool, package in (("bochs", "bochs"), ("script", "bsdutils")):
            if not shutil.which(tool):
                raise BootError(f"{tool} is not installed (Debian: {package})")
        for rom, package in ((ROM_BIOS, "bochsbios"), (ROM_VGA, "vgabios")):
            if not rom.exists():
                raise BootError(f"{rom} is missing (Debian: {package})")
        with tempfile.TemporaryDirectory(prefix="corbel-bochs-") as scratch:
            return self._run(pathlib.Path(scratch))

    def _run(self, scratch):
        serial = scratch / "serial"
        serial.touch()
        iso = self.image.write_iso(scratch / "boot.iso", self.cache)
        (scratch / "bochsrc").write_text(CONFIGURATION.format(
            cpu=self.cpu, smp=self.smp, memory=self.memory, bios=ROM_BIOS, vga=ROM_VGA, iso=iso,
            serial=serial, log=scratch / "log"), encoding="ascii")
        (scratch / "commands").write_text("c\n", encoding="ascii")
        inner = ["bochs", "-q", "-f", "bochsrc", "-rc", "commands"]
        started = time.monotonic()
        # display_library: term wants a terminal; script gives it one of its own.
        process = subprocess.Popen(
            ["script", "-qec", shlex.join(inner), "/dev/null"], cwd=scratch,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=dict(os.environ, TERM="xterm", LC_ALL="C"), start_new_session=True)
        try:
            reason = self._wait(process, serial, started)
        finally:
            status = _end(process)
        output = serial.read_text(encoding="utf-8", errors="replace").replace("\r", "")
        log = scratch / "log"
        if not output and log.exists():
            output = "bochs: nothing on the serial line; its log ends:\n" + "\n".join(
                log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]) + "\n"
        return Result(output, status, time.monotonic() - started, reason == "time-out", reason)

    def _wait(self, process, serial, started):
        pattern = re.compile(self.until) if self.until else None
        while True:
            if process.poll() is not None:
                return "exit"
            if time.monotonic() - started > self.timeout:
                return "time-out"
            if pattern and pattern.search(serial.read_text(encoding="utf-8", errors="replace")):
                return "until"
            time.sleep(POLL_SECONDS)


def _end(process):
    """Bochs lives in script's own session under another pseudo-terminal: hang up, then kill."""
    if process.poll() is None:
        children = _children(process.pid)
        for pid in children + [process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return process.wait()


def _children(pid):
    """All descendants of a process, deepest first."""
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    found = []
    for child in map(int, text.split()):
        found += _children(child) + [child]
    return found
