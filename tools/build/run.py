# SPDX-License-Identifier: GPL-2.0-only
"""`make run`: boots an image with a dom0.

By KVM where the machine can, by TCG elsewhere; ACCEL=tcg or ACCEL=kvm in the environment decides otherwise.

At a terminal: the serial line is the terminal (Ctrl-a x leaves QEMU, Ctrl-a c is its monitor).
Otherwise: the embedded dom0 does its demonstration; the exit status is 0 when it said `DEMO PASS` and
left the emulator with its own status, 1 otherwise.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from boot import BootError, Image, Machine, accel  # noqa: E402
from boot.demo import EXIT_PASS, demo_verdict  # noqa: E402


def main():
    """One run."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--hv", required=True)
    parser.add_argument("--cmdline", default="")
    parser.add_argument("--module", action="append", default=[])
    parser.add_argument("--machine", default="pc", choices=["pc", "q35"])
    parser.add_argument("--firmware", default="bios", choices=["bios", "uefi"])
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--memory", type=int, default=1024)
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--qemu", action="append", default=[])
    args = parser.parse_args()

    terminal = sys.stdin.isatty()
    modules = [tuple((module.split(None, 1) + [""])[:2]) for module in args.module]
    if not terminal:
        kernel, cmdline = modules[0]
        modules[0] = (kernel, f"{cmdline} demo".strip())
        args.cmdline += " sync_console"  # dom0 leaves the emulator right after its last line
    try:
        print(f"run: {accel.chosen()}", file=sys.stderr, flush=True)
        machine = Machine(Image(args.hv, args.cmdline, modules), machine=args.machine,
                          firmware=args.firmware, smp=args.smp, memory=args.memory,
                          timeout=args.timeout, echo=True, extra=args.qemu, accel=accel.BEST,
                          cache=args.build / "boot")
        if terminal:
            print("run: Ctrl-a x leaves QEMU", flush=True)
            status = machine.interact()
            return 0 if status in (0, EXIT_PASS) else 1
        result = machine.run()
    except BootError as error:
        print(f"run: {error}", file=sys.stderr)
        return 2
    passed, reason = demo_verdict(result)
    print(f"\nrun: {'the demonstration passed' if passed else reason} "
          f"({result.seconds:.1f} s)", file=sys.stderr)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
