#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""include/public against the distribution's published headers.

For each header that both have: every structure's size, every member's offset and size, every
enumerator and every macro that is an integer constant must be the same, and whatever is published
must be there. What is ours alone must be on the list below, and so must be what only one of the two
published versions has: 4.17's (domctl 0x15) and 4.20's (0x17). Which one it is, the headers say.
Prints a TEST line a header, and a line for each difference.

layout.py [FOLDER]   FOLDER: where the published headers are, instead of the distribution's place
"""

import fnmatch
import os
import pathlib
import sys

import cdecl
import probe

ROOT = pathlib.Path(__file__).resolve().parents[2]
PUBLISHED = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/include/xen").absolute()
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

# What we have of 4.20's, and 4.17 does not publish.
OF_4_20 = {"XENVER_*2", "struct xen_varbuf*", "XEN_DOMCTL_ALTP2M_*", "XEN_DOMCTL_GSI_*", "XEN_DOMCTL_gsi_permission",
           "struct xen_domctl_gsi_permission*", "struct xen_domctl.u.gsi_permission", "XEN_DOMCTL_set_llc_colors",
           "struct xen_domctl_set_llc_colors*", "struct xen_domctl.u.set_llc_colors"}

# What 4.20 publishes otherwise than 4.17, each with the reason that it is not so here.
NOT_OF_4_20 = {
    "XEN_CPUID_TSC_*": "names for bits that are given as before",
    "XEN_CPUID_HOST_TSC_RELIABLE": "names for bits that are given as before",
    "XEN_CPUID_RDTSCP_INSTR_AVAIL": "names for bits that are given as before",
    "__guest_handle_*": "read as structures only where a header names one of another",
    "__XEN_LATEST_INTERFACE_VERSION__": "interfaces that a later one hides are here as 4.17 has them",
    "__XEN_INTERFACE_VERSION__": "interfaces that a later one hides are here as 4.17 has them",
    "XEN_DOMCTL_INTERFACE_VERSION": "given to our header by who asks for that version",
    "XEN_DOMCTL_MONITOR_EVENT_IO": "monitors are absent",
    "XEN_DOMCTL_dt_overlay": "of another architecture",
    "XEN_SYSCTL_dt_overlay": "of another architecture",
    "XEN_ELFNOTE_PHYS32_RELOC": "of PVH dom0 kernels",
    "XEN_ELFNOTE_MAX": "of PVH dom0 kernels",
    "XENFEAT_runstate_phys_area": "not offered",
    "XENFEAT_vcpu_time_phys_area": "not offered",
    "XENFEAT_dm_msix_all_writes": "not offered",
    "VCPUOP_register_*_phys_area": "absent, as the features say",
    "struct *_sring": "rings have one element in 4.17's headers, none in 4.20's",
    "struct *_sring.ring": "rings have one element in 4.17's headers, none in 4.20's",
    "sizeof(struct probe_sring)": "rings have one element in 4.17's headers, none in 4.20's",
    "XENPV_FLEX_ARRAY_DIM": "rings have one element in 4.17's headers, none in 4.20's",
    "XENMEM_access_r_pw": "memory access rights are absent",
    "XENMEM_access_default": "memory access rights are absent",
    "PHYSDEVOP_pci_device_reset": "absent",
    "PCI_DEVICE_RESET_*": "absent",
    "struct pci_device_reset*": "absent",
    "XENPF_UCODE_FORCE": "microcode updates are absent",
    "XENPF_microcode_update2": "microcode updates are absent",
    "XENPF_get_ucode_revision": "microcode updates are absent",
    "struct xenpf_microcode_update2*": "microcode updates are absent",
    "struct xenpf_ucode_revision*": "microcode updates are absent",
    "struct xen_platform_op.u.microcode2": "microcode updates are absent",
    "struct xen_platform_op.u.ucode_revision": "microcode updates are absent",
    "XENPF_get_dom0_console": "of PVH dom0 kernels",
    "struct xen_platform_op.u.dom0_console": "of PVH dom0 kernels",
    "LIVEPATCH_FLAG*": "live patches are absent",
    "struct xen_sysctl_livepatch_op.*": "live patches are absent",
    "*CPPC*": "frequency scaling is absent",
    "XEN_HWP_DRIVER_NAME": "frequency scaling is absent",
    "struct xen_*cppc_para*": "frequency scaling is absent",
    "struct xen_get_cpufreq_para.*": "frequency scaling is absent",
    "struct xen_sysctl_pm_op.u.set_cppc": "frequency scaling is absent",
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


def is_4_20():
    """Are these 4.20's headers?"""
    version = "XEN_DOMCTL_INTERFACE_VERSION"
    return probe.evaluate(["xen/domctl.h"], [str(PUBLISHED.parent)], DEFINES, [version])[version] == "17"


def differences(relative, of_4_20):
    """Lines that say what differs in one header, and how many values were compared."""
    defines = DEFINES + ["XEN_DOMCTL_INTERFACE_VERSION=0x17"] * of_4_20
    additions = ADDITIONS | set(NOT_OF_4_20 if of_4_20 else OF_4_20)
    omissions = {**OMISSIONS, **NOT_OF_4_20} if of_4_20 else OMISSIONS
    theirs_dir, ours_dir = [str(PUBLISHED.parent)], [str(OURS.parent)]
    through = [NEEDS[relative]] if relative in NEEDS else []
    through.append(INCLUDED_BY.get(relative, relative))
    published = [f"xen/{name}" for name in through]
    own = [f"public/{name}" for name in through]
    theirs = cdecl.read(theirs_dir, DEFINES, published,
                        lambda path: os.path.normpath(path) == f"{PUBLISHED}/{relative}")
    ours = cdecl.read(ours_dir, defines, own,
                      lambda path: os.path.normpath(path) == f"{OURS}/{relative}")
    lines = []
    if relative not in PARTIAL:
        lines += [f"{name}: published, and missing here"
                  for name in sorted(names(theirs) - names(ours)) if not matches(name, omissions)]
    for name, body in theirs.macros.items():
        here = ours.macros.get(name)
        if '"' in body and here is not None and here.split() != body.split():
            lines.append(f"{name}: {here} here, {body} published")
    asked = expressions(theirs) | expressions(ours)
    prelude, extra = INSTANCES.get(relative, ("", []))
    asked |= {expression: expression for expression in extra}
    expected = probe.evaluate(published, theirs_dir, DEFINES, asked, prelude)
    actual = probe.evaluate(own, ours_dir, defines, asked, prelude)
    lines += [f"{expression}: not compared" for expression in extra if expression not in expected]
    compared = 0
    for expression, name in asked.items():
        if expression in expected and expression in actual:
            compared += 1
            if expected[expression] != actual[expression] and not matches(name, omissions):
                lines.append(f"{expression}: {actual[expression]} here, "
                             f"{expected[expression]} published")
        elif expression in actual and not matches(name, additions):
            lines.append(f"{expression}: here, and not published")
        elif expression in expected and relative not in PARTIAL and not matches(name, omissions):
            lines.append(f"{expression}: published, and no such constant here")
    return lines, compared


def main():
    """All headers; the exit status says whether they agree."""
    if not PUBLISHED.is_dir():
        print("TEST headers SKIP the package libxen-dev is not installed")
        return 0
    failed, of_4_20 = False, is_4_20()
    for relative in headers():
        name = relative.removesuffix(".h")
        if not (PUBLISHED / relative).exists():
            print(f"TEST {name} FAIL there is no published header of this name")
            failed = True
            continue
        lines, compared = differences(relative, of_4_20)
        for line in lines:
            print(f"# {relative}: {line}")
        verdict = f"FAIL {len(lines)} differences, first: {lines[0]}" if lines else \
            f"PASS {compared} values"
        print(f"TEST {name} {verdict}")
        failed = failed or bool(lines)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
