# SPDX-License-Identifier: GPL-2.0-only
"""Operations beside the reference: `make bench`, or tests/perf/bench.py --help.

Boots tests/perf's kernel as dom0 of our image and of the reference under -icount shift=0,sleep=off, where the
time stamp counter counts instructions, and prints a row an operation: ours, the reference's, the ratio, the
goal. Exit 0 when every row was measured on ours; whether a row meets its goal is shown, not judged.
"""

import argparse
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools")]

from boot import BootError, Image, Machine, ReferenceUnavailable, reference_hypervisor  # noqa: E402
import dom0_linux  # noqa: E402
import entry  # noqa: E402

OPTIONS = "console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning noreboot dom0_mem=128M"
MEMORY = 1024  # MiB: what the memory rows are stated for
LINE = re.compile(r"BENCH (\S+) (-?\d+)\b")
END = "BENCH END"

# A page is copied in so many steps of the counter: no part of what is compared.
MOVED = 512
# Measured singly and in batches of 32, with one and with more mappings held.
GRANTS = (
    ("grant-map-v1", "map and unmap, v1"),
    ("grant-copy-64-v1", "copy of 64, v1"),
    ("grant-copy-4096-v1", "copy of 4096, v1"),
    ("grant-map-v2", "map and unmap, v2"),
    ("grant-copy-64-v2", "copy of 64, v2"),
    ("grant-copy-4096-v2", "copy of 4096, v2"),
    ("grant-sub-page-64-v2", "copy of 64, sub-page"),
    ("grant-transitive-64-v2", "copy of 64, transitive"),
)
HELD = (("", ""), ("-held-1000", ", 1,000 held"), ("-held-100000", ", 100,000 held"))
# Operations a second on one table by one vCPU, by two at once, and two in percent of one; by the wall clock,
# so without icount, and different from run to run.
HAMMERED = (("map-v1", "map and unmap, v1"), ("copy-64-v1", "copy of 64, v1"),
            ("map-v2", "map and unmap, v2"), ("copy-64-v2", "copy of 64, v2"))
TWO_VCPUS = tuple((f"grant-{how}-{name}", f"{text} {unit}") for name, text in HAMMERED
                  for how, unit in (("one-vcpu", "a second, one vCPU"), ("two-vcpus", "a second, two vCPUs"),
                                    ("two-to-one", "two vCPUs to one, %")))

ROWS = (
    ("null-hypercall", "null hypercall"),
    ("multicall-8", "multicall of 8"),
    ("vcpu-is-up", "vcpu_op: is_up"),
    ("vcpu-runstate", "vcpu_op: get_runstate_info"),
    ("maximum-ram-page", "memory_op: maximum_ram_page"),
    ("current-reservation", "memory_op: current_reservation"),
    ("decrease-increase", "decrease and increase_reservation"),
    ("yield", "yield"),
    ("set-timer", "set_timer"),
    ("mmu-update", "mmu_update, one entry"),
    ("update-va-mapping", "update_va_mapping"),
    ("pte-write", "PTE write by an instruction"),
    ("pin-unpin-l1", "pin and unpin a full L1"),
    ("pin-unpin-l4", "pin and unpin an empty L4"),
    ("pin-unpin-l4-process", "pin and unpin a process's L4"),
    ("page-fault-bounce", "page-fault bounce"),
    ("syscall-bounce", "syscall bounce"),
    ("event-send-masked-2l", "event send, masked, 2-level"),
    ("event-send-upcall-2l", "event send with upcall, 2-level"),
    ("event-send-masked-fifo", "event send, masked, FIFO"),
    ("event-send-upcall-fifo", "event send with upcall, FIFO"),
    ("port-alloc-close", "alloc and close a port"),
    ("port-alloc-close-1000", "the same, 1,000 ports open"),
    ("bind-close-ipi", "bind_ipi and close"),
    ("bind-close-virq", "bind_virq and close"),
    ("bind-close-dom-exc", "the same, VIRQ_DOM_EXC"),
    ("bind-close-interdomain", "bind_interdomain and close"),
    ("set-virq-handler", "set_virq_handler"),
    ("getdomaininfo", "getdomaininfo"),
    ("list-1-domain", "list of 1 domain, room for 200"),
    ("list-200-domains", "list of 200 domains"),
    ("create-destroy-empty", "create and destroy, empty"),
    ("create-destroy-16m", "create and destroy, 16 MiB"),
    ("memory-hypervisor", "hypervisor's memory, bytes"),
    ("memory-empty-domain", "an empty domain's memory, bytes"),
    ("boot", "entry to dom0's entry"),
) + tuple((stem + held + batch, text + ", of 32" * bool(batch) + more)
          for stem, text in GRANTS for held, more in HELD for batch in ("", "-32")) + (
    ("grant-setup", "grant table setup"),
) + TWO_VCPUS + dom0_linux.ROWS
# At most this share of the reference's count, where it is not the half.
GOALS = {name: dom0_linux.GOAL for name, _ in dom0_linux.ROWS}
# More is better here, and no share of the reference's is the goal.
RATES = {name for name, _ in TWO_VCPUS}


def boot_image(hypervisor, kernel, build, kernel_line="", **machine):
    """The started machine with this kernel as dom0."""
    # The second module is what the kernel builds its child from.
    modules = [(kernel, kernel_line)] + [(kernel, "")] * (kernel_line == "grants")
    image = Image(hypervisor, OPTIONS, modules)
    how = {"smp": 1, "icount": "shift=0,sleep=off"} | machine
    return Machine(image, memory=MEMORY, timeout=120, until=END, cache=build / "boot", **how)


def read_rows(result):
    """{row: count}; raises BootError when the kernel did not come to its end."""
    if END not in result.output:
        raise BootError(f"the benchmark did not end ({result.reason}):\n{result.tail(15)}")
    return {name: int(value) for name, value in LINE.findall(result.output)}


def free_port():
    """A TCP port for the debugger's stub."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def boot_once(hypervisor, kernel, build, pause):
    """Instructions from the hypervisor's entry to dom0's, the loader having paused for some milliseconds."""
    port = free_port()
    machine = boot_image(hypervisor, kernel, build, "boot-only", gdb=port,
                         extra=["-boot", f"menu=on,splash-time={pause}"])
    with machine.start() as session:
        start, = entry.counters_at(port, [entry.entry_point(hypervisor)], 60)
        rows = read_rows(session.finish(END))
    return rows["dom0-entry-tsc"] - start


def least_boot(hypervisor, once, finest=8):
    """once(image, pause) without the wait for the clock's next second: the least over where in it the boot starts.

    To `finest` milliseconds, of as many million instructions.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        image = entry.at_fixed_address(pathlib.Path(hypervisor), pathlib.Path(scratch) / "image")
        counts = {pause: once(image, pause) for pause in (100, 350, 600, 850)}
        step = 128
        while step >= finest:
            pause = min(counts, key=counts.get) + step
            counts[pause] = once(image, pause)
            step //= 2
    return min(counts.values())


def measure(hypervisor, kernel, build, with_boot, with_linux):
    """{row: count} of one hypervisor."""
    rows = read_rows(boot_image(hypervisor, kernel, build).run())
    rows |= read_rows(boot_image(hypervisor, kernel, build, "grants").run())
    rows |= read_rows(boot_image(hypervisor, kernel, build, "hammer", smp=2, icount=None).run())
    if with_linux:
        rows |= dom0_linux.measure(hypervisor, build)
    if with_boot:
        rows["boot"] = least_boot(hypervisor, lambda image, pause: boot_once(image, kernel, build, pause))
    if with_boot and with_linux and (once := dom0_linux.way_to_entry(build, free_port)):
        rows["linux-loaded"] = least_boot(hypervisor, once, finest=64)
    return rows


def table(ours, theirs):
    """The rows as text."""
    lines = [f"{'operation':42}{'ours':>14}{'reference':>14}{'ratio':>8}"]
    for name, text in ROWS:
        mine, other = ours.get(name), theirs.get(name)
        if mine is None and other is None:
            continue
        known = mine and other and mine > 0 and other > 0
        ratio = f"{mine / other:.2f}" if known else "-"
        bytes_moved = MOVED if "-4096" in name else 0
        goal = GOALS.get(name, 0.5)
        met = name in RATES or known and mine - bytes_moved <= goal * (other - bytes_moved)
        mark = "" if met or not known else "  above the goal"
        lines.append(f"{text:42}{show(mine):>14}{show(other):>14}{ratio:>8}{mark}")
    return "\n".join(lines)


def show(value):
    """A count with separators."""
    return "-" if value is None or value < 0 else f"{value:,}"


def release_image(build):
    """Our image as users run it: the checks of a debug build are not what is compared."""
    where = build / "release"
    subprocess.run(["make", "-s", f"O={where}", "DEBUG=n", f"{where}/corbel"], cwd=ROOT, check=True)
    return where / "corbel"


def main():
    """Build, measure both, print."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--hv", type=pathlib.Path, help="our image (default: a release build, in BUILD/release)")
    parser.add_argument("--only", choices=["ours", "reference"])
    parser.add_argument("--no-boot", dest="boot", action="store_false",
                        help="leave out the row that needs a dozen boots")
    parser.add_argument("--no-linux", dest="linux", action="store_false",
                        help="leave out the rows that Debian's Linux measures as dom0")
    args = parser.parse_args()
    build = args.build.resolve()
    kernel = build / "guest" / "bench.elf"
    subprocess.run(["make", "-s", f"O={args.build}", "bench-kernel"], cwd=ROOT, check=True)
    if not args.hv and args.only != "reference":
        args.hv = release_image(build)
    results = {"ours": {}, "reference": {}}
    try:
        if args.only != "reference":
            results["ours"] = measure(args.hv, kernel, build, args.boot, args.linux)
        if args.only != "ours":
            results["reference"] = measure(reference_hypervisor(build), kernel, build,
                                           args.boot, args.linux)
    except ReferenceUnavailable as reason:
        print(f"bench: no reference: {reason}", file=sys.stderr)
    except (BootError, entry.GdbError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(table(results["ours"], results["reference"]))
    (build / "bench.json").write_text(json.dumps(results, indent=1), encoding="ascii")
    wanted = [name for name, _ in ROWS if name != "boot" and name not in GOALS]
    missing = [name for name in wanted if args.only != "reference"
               and results["ours"].get(name, -1) < 0]
    if missing:
        print("not measured on ours: " + ", ".join(missing), file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
