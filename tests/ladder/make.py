# SPDX-License-Identifier: GPL-2.0-only
"""The one way from the ladder to make: serialised, quiet, and with its messages kept."""

import os
import re
import subprocess
import threading

_LOCK = threading.Lock()
failures = []  # what could not be made, one line each


class MakeFailed(Exception):
    """A target could not be made; the message is make's last words."""


def _environment():
    # A make above this process must not hand down its job server or its command line.
    return {name: value for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}


def make(context, *words, build=None, cc=None, root=None, timeout=600):
    """Make targets (or set variables) in a build directory; the output, or MakeFailed."""
    argv = ["make", f"-j{os.cpu_count() or 1}", f"O={build or context.build}",
            f"CC={cc or context.cc}", *context.words, *words]
    with _LOCK:
        try:
            done = subprocess.run(argv, cwd=root or context.root, env=_environment(), text=True,
                                  capture_output=True, errors="replace", timeout=timeout,
                                  stdin=subprocess.DEVNULL, check=False)
        except subprocess.TimeoutExpired:
            failures.append(f"make {' '.join(words)}: no end within {timeout} s")
            raise MakeFailed(f"{' '.join(argv)}: no end within {timeout} s") from None
    if done.returncode != 0:
        tail = "\n".join((done.stdout[-2000:] + done.stderr[-6000:]).strip().splitlines()[-25:])
        cause = re.search(r"^.*(?:\berror\b|undefined reference|No rule to make).*$",
                          done.stderr, re.MULTILINE)
        failures.append(f"make {' '.join(words)} failed: "
                        f"{cause[0].strip() if cause else 'see the output'}")
        raise MakeFailed(f"{failures[-1]}\n{tail}")
    return done.stdout


def variable(context, name):
    """The words of a make variable."""
    return make(context, "-s", f"print-{name}").split()


def have_hypervisor(context):
    """Is there an image to link in this tree?"""
    return context.path("arch", "x86", "boot", "corbel.lds.S").exists()
