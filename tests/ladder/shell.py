# SPDX-License-Identifier: GPL-2.0-only
"""A conversation with the embedded dom0's shell on the serial line: every command, and the line editor.

A step is typed and must be answered; what it captures may be used in later ones. The shell ends by itself at the
last step, and its emulator with the status of a pass.
"""

import time

from boot import Image, Machine, accel
from boot.demo import EXIT_PASS

from .verdict import Case, ERROR, FAIL, PASS

FIFO = 16  # bytes
SECONDS = 120
ANSWER = 20  # seconds for one step
PROMPT = r"corbel> "
LEFT, UP, HOME, DELETE = "\x1b[D", "\x1b[A", "\x01", "\x1b[3~"
CTRL_K, CTRL_U, CTRL_W, CTRL_CLOSE = "\x0b", "\x15", "\x17", "\x1d"
SWITCH = "\x01\x01\x01"  # CTRL-a three times

# name, what is typed, what answers; {handler} and {victim} are domain ids that were captured before.
STEPS = (
    ("help", "help\r", r"poweroff +end everything"),
    ("info", "info\r", r"memory +\d+ MiB, \d+ MiB free"),
    ("create", "create handler\r", r"domain (?P<handler>\d+)\s"),
    ("domain_speaks", "", r"\[handler {handler}\] handler: ready"),
    ("create_with_size", "create victim 8 2\r", r"domain (?P<victim>\d+)\s"),
    ("size_is_as_asked", "", r"\[victim {victim}\] victim: up with 2048 pages"),
    ("list", "list\r", r"{victim} victim +\S+ +\d+ +8\.000"),
    ("virq_shows", "virq\r", r"3 DOM_EXC +domain 0"),
    ("virq_sets", "virq dom_exc {handler}\r", r"3 DOM_EXC +domain {handler}"),
    ("pause", "pause {victim}\rlist\r", r"{victim} victim +\S*p"),
    ("unpause", "unpause {victim}\rlist\r", r"{victim} victim +[^p ]+ "),
    ("destroy", "destroy {victim}\r", r"\[handler {handler}\] handler: domain {victim} died"),
    ("console", "console {handler}\r", r"Ctrl-\] leaves it[\s\S]*handler: ready"),
    ("console_is_left", "typed" + CTRL_CLOSE, r"--- left\r?\n[\s\S]*corbel> "),
    ("dmesg", "dmesg\r", r"\(\w+\) [\s\S]*corbel> "),
    ("keys", "keys h\r", r"'h' pressed"),
    ("key_memory", "keys m\r", r"\d+ ?(?:KiB|kB) free"),
    ("key_grants", "keys g\r", r"d{handler} grants: v\d|grant-table for remote d{handler}"),
    ("list_grants", "list\r", r"dom0 [^\n]*  \d+/\d+/\d+, \d+/\d+/\d+, \d+/\d+/\d+\r?\n|dom0 [^\n]*  -\r?\n"),
    ("key_domains", "keys q\r", r"d{handler}: \d+ of \d+ pages[^\n]*xenstore|for domain {handler}:"),
    ("key_queues", "keys r\r", r"CPU1: |Scheduler: "),
    ("switch_to_debug_keys", SWITCH + "h", r"\*\*\* Serial input to[\s\S]*'h' pressed"),
    ("switch_back", SWITCH, r"\*\*\* Serial input to DOM0"),
    ("edit_inside", "lixst" + LEFT + LEFT + LEFT + DELETE + "\r", r"id kind +state"),
    ("history", UP + "\r", r"id kind +state"),
    ("edit_words", "list nothing here" + CTRL_W + CTRL_W + "\r", r"id kind +state"),
    ("edit_ends", "xlist trash" + LEFT * 6 + CTRL_K + HOME + DELETE + "\r", r"id kind +state"),
    ("edit_all", "nonsense" + CTRL_U + "info\r", r"memory +\d+ MiB"),
    ("history_goes_back", UP + UP + UP + "\r", r"id kind +state"),
    ("unknown_command", "nosuch\r", r"nosuch: no such command"),
    ("wrong_count", "create\r", r"usage: create handler"),
    ("wrong_kind", "create nosuch\r", r"no such kind of domain"),
    ("wrong_number", "destroy abc\r", r"abc is no number"),
    ("wrong_domain", "destroy 999\r", r"destroy: .*No such (process|domain)"),
    ("wrong_virq", "virq nosuch 1\r", r"no such virtual interrupt"),
    ("wrong_virq_domain", "virq dom_exc 777\r", r"(?i)777.*no such"),
    ("too_much", "create victim 100000\r", r"no 100000 MiB on this host"),
    ("long_line", "x" * 300 + "\r", r"no such command"),
)


def machine(context, hypervisor, options):
    """The machine that the conversation is held with."""
    image = Image(hypervisor, options, [(context.made("dom0"), "")])
    return Machine(image, smp=2, timeout=SECONDS, accel=accel.BEST, cache=context.made("boot"))


def _type(session, text, slowly):
    """As a whole; or no more at once than the serial port holds, with time in between."""
    step = FIFO if slowly else max(len(text), 1)
    for at in range(0, len(text), step):
        session.send(text[at:at + step])
        if slowly:
            time.sleep(0.05)


def converse(session, prefix, slowly=False):
    """The steps, one case each; those after one that nothing answered are not tried.

    slowly: 4.20 loses some of what comes at once, on QEMU 10.
    """
    cases, known = [], {}
    if not session.expect(PROMPT, 60):
        return [Case(f"{prefix}.prompt", FAIL, "no prompt", output=session.output[-3000:])]
    for name, typed, answer in STEPS:
        for key, value in known.items():
            typed, answer = typed.replace(f"{{{key}}}", value), answer.replace(f"{{{key}}}", value)
        _type(session, typed, slowly)
        match = session.expect(answer, ANSWER)
        if not match:
            cases.append(Case(f"{prefix}.{name}", FAIL, f"no answer like {answer!r}",
                              output=session.output[-3000:]))
            return cases + [Case(f"{prefix}.{later}", ERROR, f"{name} was not answered")
                            for later, _, _ in STEPS[len(cases):]]
        known.update({key: value.decode() for key, value in match.groupdict().items()})
        cases.append(Case(f"{prefix}.{name}", PASS))
    session.send("poweroff\r")
    result = session.finish()
    verdict = PASS if result.status == EXIT_PASS else FAIL
    return cases + [Case(f"{prefix}.poweroff", verdict, f"{result.reason}, status {result.status}")]
