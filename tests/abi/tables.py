#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The operation tables and their generator: wrong rows are named, output follows from the tables,
every handler is defined, every hook that a handler is said to ask is asked somewhere, and
docs/abi/index.md is what the tables say."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/gen"))

import gen  # noqa: E402
from optable import emit_docs, schema  # noqa: E402

OPS = ROOT / "include/ops"

# What is done to a table (file, old text, new text), and what the error must then say.
BROKEN = {
    "no-hook": ("sched_op.toml", '"self", "self", "hook", "none", "Lets others',
                '"self", "", "hook", "none", "Lets others', "row 1 (yield): no XSM hook"),
    "no-default": ("sysctl.toml", '"sysctl_physinfo", "priv", "none", "CPUs,',
                   '"sysctl_physinfo", "", "none", "CPUs,', "row 3 (physinfo): no default class"),
    "short-row": ("nmi_op.toml", '"self", "self", "hook", "none", "Takes',
                  '"self", "self", "none", "Takes', "row 2 (unregister_callback): 8 cells"),
    "bad-class": ("vm_assist.toml", '"vm_assist", "hook", "none", "Turns an assist on"',
                  '"vm_assist", "anyone", "none", "Turns an assist on"', "default 'anyone'"),
    "bad-target": ("domctl.toml", '"createdomain", "inout", "create"',
                   '"createdomain", "inout", "someone"', "row 1 (createdomain): target 'someone'"),
    "bad-option": ("domctl.toml", "{ by = \"handler\", version = 0 }", "{ bye = true }",
                   "unknown option 'bye'"),
    "bad-version": ("domctl.toml", "{ since = 0x17 }", "{ since = 0x16 }",
                    "row gsi_permission: since 22 is none of 21, 23"),
    "bad-member": ("domctl.toml", '["createdomain", "altp2m_opts"', '["nothing", "altp2m_opts"',
                   "member 1: argument 'nothing'"),
    "same-number": ("sysctl.toml", '[4, "sched_id"', '[3, "sched_id"',
                    "row 4 (sched_id): 3 is also that of row 3"),
    "same-name": ("sysctl.toml", '[4, "sched_id"', '[4, "physinfo"',
                  "row 4 (physinfo): physinfo is also that of row 3"),
    "two-classes": ("sysctl.toml", '"sysctl_physinfo", "priv", "none", "Core',
                    '"sysctl_physinfo", "hook", "none", "Core',
                    "hook sysctl_physinfo is of class hook"),
    "no-target-member": ("sched_op.toml", '"id:domain_id"', '"id"',
                         "row 5 (remote_shutdown): dispatch cannot find the target"),
    "other-undecided": ("console_io.toml", '"console_io_write", "priv"',
                        '"console_io_write", "other"',
                        "row 1 (write): class 'other' is decided by the handler"),
    "lock-without-target": ("sysctl.toml", '"sysctl_availheap", "priv", "none"',
                            '"sysctl_availheap", "priv", "ctl"',
                            "row 9 (availheap): the target's lock"),
    "params": ("nmi_op.toml", 'params = "uint cmd, ptr arg"', 'params = "int cmd, ptr arg"',
               "row 28 (nmi_op): its arguments are not the params"),
    "not-toml": ("nmi_op.toml", "rows = [", "rows = [[", "nmi_op.toml:"),
    "bad-hook": ("xsm-extra.toml", '"memory_pin_page", "target"', '"memory_pin_page", "mine"',
                 "xsm-extra.toml: row 1: default 'mine'"),
}

FAILED = []


def report(name, problem):
    """One TEST line."""
    print(f"TEST {name} " + (f"FAIL {problem}" if problem else "PASS"))
    if problem:
        FAILED.append(name)


def broken_table(file, old, new, expected):
    """What is wrong with how a broken table is reported."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch) / "ops"
        shutil.copytree(OPS, copy)
        text = (copy / file).read_text(encoding="utf-8")
        if text.count(old) != 1:
            return f"{old!r} is {text.count(old)} times in {file}"
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
        done = subprocess.run([sys.executable, str(ROOT / "tools/gen/gen.py"), "--ops", str(copy),
                               "--out", scratch + "/out"], text=True, capture_output=True,
                              check=False)
    if done.returncode == 0:
        return "it is accepted"
    if expected not in done.stderr or done.stderr.count("\n") != 1:
        return f"{expected!r} is not in {done.stderr.strip()!r}"
    return ""


def deterministic():
    """Two runs give the same text, and the second one touches nothing."""
    first = gen.hypervisor_files(schema.load(OPS))
    if first != gen.hypervisor_files(schema.load(OPS)):
        return "two runs differ"
    with tempfile.TemporaryDirectory() as scratch:
        argv = [sys.executable, str(ROOT / "tools/gen/gen.py"), "--out", scratch]
        subprocess.run(argv, check=True)
        before = {p: p.stat().st_mtime_ns for p in pathlib.Path(scratch).iterdir()}
        subprocess.run(argv, check=True)
        after = {p: p.stat().st_mtime_ns for p in pathlib.Path(scratch).iterdir()}
    return "" if before == after else "an unchanged file was written"


def hypervisor_sources():
    """The text of all hand-written hypervisor sources."""
    return "\n".join(p.read_text(encoding="utf-8") for room in ("common", "arch", "drivers")
                     for p in sorted((ROOT / room).rglob("*.[ch]")))


def asked_by_handlers(tables, sources):
    """Hooks that rows leave to their handlers, and that nobody asks."""
    missing = sorted({row.xsm for family in tables.families.values() for row in family.rows
                      if row.present and row.options.get("by") == "handler"
                      and not re.search(rf"\bxsm_{row.xsm}\(", sources)})
    return f"never asked: {', '.join(missing)}" if missing else ""


def handlers_exist(tables, sources):
    """Rows said to be built whose handler is defined nowhere."""
    handlers = [row.handler for family in tables.families.values() for row in family.rows
                if row.present and family.kind != "hypercall"]
    missing = [h for h in handlers
               if not re.search(rf"^(?:int|long)\s+{h}\(", sources, re.MULTILINE)]
    return f"not defined: {', '.join(missing)}" if missing else ""


def main():
    """All checks."""
    tables = schema.load(OPS)
    for name, case in BROKEN.items():
        report(f"reject.{name}", broken_table(*case))
    report("deterministic", deterministic())
    index = ROOT / "docs/abi/index.md"
    text = index.read_text(encoding="utf-8") if index.exists() else ""
    report("docs-index", "" if text == emit_docs.index(tables) else
           "docs/abi/index.md is out of date: tools/gen/gen.py --docs docs/abi")
    sources = hypervisor_sources()
    report("handlers", handlers_exist(tables, sources))
    report("hooks-asked", asked_by_handlers(tables, sources))
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
