# SPDX-License-Identifier: GPL-2.0-only
"""The end of the machine: what is told when the hypervisor or dom0 breaks, and how it stops.

A debug build fails on purpose where crash= says so; a test kernel as dom0 ends in each way there is. The
emulator says whether the machine was powered off, was reset, or still stands.
"""

import pathlib
import re
import subprocess
import tempfile

from boot import Image, Machine

from . import kernels
from .make import MakeFailed
from .tables import Monitor
from .verdict import Case, FAIL, Job, PASS, SKIP

KERNEL = "basic-msr"
STANDS = r"(noreboot: the|The) machine stays"
# QEMU's own words: a power-off that the guest asked for, a reset by the keyboard controller.
TRACES = ("-trace", "qemu_system_shutdown_request", "-trace", "pckbd_kbd_write_command")
POWERED_OFF = "qemu_system_shutdown_request reason=6"
KBD_RESET = re.compile(r"pckbd_kbd_write_command.*0xfe")

# crash=, more options, the headline, the calls of the CPU that failed from the innermost on.
FAILURES = (
    ("page-fault@1", "", r"Fatal page fault \(vector 14, error code 0x2\) on CPU 1",
     ["fail_page_fault", "provoke_now", "timer_softirq"]),
    ("protection@0", "", r"Fatal general protection \(vector 13, error code 0\) on CPU 0",
     ["fail_protection", "provoke_now", "timer_softirq"]),
    ("jump@1", "", r"Fatal page fault \(vector 14, error code 0x1[01]\) on CPU 1",
     [None, "fail_jump", "provoke_now"]),
    ("stack@1", "", r"Fatal double fault \(vector 8, error code 0\) on CPU 1", ["fail_stack"] * 8),
    ("overrun@0", "", r"Panic on CPU 0: Stack overrun in a function that returns to",
     ["__stack_chk_fail", "fail_overrun"]),
    ("bug@1", "", r"BUG at arch/x86/entry/provoke\.c:\d+ on CPU 1", ["fail_bug", "provoke_now"]),
    ("assert@0", "", r"ASSERT\(.*provoked.*\) at arch/x86/entry/provoke\.c:\d+ on CPU 0",
     ["fail_assert", "provoke_now"]),
    ("panic@1", "", r"Panic on CPU 1: provoked", ["fail_panic", "provoke_now"]),
    ("nmi@1", "nmi=fatal", r"Fatal NMI \(vector 2, error code 0\) on CPU 1: unknown reason", []),
    ("stuck@1", "watchdog watchdog_timeout=2", r"Watchdog: CPU 1 is stuck", ["fail_stuck", "provoke_now"]),
    ("stuck@0", "watchdog watchdog_timeout=2", r"Watchdog: CPU 0 is stuck", ["fail_stuck", "provoke_now"]),
)

# Role of dom0, options, how it ends (off, reset, stands), what is said before.
ENDINGS = (
    ("poweroff", "noreboot", "off", r"stops the machine: power off"),
    ("reboot", "noreboot", "stands", r"stops the machine: reboot"),
    ("reboot", "reboot=no", "stands", r"stops the machine: reboot"),
    ("reboot", "", "reset", r"stops the machine: reboot"),
    ("reboot", "reboot=pci", "reset", r"stops the machine: reboot"),
    ("reboot", "reboot=kbd", "keyboard", r"stops the machine: reboot"),
    ("reboot", "reboot=triple", "triple", r"stops the machine: reboot"),
    ("crash", "noreboot", "stands", r"stops the machine: crash"),
    ("broken", "noreboot", "stands", r"d0 crashes: no handler registered[^\n]*\n(.*\n)*?"
                                     r".*stops the machine: crash\n.*d0v0 kernel rip e033:"),
    ("broken", "", "reset", r"stops the machine: crash"),
    ("down", "noreboot", "stands", r"The hardware domain has died: its last vCPU went down\n"
                                   r"(.*\n)*?.*d0v0 kernel rip e033:"),
    ("down", "", "stands", r"The hardware domain has died"),
    ("idle", "crash=panic@0", "reset", r"Panic on CPU 0: provoked"),
)

HEADLINE = re.compile(r"^\(HV\) \*\*\* (?!Serial input).*$", re.MULTILINE)
# What `make check` runs of these; `make check-full`, and T=crash, run all.
QUICK = ("page-fault@1", "stack@1", "bug@1", "assert@0", "stuck@1", "stuck@0", "nmi@1",
         ("poweroff", "noreboot"), ("reboot", ""), ("reboot", "reboot=kbd"), ("broken", "noreboot"),
         ("down", "noreboot"),
         ("idle", "crash=panic@0"))

REGISTERS = ("rip", "rflags", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10",
             "r11", "r12", "r13", "r14", "r15", "cr0", "cr2", "cr3", "cr4", "ss")


def boot(context, image, options, role, until=STANDS + r".*\n", extra=()):
    """Run the kernel in a role as dom0 until the machine ends or stands still."""
    base = kernels.HV_OPTIONS.replace(" noreboot", "") + " dom0_mem=128M "
    return Machine(Image(image, base + options, [(context.made("guest", KERNEL + ".elf"),
                                                  f"role={role}")]),
                   smp=2, memory=512, timeout=60, until=until, cache=context.made("boot"),
                   extra=[*TRACES, *extra]).run()


def cpu_states(dump):
    """{CPU: (text of its state, its calls as (function, offset))} of a dump."""
    parts = re.split(r"^\(HV\) CPU(\d+) (?=\S+ rip )", dump, flags=re.MULTILINE)
    found = {}
    for number, text in zip(parts[1::2], parts[2::2]):
        # A call of what is no code has a bare address.
        calls = re.findall(r"^\(HV\) (?:Calls:|      |     \?) (?:([\w.]+)\+(0x\w+)/0x\w+|[0-9a-f]{16})$",
                           text, re.MULTILINE)
        found.setdefault(int(number), []).append((text, calls))
    return found


def wrong_calls(calls, wanted):
    """Why the calls are not those that were wanted, or None."""
    for (function, _), expected in zip(calls, wanted):
        if expected and function.split(".")[0] != expected:
            return f"{function} stands where {expected} called"
    if len(calls) < len(wanted):
        return f"{len(calls)} calls shown, not {len(wanted)}"
    repeated = [one for one, two in zip(calls, calls[1:]) if one == two]
    if repeated and "fail_stack" not in wanted:
        return f"{repeated[0][0]}+{repeated[0][1]} is shown twice"
    return None


def judge_dump(output, headline, cpu, calls, smp=2):
    """Why a crash dump is not what it must be, or None."""
    heads = list(HEADLINE.finditer(output))
    if len(heads) != 1 or not re.search(headline, heads[0][0]):
        return f"the headline is {[head[0] for head in heads]}"
    dump, ring, rest = output[heads[0].end():].partition("(HV) The console ring:\n")
    states = cpu_states(dump)
    if sorted(states) != list(range(smp)) or any(len(state) != 1 for state in states.values()):
        return f"states of CPUs {[(n, len(state)) for n, state in states.items()]}"
    for number, [(text, _)] in states.items():
        missing = [name for name in REGISTERS if not re.search(rf"\b{name} +[0-9a-f:]+", text)]
        if missing:
            return f"CPU {number}: no {', '.join(missing)}"
    if next(iter(states)) != cpu:
        return f"CPU {next(iter(states))} is shown first"
    for number, [(_, shown)] in states.items():
        reason = wrong_calls(shown, calls if number == cpu else [])
        if reason:
            return f"CPU {number}: {reason}"
    if not ring or "Corbel, a hypervisor" not in rest or heads[0][0] in rest:
        return "the console ring is not shown up to the failure"
    return None if re.search(STANDS, rest) else "noreboot is not obeyed"


def failure(context, row):
    """A hypervisor that fails on purpose."""
    how, options, headline, calls = row
    cpu = int(how.rpartition("@")[2])
    result = boot(context, kernels.ours(context), f"noreboot {options} crash={how}", "idle")
    reason = judge_dump(result.output, headline, cpu, calls)
    return Case(how, FAIL if reason else PASS, reason or "", result.seconds,
                result.output[-6000:] if reason else "")


def judge_ending(result, how):
    """Why the machine did not end as it must, or None."""
    stands = result.reason == "until"
    off = POWERED_OFF in result.output
    if how == "stands":
        return None if stands and not off else f"the machine is gone: {result.reason}"
    if stands or result.reason != "exit" or result.status != 0:
        return f"the machine did not end: {result.reason}, status {result.status}"
    if off != (how == "off"):
        return "it was powered off" if off else "it was not powered off"
    if bool(KBD_RESET.search(result.output)) != (how == "keyboard"):
        return "the keyboard controller was asked, or was not"
    if ("Triple fault" in result.output) != (how == "triple"):
        return "there was a triple fault, or was none"
    return None


def ending(context, row, machine="pc"):
    """A dom0 that ends."""
    role, options, how, said = row
    result = boot(context, kernels.ours(context), options, role,
                  extra=["-machine", machine, "-d", "cpu_reset"])
    reason = judge_ending(result, how)
    if not reason and not re.search(said, result.output):
        reason = f"nobody says {said}"
    name = ".".join(filter(None, [role, options.replace("=", "-").replace("@", ""), machine]))
    return Case(name, FAIL if reason else PASS, reason or "", result.seconds,
                result.tail(40) if reason else "")


def broken_record(context):
    """A CPU whose own record is written over cannot be dumped: where it was is told nevertheless."""
    result = boot(context, kernels.ours(context), "noreboot crash=record@0", "idle")
    told = re.search(r"BUG at arch/x86/entry/provoke\.c:\d+ on CPU 0\n[\s\S]*"
                     r"Failed again while that was told: rip ([0-9a-f]{16}) rsp [0-9a-f]{16}\n", result.output)
    symbols = subprocess.run(["addr2line", "-fe", context.made("corbel-syms"), f"0x{told[1]}"], text=True,
                             capture_output=True, check=True).stdout if told else ""
    good = symbols.startswith("fail_record") and re.search(STANDS, result.output)
    return Case("record@0", PASS if good else FAIL, "" if good else f"it is not told: {symbols!r}", result.seconds,
                "" if good else result.tail(40))


def ignored_nmi(context):
    """An NMI that nobody raised is told, with the CPU, and the machine goes on."""
    result = boot(context, kernels.ours(context), "noreboot nmi=ignore crash=nmi@1", "idle",
                  until="CPU1: NMI for an unknown reason")
    alive = result.reason == "until" and not HEADLINE.search(result.output)
    return Case("nmi.ignore", PASS if alive else FAIL, "" if alive else "it is not told, or ended all",
                result.seconds, "" if alive else result.tail(40))


def messages_as_exceptions(context):
    """Frames without the error code that their vector's exception has are taken for interrupts."""
    result = boot(context, kernels.ours(context), "noreboot loglvl=all guest_loglvl=all crash=messages@1", "idle",
                  until="Messages of exceptions' vectors: done")
    told = re.findall(r"CPU1: a spurious interrupt on vector (0x[0-9a-f]+), which nobody uses", result.output)
    good = result.reason == "until" and told == [f"{n:#x}" for n in (8, 10, 11, 12, 13, 14, 17, 21, 29, 30)]
    return Case("messages", PASS if good else FAIL, "" if good else f"not taken for interrupts, but {told}",
                result.seconds, "" if good else result.tail(40))


def quiet_watchdog(context):
    """The watchdog says nothing where nothing is stuck, and names its source of NMIs."""
    image = kernels.ours(context)
    cases, result = kernels.run_kernel(context, "sched", image, "ours", extra="watchdog")
    wrong = [case.name for case in cases.values() if case.verdict != PASS]
    if not re.search(r"Watchdog: a CPU without progress for 5 s is stuck; NMIs by", result.output):
        wrong.append("the watchdog did not start")
    return Case("watchdog.quiet", FAIL if wrong else PASS, ", ".join(wrong), result.seconds,
                result.tail(40) if wrong else "")


# An error, as QEMU's monitor makes it on CPU 1: bank, MCi_STATUS, MCG_STATUS, MCi_ADDR, MCi_MISC.
CORRECTED = "3 0x9c00000000000151 0x0 0x12345000 0x8c"
OPTIONAL = "4 0xbd000000000000c0 0x5 0x12346000 0x8c"  # found by a scrubber, used by nobody yet
FATAL = "5 0xbe00000000000151 0x4 0x12347000 0x8c"
UNRECOVERABLE = "6 0xbd80000000000134 0x7 0x12348000 0x8c"  # used by what ran
RECORDS = ("MCA {kind}\nMCA records 2 flags 0\n"
           "MCA global size 32 dom 7ff4 vcpu ffff socket 0 core 1 thread 0 apic 1 flags {flags:x} status {mcg:x}\n"
           "MCA bank {bank} size 48 dom 7ff4 status {status} addr {addr} misc 8c ctrl2 0 tsc set\nMCA kept\n")


def with_errors(context, errors, until):
    """Run the kernel that tells of machine checks, and make the errors, one after the other was told."""
    with tempfile.TemporaryDirectory(prefix="corbel-monitor-") as folder:
        path = pathlib.Path(folder) / "monitor"
        made = []

        def react(session):
            told = session.raw.count(b"MCA done")
            if b"MCA ready" in session.raw and len(made) <= told and len(made) < len(errors):
                made.append(errors[len(made)])
                Monitor(path).ask(f"mce 1 {made[-1]}")
        image = Image(kernels.ours(context), kernels.HV_OPTIONS + " noreboot dom0_mem=128M",
                      [(context.made("guest", "platform.elf"), "role=mca")])
        return Machine(image, smp=2, memory=512, timeout=120, until=until, vendor="intel", monitor=str(path),
                       react=react, cache=context.made("boot")).run()


def survived_errors(context):
    """Errors that the machine survives: named on the console, told to dom0 by VIRQ_MCA, once."""
    result = with_errors(context, [CORRECTED, OPTIONAL], r"(?:MCA done[\s\S]*){2}")
    wanted = [("nonurgent", 0x09, 0, CORRECTED), ("urgent", 0x46, 5, OPTIONAL)]
    records = ""
    for kind, flags, mcg, error in wanted:
        bank, status, _, addr, _ = error.replace("0x", "").split()
        records += RECORDS.format(kind=kind, flags=flags, mcg=mcg, bank=bank, status=status, addr=addr)
        records += "MCA done\n"
    told = "".join(line + "\n" for line in result.output.splitlines() if line.startswith("MCA ")
                   and line != "MCA ready")
    good = told == records and len(re.findall(r"^\(HV\) CPU1: machine check, (?:un)?corrected: bank", result.output,
                                              re.MULTILINE)) == len(wanted)
    return Case("mce.survived", PASS if good else FAIL, "" if good else "dom0 is told otherwise", result.seconds,
                "" if good else result.tail(60))


def fatal_error(context, name, error, severity):
    """An error that the machine does not survive: the dump names it."""
    result = with_errors(context, [error], STANDS + r".*\n")
    reason = judge_dump(result.output, r"Fatal machine check \(vector 18, error code 0\) on CPU 1", 1, [])
    bank, status = error.replace("0x", "").split()[:2]
    if not reason and f"CPU1: machine check, {severity}: bank {bank} status {status}" not in result.output:
        reason = "the bank is not shown"
    return Case(name, FAIL if reason else PASS, reason or "", result.seconds, result.tail(60) if reason else "")


def jobs(context):
    """One job a way to fail or to end."""
    try:
        kernels.ours(context)
        kernels.build(context)
    except kernels.Unavailable as unavailable:
        verdict, text = unavailable.verdict, str(unavailable)
        return [Job("none", lambda: [Case("crash", verdict, text)])]
    except MakeFailed as failed:
        text = str(failed)
        return [Job("build", lambda: [Case("crash.build", FAIL, text.splitlines()[0],
                                           output=text)])]
    if "CONFIG_DEBUG=y" not in context.made(".config").read_text(encoding="utf-8"):
        return [Job("none", lambda: [Case("crash", SKIP, "a release build does not fail on purpose")])]
    everything = context.full or context.only
    found = [Job(row[0], lambda row=row: [failure(context, row)]) for row in FAILURES
             if everything or row[0] in QUICK]
    found += [Job(f"{row[0]}.{row[1] or 'plain'}", lambda row=row: [ending(context, row)])
              for row in ENDINGS if everything or row[:2] in QUICK]
    found.append(Job("poweroff.q35", lambda: [ending(context, ENDINGS[0], "q35")]))
    found.append(Job("record@0", lambda: [broken_record(context)]))
    found.append(Job("nmi.ignore", lambda: [ignored_nmi(context)]))
    found.append(Job("messages", lambda: [messages_as_exceptions(context)]))
    found.append(Job("mce.survived", lambda: [survived_errors(context)]))
    found.append(Job("mce.fatal", lambda: [fatal_error(context, "mce.fatal", FATAL,
                                                       "uncorrected, and the CPU is not whole")]))
    if everything:
        found.append(Job("mce.used", lambda: [fatal_error(context, "mce.used", UNRECOVERABLE, "uncorrected")]))
    found.append(Job("watchdog", lambda: [quiet_watchdog(context)]))
    return found
