# SPDX-License-Identifier: GPL-2.0-only
"""<family>-dispatch.[ch] of the control families: one structure of command, version and union.

<family>_check() asks the hook and refuses the caller as its own target where that is not allowed;
<family>_apply() calls the handler; <family>_dispatch() is both. domctl's caller looks the target up
by domctl_target_rule() and takes the locks of domctl_lock_rule() between the two. A family that is
spoken in several interface versions has <family>_import() and <family>_export() around them.
"""

from . import text


def has_target(family):
    return family.name == "domctl"


def params(family):
    """What a handler, and the generated functions, are given."""
    target = "struct domain *d, " if has_target(family) else ""
    return f"{target}struct {family.struct} *op"


def const_params(family):
    """The same, for who only reads the structure."""
    return params(family).replace(f"struct {family.struct} ", f"const struct {family.struct} ")


def args(family):
    return "d, op" if has_target(family) else "op"


def prototype(row):
    return f"int {row.handler}({params(row.family)})"


def rule_function(family, name, type_, fallback, value):
    """A switch from the command to one property of its row; the fallback's rows are left out."""
    groups = {}
    for row in family.rows:
        groups.setdefault(value(row), []).append(row)
    out = f"{type_} {family.name}_{name}(uint32_t cmd)\n{{\n    switch (cmd) {{\n"
    for result, rows in groups.items():
        if result == fallback:
            continue
        out += "".join(f"    case {row.constant}:\n" for row in rows)
        out += f"        return {result};\n"
    return out + f"    default:\n        return {fallback};\n    }}\n}}\n"


def hot_first(family, answer):
    """Comparisons for rows that are asked for often, before the switch."""
    hot = sorted((r for r in family.rows if "hot" in r.options), key=lambda r: r.options["hot"])
    return "".join(f"    if (op->cmd == {row.constant}) {{\n{answer(row)}    }}\n" for row in hot)


def check_rule(row):
    """The hook, if dispatch asks one, and whether the caller itself is no target."""
    return row.xsm if row.asked_by_dispatch else None, row.target == "other"


def check_answer(family, hook, not_self):
    """What one rule says."""
    if hook is None:
        return "        return 0;\n"
    out = f"        rc = xsm_{hook}({'d' if has_target(family) else 'NULL'});\n"
    if not_self and has_target(family):
        return out + "        return rc ? rc : d == current->domain ? -EINVAL : 0;\n"
    return out + "        return rc;\n"


def check_function(family):
    """Hook first, then the rule about the caller itself."""
    subject = "d" if has_target(family) else "NULL"
    out = f"int {family.name}_check({const_params(family)})\n{{\n"
    out += "    int rc;\n\n"
    if versioned_rows(family):
        out += (f"    if (!{family.name}_has(op->cmd, op->interface_version)) {{\n"
                f"        rc = xsm_{family.name}_unknown({subject});\n"
                f"        return rc ? rc : -{family.unknown};\n    }}\n")
    out += hot_first(family, lambda row: check_answer(family, *check_rule(row)))
    out += "    switch (op->cmd) {\n"
    groups = {}
    for row in (r for r in family.rows if "hot" not in r.options):
        groups.setdefault(check_rule(row), []).append(row)
    for rule, rows in groups.items():
        out += "".join(f"    case {row.constant}:\n" for row in rows) + check_answer(family, *rule)
    out += f"    default:\n        return xsm_{family.name}_unknown({subject});\n    }}\n}}\n"
    return out


def apply_row(row):
    """One row's answer."""
    if not row.present:
        return f"        return -{row.absent};\n"
    if row.dir not in ("out", "inout"):
        return f"        return {row.handler}({args(row.family)});\n"
    done = "true" if row.options.get("copyback") == "always" else "!rc"
    return (f"        rc = {row.handler}({args(row.family)});\n"
            f"        *copyback = {done};\n        return rc;\n")


def apply_function(family):
    """The handler, and whether its answer goes back."""
    answers = any(row.present and row.dir in ("out", "inout") for row in family.rows)
    out = f"int {family.name}_apply({params(family)}, bool *copyback)\n{{\n"
    out += "    int rc;\n\n" if answers else ""
    out += "    *copyback = false;\n" + hot_first(family, apply_row) + "    switch (op->cmd) {\n"
    for row in family.rows:
        if "hot" not in row.options:
            out += f"    case {row.constant}:\n{apply_row(row)}"
    out += f"    default:\n        return -{family.unknown};\n    }}\n}}\n"
    return out


def dispatch_function(family):
    call = args(family)
    return (f"int {family.name}_dispatch({params(family)}, bool *copyback)\n{{\n"
            f"    int rc = {family.name}_check({call});\n\n"
            "    *copyback = false;\n"
            f"    return rc ? rc : {family.name}_apply({call}, copyback);\n}}\n")


def platform_entry(family):
    """do_platform_op(): nothing but the generic steps, so it is made here."""
    return (f"long do_{family.name}(guest_ptr_t uop)\n{{\n    struct {family.struct} op;\n"
            "    bool copyback;\n    int rc;\n\n"
            "    if (copy_from_guest(&op, uop, sizeof(op))) {\n        return -EFAULT;\n    }\n"
            f"    if (op.interface_version != {family.version}) {{\n"
            "        return -EACCES;\n    }\n"
            f"    rc = {family.name}_dispatch(&op, &copyback);\n"
            "    if (copyback && copy_to_guest(uop, &op, sizeof(op))) {\n"
            "        rc = -EFAULT;\n    }\n"
            "    return rc;\n}\n")


def versioned_rows(family):
    """Rows that not every interface version has."""
    return [row for row in family.rows if row.options.keys() & {"since", "until"}]


def speaks_function(family):
    """The interface versions in which a command may come."""
    out = f"bool {family.name}_speaks(uint32_t cmd, uint32_t version)\n{{\n    switch (cmd) {{\n"
    for row in family.rows:
        if "version" in row.options:
            out += f"    case {row.constant}:\n        return version == {row.options['version']}u;\n"
    numbers = [family.version] + [f"{version:#x}u" for version in family.versions[1:]]
    spoken = " || ".join(f"version == {number}" for number in numbers)
    return out + f"    default:\n        return {spoken};\n    }}\n}}\n"


def has_function(family):
    """Whether a version has a command at all."""
    out = f"static bool {family.name}_has(uint32_t cmd, uint32_t version)\n{{\n    switch (cmd) {{\n"
    for row in versioned_rows(family):
        limits = [f"version {sign} {row.options[key]:#x}u" for key, sign in
                  (("since", ">="), ("until", "<=")) if key in row.options]
        out += f"    case {row.constant}:\n        return {' && '.join(limits)};\n"
    return out + "    default:\n        return true;\n    }\n}\n"


def convert_function(family, name, helper, members, result):
    """Each member that the caller's version has cut out of, or put into, its argument."""
    out = f"{result} {family.name}_{name}(struct {family.struct} *op)\n{{\n    switch (op->cmd) {{\n"
    for arg in dict.fromkeys(member.arg for member in members):
        out += "".join(f"    case {row.constant}:\n" for row in family.rows if row.arg == arg)
        for member in (m for m in members if m.arg == arg):
            struct = f"__typeof__(op->u.{arg})"
            call = (f"{helper}(&op->u, sizeof(op->u), offsetof({struct}, {member.behind}), "
                    f"sizeof({member.type}))")
            out += f"        if (op->interface_version >= {member.since:#x}u"
            out += (f" && !{call}) {{\n            return -EINVAL;\n        }}\n" if result == "int"
                    else f") {{\n            {call};\n        }}\n")
        out += "        break;\n"
    out += "    default:\n        break;\n    }\n"
    return out + ("    return 0;\n}\n" if result == "int" else "}\n")


def convert_functions(family):
    """Import and export. Members of one argument are cut from the first to the last, put back in reverse."""
    return [convert_function(family, "import", "control_member_cut", family.members, "int"),
            convert_function(family, "export", "control_member_put", family.members[::-1], "void")]


def source(family):
    """The whole dispatch file."""
    out = text.heading(f"Dispatch of {family.name}: rules, hooks and handlers by row.")
    out += text.includes(["hv/control-member.h"] if family.members else [])
    out += text.includes(["hv/domain.h", "hv/guest-access.h", "hv/lib.h", "hv/xsm.h",
                          "gen/hypercall-dispatch.h", f"gen/{family.name}-dispatch.h"])
    out += "\n" + text.asserts(family) + "\n"
    parts = []
    if has_target(family):
        parts.append(rule_function(family, "target_rule", "enum ctl_target", "CTL_TARGET_ANY",
                                   lambda r: f"CTL_TARGET_{r.target.upper()}"))
    if family.name != "platform_op":
        parts.append(rule_function(family, "lock_rule", "enum ctl_lock", "CTL_LOCK_NONE",
                                   lambda r: f"CTL_LOCK_{r.lock.upper()}"))
        parts.append(speaks_function(family))
    if versioned_rows(family):
        parts.append(has_function(family))
    if family.members:
        parts += convert_functions(family)
    parts += [check_function(family), apply_function(family), dispatch_function(family)]
    if family.name == "platform_op":
        parts.append(platform_entry(family))
    return out + "\n".join(parts)


def header(family):
    """Prototypes: handlers, rules, dispatch."""
    body = text.includes(["hv/compiler.h", *family.includes, "gen/control-rules.h"])
    body += "\nstruct domain;\n\n"
    body += "".join(f"/* {row.doc}. */\n{prototype(row)};\n" for row in family.rows if row.present)
    body += "\n"
    if has_target(family):
        body += f"enum ctl_target {family.name}_target_rule(uint32_t cmd);\n"
    if family.name != "platform_op":
        body += f"enum ctl_lock {family.name}_lock_rule(uint32_t cmd);\n"
        body += "/* May the command come with that interface version? */\n"
        body += f"bool {family.name}_speaks(uint32_t cmd, uint32_t version);\n"
    if family.members:
        body += "/* From the caller's interface version to ours; -EINVAL: it uses what ours lacks. */\n"
        body += f"int {family.name}_import(struct {family.struct} *op) __must_check;\n"
        body += "/* Back to the caller's. */\n"
        body += f"void {family.name}_export(struct {family.struct} *op);\n"
    body += "/* May the caller? 0, or the error that refuses it. Changes nothing. */\n"
    body += f"int {family.name}_check({const_params(family)}) __must_check;\n"
    body += "/* Carries it out; *copyback: the structure goes back to the caller. */\n"
    body += f"int {family.name}_apply({params(family)}, bool *copyback) __must_check;\n"
    body += f"int {family.name}_dispatch({params(family)}, bool *copyback) __must_check;\n"
    body += f"\n/* FN(name) for each operation that is built. */\n#define {family.name.upper()}_BUILT(FN)"
    body += "".join(f" \\\n    FN({row.name})" for row in family.rows if row.present) + "\n"
    return text.guarded(f"{family.name}-dispatch.h", body,
                        f"Handlers and dispatch of {family.name}.")


RULES = """
/* What the domain field of a control operation names. */
enum ctl_target {
    CTL_TARGET_NONE,   /* nothing, or something the handler looks up */
    CTL_TARGET_CREATE, /* the domain to come */
    CTL_TARGET_ANY,    /* an existing domain */
    CTL_TARGET_NEXT,   /* this domain, or the next existing one */
    CTL_TARGET_OTHER,  /* an existing domain other than the caller */
    CTL_TARGET_DEVICE  /* an existing domain, or DOMID_IO: quarantine for devices */
};

/* What is held while a control operation is carried out. */
enum ctl_lock {
    CTL_LOCK_NONE,
    CTL_LOCK_CTL,   /* the target's control lock */
    CTL_LOCK_GLOBAL /* one such operation at a time */
};
"""


def emit(tables):
    """File name to text."""
    files = {"control-rules.h": text.guarded("control-rules.h", RULES,
                                             "Kinds of targets and locks of control operations.")}
    for family in tables.families.values():
        if family.kind == "control":
            files[f"{family.name}-dispatch.h"] = header(family)
            files[f"{family.name}-dispatch.c"] = source(family)
    return files
