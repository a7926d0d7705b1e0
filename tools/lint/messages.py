# SPDX-License-Identifier: GPL-2.0-only
"""Messages that a guest can cause: from what guests without privilege reach to every printk.

A guest that can have an unmarked line printed holds its CPU at the console's speed and washes out the log; a line whose
level is XENLOG_G_* (or that gdprintk prints) is rate limited. Guests enter by the handlers of rows that are open to
all, by what entry code calls, and, later, by callbacks of timers, soft interrupts, tasklets, RCU and interrupts.

The graph is read off the sources: a function reaches each function that its body names, called or not, and what tables
that it names hold. The walk ends where the machine does, and at start-up code. A function whose messages no guest
causes, or repeats, says so in a comment: EXEMPT and the reason.
"""

import re
import tomllib

from .tree import Finding

FOLDERS = ("common/", "arch/x86/", "drivers/", "xsm/", "include/hv/")
PRIVILEGED = ("priv", "xs_priv", "dm_priv")
CALLBACK = re.compile(r"\b(?:timer_init|tasklet_init|softirq_register|call_rcu|request_irq)\([^,;]*,\s*(\w+)")
GOES_ON = {"context_switch", "continue_running", "idle_loop", "reset_stack_and_call", "ret_to_guest_reset_stack"}

# As the formatter lays them out: the brace of a body, and the end of it, begin a line.
DEFINITION = re.compile(r"^(?P<head>[A-Za-z_][^;{}#=]*\)[^;{}#=]*)\n\{\n(?P<body>.*?)^\}",
                        re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^(?P<head>[A-Za-z_][^;{}#()=]*?)(?:\[[^=;]*\])?(?: __\w+)* = \{(?P<body>.*?)\};",
                   re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRING = re.compile(r'"(?:\\.|[^"\\])*"')
PRINT = re.compile(r"\b(?:d?printk|vprintk)\((?P<format>[^;]*?)[,)]")
EXEMPT = "/* No guest repeats this: "
# printk itself, and what is told when the machine ends.
LAST_WORDS = ("common/console/printk.c", "arch/x86/entry/fatal.c")


class Function:
    """A definition: where it is, and what its body names."""

    def __init__(self, name, path, line, head, body):
        self.name, self.path, self.line, self.body = name, path, line, body
        self.local = bool(re.search(r"\bstatic\b", head)) and path.endswith(".c")
        self.ends = "__noreturn" in head and name not in GOES_ON or "__init" in head
        self.words = set(re.findall(r"\b[A-Za-z_]\w*\b", STRING.sub('""', COMMENT.sub("", body))))


def functions(tree):
    """All definitions of the hypervisor."""
    for path in tree.select(".c", ".h", under=FOLDERS):
        text = tree.text(path)
        for match in DEFINITION.finditer(text):
            head = COMMENT.sub("", match["head"])
            named = re.search(r"\b(\w+)\((?!\()", head)
            if named:
                yield Function(named[1], path, text.count("\n", 0, match.start("body")) + 1, head,
                               match["body"])
        for match in TABLE.finditer(text):
            named = re.findall(r"\w+", match["head"])[-1]
            yield Function(named, path, 1, match["head"], match["body"])


def roots(tree):
    """What guests enter, as (name, file or ""): handlers that are open to all, entry code's calls, callbacks."""
    for path in tree.select(".toml", under=("include/ops/",)):
        table = tomllib.loads(tree.text(path))
        columns = table.get("columns", [])
        for row in table.get("rows", []):
            if row[columns.index("default")] not in PRIVILEGED:
                name = row[columns.index("name")]
                yield from ((f"{table['family']}_{name}", ""), (f"do_{name}", ""))
    for path in tree.select(".S", under=("arch/x86/entry/",)):
        yield from ((name, "") for name in re.findall(r"\b[a-z_]\w+", COMMENT.sub("", tree.text(path))))
    for path in tree.select(".c", under=FOLDERS):
        yield from ((name, path) for name in CALLBACK.findall(tree.text(path)))


def _ending(tree):
    """Names that some header declares not to return, since the machine ends there."""
    names = set()
    for path in tree.select(".h", under=FOLDERS):
        for declared in re.findall(r"^[a-z][^;{}#]*;", tree.text(path), re.MULTILINE):
            if "__noreturn" in declared:
                names.add(re.search(r"(\w+)\(", declared)[1])
    return names - GOES_ON


def _reached(tree):
    """Functions that guests reach."""
    by_name, ending, seen = {}, _ending(tree), {}
    for function in functions(tree):
        by_name.setdefault(function.name, []).append(function)

    def resolve(name, path):
        found = by_name.get(name, [])
        return [f for f in found if f.path == path] or [f for f in found if not f.local]

    open_ends = [(f, f.name) for name, path in sorted(set(roots(tree))) for f in resolve(name, path)]
    while open_ends:
        function, way = open_ends.pop()
        if function in seen or function.ends or function.name in ending:
            continue
        seen[function] = way
        for name in sorted(function.words & by_name.keys()):
            open_ends += [(f, f"{way} > {name}") for f in resolve(name, function.path)]
    return seen


def guest_messages(tree):
    """No message that a guest without privilege can cause is without a guest's level."""
    for function, way in _reached(tree).items():
        if function.path in LAST_WORDS or EXEMPT in function.body:
            continue
        for match in PRINT.finditer(function.body):
            if "XENLOG_G" not in match["format"]:
                line = function.line + function.body.count("\n", 0, match.start())
                yield Finding(function.path, line, f"a guest can cause an unmarked message ({way})")
