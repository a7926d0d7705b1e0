# SPDX-License-Identifier: GPL-2.0-only
"""Make bootable images of a hypervisor and run them in emulators.

Owns the ISO layout, the QEMU and Bochs command lines, and the way to Debian's reference hypervisor.
Used by the Makefile (through __main__), by tests/check.py, by the benchmark and by hand.

    from boot import Image, Machine
    result = Machine(Image("build/corbel", "console=com1", [("build/dom0", "")])).run()
    print(result.output, result.status, result.seconds)
"""

from . import accel
from .bochs import Bochs
from .image import BootError, Image
from .machine import Machine
from .reference import ReferenceUnavailable, reference_hypervisor, reference_version
from .session import Result, Session

__all__ = [
    "accel", "Bochs", "BootError", "Image", "Machine", "ReferenceUnavailable", "Result", "Session",
    "reference_hypervisor", "reference_version",
]
