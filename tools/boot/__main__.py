# SPDX-License-Identifier: GPL-2.0-only
"""Command line of the boot module: /usr/bin/python3 tools/boot {iso,run,reference} --help"""

import argparse
import pathlib
import sys

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from boot import (Bochs, BootError, Image, Machine, ReferenceUnavailable,  # noqa: E402
                  reference_hypervisor)


def _image_options(parser):
    parser.add_argument("--hv", required=True, help="hypervisor image, or 'reference'")
    parser.add_argument("--cmdline", default="", help="the hypervisor's command line")
    parser.add_argument("--module", action="append", default=[], metavar="FILE[ CMDLINE]",
                        help="a module and its command line, in order; may be given again")
    parser.add_argument("--gfxpayload", default="", metavar="MODE",
                        help="the screen's mode, in GRUB's words: text, 1024x768x32, auto")
    parser.add_argument("--build", type=pathlib.Path, help="build directory (default: build)")


def _image(args, **kwargs):
    hypervisor = reference_hypervisor(args.build) if args.hv == "reference" else args.hv
    modules = [tuple((module.split(None, 1) + [""])[:2]) for module in args.module]
    return Image(hypervisor, args.cmdline, modules, gfxpayload=args.gfxpayload, **kwargs)


def _cache(args):
    return args.build / "boot" if args.build else None


def _iso(args):
    _image(args, menu=args.menu).write_iso(args.output, _cache(args))
    return 0


def _run(args):
    common = {"smp": args.smp, "timeout": args.timeout, "until": args.until or "",
              "cache": _cache(args)}
    if args.memory:
        common["memory"] = args.memory
    if args.bochs:
        result = Bochs(_image(args), **common).run()
        sys.stdout.write(result.output)
    else:
        machine = Machine(
            _image(args), machine=args.machine, firmware=args.firmware, vendor=args.vendor,
            cpu=args.cpu, accel=args.accel, icount=args.icount, gdb=args.gdb, echo=True, extra=args.qemu,
            **common)
        if args.interactive:
            return machine.interact()
        result = machine.run()
    print(f"\nboot: {result.reason}, status {result.status}, {result.seconds:.1f} s",
          file=sys.stderr)
    return 124 if result.timed_out else 0 if result.reason == "until" else result.status


def _reference(args):
    print(reference_hypervisor(args.build))
    return 0


def main():
    """Parse, run, and turn known errors into one line."""
    parser = argparse.ArgumentParser(prog="tools/boot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    iso = commands.add_parser("iso", help="write a bootable ISO (BIOS and UEFI, CD and USB stick)")
    _image_options(iso)
    iso.add_argument("-o", "--output", required=True)
    iso.add_argument("--menu", action="store_true", help="show GRUB's menu for three seconds")
    iso.set_defaults(handler=_iso)

    run = commands.add_parser("run", help="boot in QEMU or Bochs and copy the serial line")
    _image_options(run)
    run.add_argument("--machine", default="pc", choices=["pc", "q35"])
    run.add_argument("--firmware", default="bios", choices=["bios", "uefi"])
    run.add_argument("--vendor", default="amd", choices=["amd", "intel"], help="of TCG's CPU")
    run.add_argument("--smp", type=int, default=1)
    run.add_argument("--memory", type=int, default=0, help="MiB")
    run.add_argument("--cpu", default="")
    run.add_argument("--accel", default="", choices=["tcg", "kvm", "best"], help="default: tcg")
    run.add_argument("--icount", default="", help="e.g. shift=0,sleep=off")
    run.add_argument("--timeout", type=float, default=60.0)
    run.add_argument("--until", help="a pattern of the serial line that ends the run")
    run.add_argument("--gdb", type=int, default=0, metavar="PORT",
                     help="wait for gdb on this TCP port")
    run.add_argument("--bochs", action="store_true")
    run.add_argument("-i", "--interactive", action="store_true")
    run.add_argument("--qemu", action="append", default=[], metavar="ARG",
                     help="one more word for QEMU's command line")
    run.set_defaults(handler=_run)

    reference = commands.add_parser("reference", help="print the path of the reference image")
    reference.add_argument("--build", type=pathlib.Path)
    reference.set_defaults(handler=_reference)

    args = parser.parse_args()
    try:
        return args.handler(args)
    except (BootError, ReferenceUnavailable) as error:
        print(f"boot: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
