# SPDX-License-Identifier: GPL-2.0-only
"""A QEMU machine that boots an Image.

Owns the QEMU command line. Invariant: a run is described completely by the fields of Machine; nothing
comes from the user's configuration, and nothing but the serial line's text leaves the emulator. Which QEMU it
is the environment may say: QEMU is the path of another one, also of one that was unpacked and not installed.

Exit: a guest ends a run by ACPI power-off or a reset (status 0), or by writing V to port 0xf4, which
gives status V * 2 + 1.
"""

import dataclasses
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import accel as accelerators
from .image import BootError, Image
from .session import Session

QEMU = os.environ.get("QEMU") or "qemu-system-x86_64"
OVMF_CODE = pathlib.Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
OVMF_VARS = pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
DEBUG_EXIT_PORT = 0xF4


@functools.lru_cache(maxsize=None)
def qemu_version():
    """QEMU's (major, minor)."""
    try:
        text = subprocess.run([QEMU, "--version"], capture_output=True, text=True,
                              check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise BootError(f"{QEMU} is not installed (Debian: qemu-system-x86)") from None
    match = re.search(r"version (\d+)\.(\d+)", text)
    if not match:
        raise BootError(f"{QEMU} --version says nothing known: {text.strip()!r}")
    return int(match[1]), int(match[2])


@functools.lru_cache(maxsize=None)
def own_data():
    """Words that make an unpacked QEMU find its own ROMs, which lie beside it and not in /usr."""
    program = pathlib.Path(shutil.which(QEMU) or QEMU).absolute()
    share = program.parents[1] / "share" if len(program.parents) > 1 else None
    if share is None or str(share) == "/usr/share":
        return []
    return [word for name in ("qemu", "seabios") if (share / name).is_dir()
            for word in ("-L", str(share / name))]


# TCG's own CPU is AMD's. A Haswell has SYSENTER for 32-bit programs, Meltdown and L1TF, and not yet RETBleed, which
# makes Linux warn.
VENDORS = {"amd": "", "intel": ",vendor=GenuineIntel,family=6,model=60,stepping=4"}


def tcg_cpu(vendor="amd"):
    """Before 9.1, iret and int n at CPL 3 read the stack as the supervisor: SMAP must be off."""
    return ("max" if qemu_version() >= (9, 1) else "max,-smap") + VENDORS[vendor]


@dataclasses.dataclass
class Machine:
    """One emulated machine; every field has a default that suits a test kernel."""

    image: Image
    machine: str = "pc"      # pc or q35
    firmware: str = "bios"   # bios or uefi
    smp: int = 1
    memory: int = 1024       # MiB
    vendor: str = "amd"      # of TCG's CPU: amd or intel
    cpu: str = ""            # default: tcg_cpu() of that vendor, or the host under KVM
    accel: str = ""          # tcg, kvm, or accel.BEST; default: tcg, so that results repeat between machines
    icount: str = ""         # e.g. "shift=0,sleep=off": deterministic, rdtsc counts instructions
    timeout: float = 60.0    # seconds of wall time for the whole run
    until: str = ""          # a pattern of the serial line that ends the run
    silence: float = 0.0     # seconds without a word that end the run; 0: any number may pass
    question: str = ""       # typed before such an end; what is answered is part of the output
    gdb: int = 0             # TCP port of the gdb stub; the machine waits for the debugger
    echo: bool = False       # copy the serial line to stdout while running
    monitor: str = ""        # path of a UNIX socket for QEMU's monitor
    react: object = None     # called with the Session when there is more on the serial line
    extra: list = dataclasses.field(default_factory=list)
    cache: os.PathLike = None

    def accelerator(self):
        """tcg or kvm. A count of instructions, a CPU by name, or the other vendor's, needs TCG whatever is best."""
        if self.accel != accelerators.BEST:
            return self.accel or "tcg"
        choice = accelerators.chosen().accel
        foreign = self.vendor != Machine.vendor and self.vendor != accelerators.host_vendor()
        return "tcg" if self.icount or self.cpu or foreign else choice

    def command(self, iso, scratch, serial="stdio"):
        """The QEMU command line for an ISO; scratch holds the machine's own firmware variables."""
        accel = self.accelerator()
        if accel == "kvm" and (missing := accelerators.why_no_kvm()):
            raise BootError(f"KVM cannot be used: {missing}")
        cpu = self.cpu or (tcg_cpu(self.vendor) if accel == "tcg" else accelerators.KVM_CPU)
        argv = [
            QEMU, *own_data(), "-nodefaults", "-no-user-config", "-machine", f"{self.machine},accel={accel}",
            "-cpu", cpu, "-smp", str(self.smp), "-m", f"{self.memory}M", "-vga", "std",
            "-display", "none", "-serial", serial, "-no-reboot", "-nic", "none",
            "-device", f"isa-debug-exit,iobase={DEBUG_EXIT_PORT:#x},iosize=0x4",
            "-drive", f"file={iso},media=cdrom,format=raw,readonly=on,if=ide,index=2",
            "-boot", "order=d",
        ]
        if self.icount:
            argv += ["-icount", self.icount, "-rtc", "base=2024-01-01,clock=vm"]
        if self.firmware == "uefi":
            argv += self._uefi(pathlib.Path(scratch))
        elif self.firmware != "bios":
            raise BootError(f"unknown firmware {self.firmware!r} (bios or uefi)")
        if self.gdb:
            argv += ["-gdb", f"tcp:127.0.0.1:{self.gdb}", "-S"]
        if self.monitor:
            argv += ["-monitor", f"unix:{self.monitor},server=on,wait=off"]
        return argv + list(self.extra)

    def _uefi(self, scratch):
        if not OVMF_CODE.exists() or not OVMF_VARS.exists():
            raise BootError(f"{OVMF_CODE} is missing (Debian: ovmf)")
        variables = scratch / "vars.fd"
        shutil.copyfile(OVMF_VARS, variables)
        flash = "if=pflash,format=raw"
        return ["-drive", f"{flash},unit=0,readonly=on,file={OVMF_CODE}",
                "-drive", f"{flash},unit=1,file={variables}"]

    def start(self, stdin=False):
        """Boot and return the Session; the caller ends it (it is a context manager)."""
        qemu_version()
        scratch = tempfile.TemporaryDirectory(prefix="corbel-run-")
        try:
            iso = self.image.write_iso(pathlib.Path(scratch.name) / "boot.iso", self.cache)
            return Session(self.command(iso, scratch.name), self.timeout, stdin=stdin,
                           echo=self.echo, cleanup=scratch.cleanup)
        except BaseException:
            scratch.cleanup()
            raise

    def run(self):
        """Boot, wait for the end, and return the Result."""
        session = self.start(stdin=bool(self.question or self.react))
        return session.finish(self.until, self.silence, self.question, self.react)

    def interact(self):
        """Boot with the caller's terminal as the serial line; QEMU's exit status."""
        qemu_version()
        with tempfile.TemporaryDirectory(prefix="corbel-run-") as scratch:
            iso = self.image.write_iso(pathlib.Path(scratch) / "boot.iso", self.cache)
            return subprocess.run(self.command(iso, scratch, serial="mon:stdio"),
                                  check=False).returncode
