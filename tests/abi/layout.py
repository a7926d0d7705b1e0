#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""include/public against the distribution's published headers.

For each header that both have: every structure's size, every member's offset and size, every
enumerator and every macro that is an integer constant must be the same, and whatever is published
must be there. What is ours alone must be on the list below. Prints a TEST line a header, and a line
for each difference.
"""

import fnmatch
import os
import pathlib
import sys

import cdecl
import probe

ROOT = pathlib.Path(__file__).resolve().parents[2]
PUBLISHED = pathlib.Path("/usr/include/xen")
OURS = ROOT / "include/public"
DEFINES = ["__XEN_TOOLS__=1"]

# What we have beyond the published interface.
ADDITIONS = {"XEN_DOMCTL_get_grant_usage", "struct xen_domctl_get_grant_usage*",
             "struct xen_domctl.u.get_grant_usage*", "XEN_DOMCTL_get_domain_state", "XEN_DOMCTL_GETDOMSTATE_*",
             "struct xen_domctl_get_domain_state*", "struct xen_domctl.u.get_domain_state*",
             "__XEN_RELEASE_INTERFACE_VERSION__", "XEN_EINTR", "XEN_ERESTART"}

# What is published and we leave out, each with its reason.
OMISSIONS = {
    "__XEN_PUBLIC_*": "include guards",
    "DEFINE_XEN_FLEX_RING*": "rings of later devices",
    "XEN_FLEX_RING_SIZE": "rings of later devices",
    "XEN_PAGE_SHIFT": "rings of later devices",
    "GNTTABOP_error_msgs": "messages, which each program words by itself",
}

# Headers of which we have a part only: what is there must agree.
PARTIAL = {"hvm/save.h", "arch-x86/hvm/save.h"}

# Published headers that are only ever included by another one.
INCLUDED_BY = {"arch-x86/hvm/save.h": "hvm/save.h", "arch-x86/xen-x86_64.h": "xen.h"}

# Published headers that count on another one before them.
NEEDS = {"arch-x86/xen-mca.h": "xen.h"}

# Types that a header only makes on request: a line of C, and what to ask about it.
INSTANCES = {
    "io/ring.h": ("DEFINE_RING_TYPES(probe, uint64_t, uint32_t);",
                  ["sizeof(struct probe_sring)", "sizeof(struct probe_front_ring)",
                   "sizeof(struct probe_back_ring)", "offsetof(struct probe_sring, req_prod)",
                   "offsetof(struct probe_sring, req_event)",
                   "offsetof(struct probe_sring, rsp_prod)",
                   "offsetof(struct probe_sring, rsp_event)", "offsetof(struct probe_sring, pvt)",
                   "offsetof(struct probe_sring, ring)", "__CONST_RING_SIZE(probe, 4096)",
                   "__CONST_RING_SIZE(probe, 65536)"]),
}

# Macros whose arguments are integers: compared by what they give for these.
SAMPLES = (0, 1, 3, 0x12345)


def matches(name, patterns):
    """Is the name on a list of patterns?"""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def headers():
    """Relative paths of our headers."""
    return sorted(str(p.relative_to(OURS)) for p in OURS.rglob("*.h"))


def expressions(found):
    """What to ask the compiler about one header: expression to the name it stands for."""
    asked = {}
    for struct, paths in found.structs.items():
        asked[f"sizeof({struct})"] = struct
        for path in paths:
            asked[f"offsetof({struct}, {path})"] = f"{struct}.{path}"
            asked[f"sizeof((({struct} *)0)->{path})"] = f"{struct}.{path}"
    for name in found.enumerators + [n for n, body in found.macros.items() if '"' not in body]:
        asked[name] = name
    for name, count in found.functions.items():
        for sample in SAMPLES:
            asked[f"{name}({', '.join([str(sample)] * count)})"] = name
    return asked


def names(found):
    """Everything that a header declares, by name."""
    out = set(found.structs) | set(found.enumerators) | set(found.macros) | set(found.functions)
    for struct, paths in found.structs.items():
        out |= {f"{struct}.{path}" for path in paths}
    return out


def differences(relative):
    """Lines that say what differs in one header, and how many values were compared."""
    theirs_dir, ours_dir = [str(PUBLISHED.parent)], [str(OURS.parent)]
    through = [NEEDS[relative]] if relative in NEEDS else []
    through.append(INCLUDED_BY.get(relative, relative))
    published = [f"xen/{name}" for name in through]
    own = [f"public/{name}" for name in through]
    theirs = cdecl.read(theirs_dir, DEFINES, published,
                        lambda path: os.path.normpath(path) == f"{PUBLISHED}/{relative}")
    ours = cdecl.read(ours_dir, DEFINES, own,
                      lambda path: os.path.normpath(path) == f"{OURS}/{relative}")
    lines = []
    if relative not in PARTIAL:
        lines += [f"{name}: published, and missing here"
                  for name in sorted(names(theirs) - names(ours)) if not matches(name, OMISSIONS)]
    for name, body in theirs.macros.items():
        here = ours.macros.get(name)
        if '"' in body and here is not None and here.split() != body.split():
            lines.append(f"{name}: {here} here, {body} published")
    asked = expressions(theirs) | expressions(ours)
    prelude, extra = INSTANCES.get(relative, ("", []))
    asked |= {expression: expression for expression in extra}
    expected = probe.evaluate(published, theirs_dir, DEFINES, asked, prelude)
    actual = probe.evaluate(own, ours_dir, DEFINES, asked, prelude)
    lines += [f"{expression}: not compared" for expression in extra if expression not in expected]
    compared = 0
    for expression, name in asked.items():
        if expression in expected and expression in actual:
            compared += 1
            if expected[expression] != actual[expression]:
                lines.append(f"{expression}: {actual[expression]} here, "
                             f"{expected[expression]} published")
        elif expression in actual and not matches(name, ADDITIONS):
            lines.append(f"{expression}: here, and not published")
        elif expression in expected and relative not in PARTIAL and not matches(name, OMISSIONS):
            lines.append(f"{expression}: published, and no such constant here")
    return lines, compared


def main():
    """All headers; the exit status says whether they agree."""
    if not PUBLISHED.is_dir():
        print("TEST headers SKIP the package libxen-dev is not installed")
        return 0
    failed = False
    for relative in headers():
        name = relative.removesuffix(".h")
        if not (PUBLISHED / relative).exists():
            print(f"TEST {name} FAIL there is no published header of this name")
            failed = True
            continue
        lines, compared = differences(relative)
        for line in lines:
            print(f"# {relative}: {line}")
        verdict = f"FAIL {len(lines)} differences, first: {lines[0]}" if lines else \
            f"PASS {compared} values"
        print(f"TEST {name} {verdict}")
        failed = failed or bool(lines)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
