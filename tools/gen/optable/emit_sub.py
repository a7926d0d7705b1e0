# SPDX-License-Identifier: GPL-2.0-only
"""<family>-dispatch.[ch] of families whose command comes with a structure of its own.

Each row becomes a function that copies the argument in, finds the target, asks the hook, calls the
handler and copies the answer out, in this order; do_<family>() calls one of them.
"""

from . import text


def handler_params(row):
    """What the handler is given."""
    family = row.family
    params = []
    if family.lookup == "vcpu":
        params.append("struct vcpu *v")
    if family.raw_cmd and row.arg == "raw":
        params.append("unsigned long cmd")
    params += [p.declaration for p in extra_params(family)]
    if row.target_member:
        params.append("struct domain *d")
    if row.arg == "raw":
        params.append("guest_ptr_t arg")
    elif row.has_struct:
        params.append(f"struct {row.arg} *arg")
    return params


def extra_params(family):
    """Parameters besides the command, the looked-up vCPU's id and the argument pointer."""
    skip = {"cmd", "arg"} | ({"vcpuid"} if family.lookup == "vcpu" else set())
    return [p for p in family.params if p.name not in skip]


def prototype(row):
    """The handler's C prototype, without the semicolon."""
    return f"long {row.handler}({', '.join(handler_params(row)) or 'void'})"


def call(row):
    """The handler's call, as its function makes it."""
    args = [p.split()[-1].lstrip("*") for p in handler_params(row)]
    if row.has_struct:
        args[-1] = "&arg"
    return f"{row.handler}({', '.join(args)})"


def row_params(row):
    """Parameters of the row's own function."""
    params = [p for p in handler_params(row) if not p.startswith("struct domain ")]
    if row.has_struct:
        params[-1] = "guest_ptr_t uarg"
    return params


def lookup_lines(row):
    """How the target is found and held."""
    member = f"arg.{row.target_member}"
    if row.target == "any":
        return [f"d = rcu_lock_domain_by_any_id({member});", "if (!d) {", "    return -ESRCH;", "}"]
    if row.target == "id":
        return [f"d = rcu_lock_domain_by_id({member});", "if (!d) {", "    return -ESRCH;", "}"]
    return [f"rc = rcu_lock_remote_domain_by_id({member}, &d);", "if (rc) {", "    return rc;", "}"]


def ask_lines(row, on_refusal):
    """The hook, where dispatch asks it."""
    if not row.asked_by_dispatch:
        return []
    subject = "d" if row.target_member else "NULL"
    return [f"rc = xsm_{row.xsm}({subject});", "if (rc) {", f"    {on_refusal}", "}"]


def probes_at_once(row):
    """Nothing is looked up or asked between the argument and the place for its answer."""
    return bool(row.options.get("probe")) and not row.target_member and not row.asked_by_dispatch


def row_function(row):
    """The static function of one row; with an argument, by itself, for do_<family>() to jump to."""
    params = ", ".join(row_params(row)) or "void"
    apart = "noinline " if row.has_struct else ""
    head = f"static {apart}long {row.handler}_row({params})\n{{\n"
    lines, locals_ = [], []
    release = "goto out;" if row.target_member else "return rc;"
    if row.has_struct:
        locals_.append(f"struct {row.arg} arg;")
    if row.target_member:
        locals_.append("struct domain *d;")
    locals_.append("long rc;")
    if row.has_struct and row.dir == "out":
        lines.append("memset(&arg, 0, sizeof(arg));")
    elif row.has_struct:
        copy = "copy_from_guest_for_answer" if probes_at_once(row) else "copy_from_guest"
        comment = ["/* A bad pointer for the answer must be found before there is one. */"]
        lines += comment if probes_at_once(row) else []
        lines += [f"if ({copy}(&arg, uarg, sizeof(arg))) {{", "    return -EFAULT;", "}"]
    if row.target_member:
        lines += lookup_lines(row)
    lines += ask_lines(row, release)
    if row.options.get("probe") and not probes_at_once(row):
        lines += ["/* A bad pointer for the answer must be found before there is one. */",
                  "rc = -EFAULT;", "if (copy_to_guest(uarg, &arg, sizeof(arg))) {",
                  f"    {release}", "}"]
    lines.append(f"rc = {call(row)};")
    if row.has_struct and row.dir in ("out", "inout"):
        lines += ["if (rc >= 0 && copy_to_guest(uarg, &arg, sizeof(arg))) {", "    rc = -EFAULT;",
                  "}"]
    if row.target_member:
        needs_label = any(line.strip() == "goto out;" for line in lines)
        body = "".join(f"    {line}\n" for line in locals_) + "\n"
        body += "".join(f"    {line}\n" for line in lines)
        body += ("out:\n" if needs_label else "") + "    rcu_unlock_domain(d);\n    return rc;\n"
        return head + body + "}\n"
    lines.append("return rc;")
    return head + "".join(f"    {line}\n" for line in locals_) + "\n" + \
        "".join(f"    {line}\n" for line in lines) + "}\n"


def row_call(row):
    """The call of a row's function from do_<family>()."""
    args = [p.split()[-1].lstrip("*") for p in row_params(row)]
    return f"{row.handler}_row({', '.join('arg' if a == 'uarg' else a for a in args)})"


def source(family):
    """The whole dispatch file."""
    out = text.heading(f"Dispatch of {family.name}: copy in, look up, ask, call, copy out.")
    out += text.includes(["hv/domain.h", "hv/guest-access.h", "hv/lib.h", "hv/xsm.h",
                          "gen/hypercall-dispatch.h", f"gen/{family.name}-dispatch.h"])
    out += "\n" + text.asserts(family) + "\n"
    out += "\n".join(row_function(row) for row in family.rows if row.present)
    params = ", ".join(p.declaration for p in family.params)
    out += f"\nlong do_{family.name}({params})\n{{\n"
    if family.lookup == "vcpu":
        out += ("    struct vcpu *v = domain_vcpu(current->domain, vcpuid);\n\n"
                "    if (!v) {\n        return -ENOENT;\n    }\n")
    selector = f"cmd & {family.mask:#x}" if family.mask else "cmd"
    hot = sorted((r for r in family.rows if "hot" in r.options), key=lambda r: r.options["hot"])
    for row in hot:
        out += (f"    if (({selector}) == {row.constant}) {{\n"
                f"        return {row_call(row)};\n    }}\n")
    out += f"    switch ({selector}) {{\n"
    for row in family.rows:
        if row in hot:
            continue
        answer = row_call(row) if row.present else f"-{row.absent}"
        out += f"    case {row.constant}:\n        return {answer};\n"
    answer = f"-{family.unknown}"
    if family.unknown_hook:
        answer = f"xsm_{family.unknown_hook}(NULL) ? -EPERM : {answer}"
    out += f"    default:\n        return {answer};\n    }}\n}}\n"
    return out


def header(family):
    """Prototypes of the handlers that are there."""
    body = text.includes(["hv/guest-access.h", *family.includes])
    body += "\nstruct domain;\nstruct vcpu;\n\n"
    body += "".join(f"/* {row.doc}. */\n{prototype(row)};\n" for row in family.rows if row.present)
    return text.guarded(f"{family.name}-dispatch.h", body, f"Handlers of {family.name}.")


def emit(tables):
    """File name to text."""
    files = {}
    for family in tables.families.values():
        if family.kind == "sub":
            files[f"{family.name}-dispatch.h"] = header(family)
            files[f"{family.name}-dispatch.c"] = source(family)
    return files
