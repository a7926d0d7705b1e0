# SPDX-License-Identifier: GPL-2.0-only
"""What a running guest's page tables map, seen from outside: through QEMU's monitor.

While a test kernel spins, the machine is stopped over and over; where it stands in the guest (CPL 3),
addresses of the hypervisor are read through the page tables that the CPU has at that moment.
"""

import pathlib
import re
import socket
import tempfile
import time

from boot import Image, Machine

from .kernels import HV_OPTIONS

PROMPT = b"(qemu) "
ENOUGH = 10       # stops in the guest
TIMEOUT = 60     # seconds for that many
# Start of each area: asm/layout.h.
HIDDEN = {"direct map": 0xffff830000000000, "frame table": 0xffff820000000000}
SHOWN = {"M2P": 0xffff800000000000}


class Monitor:
    """QEMU's monitor on a UNIX socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        end = time.monotonic() + 10
        while True:
            try:
                self.socket.connect(str(path))
                break
            except OSError:  # not there yet, or nobody listens yet
                if time.monotonic() > end:
                    raise OSError("the emulator opens no monitor") from None
                time.sleep(0.05)
        self._answer()

    def _answer(self):
        got = b""
        while not got.endswith(PROMPT):
            more = self.socket.recv(65536)
            if not more:
                raise OSError("the emulator has ended")
            got += more
        return got.decode(errors="replace")

    def ask(self, command):
        """A command's answer."""
        self.socket.sendall(command.encode() + b"\n")
        return self._answer()


def mapped_in_guest(kernel, hypervisor, option, cache):
    """{area: set of bool}, over ENOUGH stops in the guest: was its first word mapped?"""
    seen = {name: set() for name in (*HIDDEN, *SHOWN)}
    image = Image(hypervisor, f"{HV_OPTIONS} dom0_mem=128M {option}",
                  [(kernel, "role=spin")])
    with tempfile.TemporaryDirectory(prefix="corbel-monitor-") as folder:
        path = pathlib.Path(folder) / "monitor"
        with Machine(image, memory=512, timeout=TIMEOUT, monitor=str(path),
                     cache=cache).start() as session:
            monitor, stops, end = Monitor(path), 0, time.monotonic() + TIMEOUT
            while stops < ENOUGH and time.monotonic() < end:
                monitor.ask("stop")
                if re.search(r"CPL=3", monitor.ask("info registers")):
                    stops += 1
                    for name, address in (HIDDEN | SHOWN).items():
                        answer = monitor.ask(f"x /1gx {address:#x}")
                        seen[name].add("Cannot access memory" not in answer)
                monitor.ask("cont")
                session.read(0)  # or the serial line fills up
                time.sleep(0.02)
    if stops < ENOUGH:
        raise OSError(f"the guest was met {stops} times of {ENOUGH}")
    return seen
