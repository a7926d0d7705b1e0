# SPDX-License-Identifier: GPL-2.0-only
"""The operation tables as objects, checked.

Invariant: what load() returns is complete and consistent; whatever is wrong in a table is reported
with its file and its row, as a TableError. Called by gen.py and by tests/abi.
"""

import dataclasses
import pathlib
import re
import tomllib

CLASSES = ("hook", "target", "priv", "xs_priv", "dm_priv", "other")
DIRECTIONS = ("none", "in", "out", "inout")
TARGETS = ("self", "none", "create", "any", "id", "next", "other", "device")
LOCKS = ("none", "ctl", "global")
KINDS = {
    "hypercall": ("nr", "name", "args", "xsm", "default", "doc"),
    "sub": ("nr", "name", "arg", "dir", "target", "xsm", "default", "lock", "doc"),
    "control": ("nr", "name", "arg", "dir", "target", "xsm", "default", "lock", "doc"),
    "element": ("nr", "name", "arg", "dir", "target", "xsm", "default", "lock", "doc"),
}
OPTIONS = {"hot": int, "more": bool, "absent": str, "by": str, "probe": bool, "version": int,
           "copyback": str, "since": int, "until": int}
ERRNOS = ("ENOSYS", "EOPNOTSUPP", "EINVAL", "EPERM", "ENODEV", "EACCES")
C_TYPES = {"uint": "unsigned int", "int": "int", "ulong": "unsigned long", "u64": "uint64_t",
           "domid": "domid_t", "ptr": "guest_ptr_t"}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class TableError(Exception):
    """What is wrong with a table, where."""

    def __init__(self, where, what):
        super().__init__(f"{where}: {what}")


@dataclasses.dataclass
class Param:
    """One C parameter of a hypercall."""

    kind: str
    name: str

    @property
    def declaration(self):
        return f"{C_TYPES[self.kind]} {self.name}"


@dataclasses.dataclass
class Row:
    """One operation."""

    family: "Family"
    nr: int
    name: str
    xsm: str
    default: str
    doc: str
    args: list = dataclasses.field(default_factory=list)
    arg: str = ""
    dir: str = "none"
    target: str = "self"
    target_member: str = ""
    lock: str = "none"
    options: dict = dataclasses.field(default_factory=dict)

    @property
    def constant(self):
        return self.family.constant + self.name

    @property
    def handler(self):
        prefix = "do_" if self.family.kind == "hypercall" else self.family.name + "_"
        return prefix + self.name

    @property
    def absent(self):
        return self.options.get("absent")

    @property
    def present(self):
        return self.absent is None

    @property
    def asked_by_dispatch(self):
        """Dispatch asks the hook, rather than the handler or the rows of a family."""
        return self.xsm != "rows" and self.options.get("by") != "handler"

    @property
    def has_struct(self):
        return self.arg not in ("", "raw")


@dataclasses.dataclass
class Member:
    """A member of an argument that our structures lack and some interface versions have."""

    arg: str
    name: str
    type: str
    behind: str  # the member that our structure has in its place
    since: int


@dataclasses.dataclass
class Family:
    """One table."""

    name: str
    kind: str
    constant: str
    doc: str
    includes: list
    path: pathlib.Path
    unknown: str = "ENOSYS"
    unknown_hook: str = ""  # asked first, so that who may nothing learns nothing
    struct: str = ""
    version: str = ""
    versions: list = dataclasses.field(default_factory=list)  # numbers; the first is `version`
    members: list = dataclasses.field(default_factory=list)
    params: list = dataclasses.field(default_factory=list)
    mask: int = 0
    raw_cmd: bool = False
    lookup: str = ""
    rows: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Hook:
    """One access-control decision."""

    name: str
    default: str
    doc: str


@dataclasses.dataclass
class Tables:
    """All families, by name, and all hooks, by name."""

    families: dict
    hooks: dict


def parse_params(text, where):
    """"uint cmd, ptr arg" as a list of Param."""
    params = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        words = part.split()
        if len(words) != 2 or words[0] not in C_TYPES or not NAME.match(words[1]):
            raise TableError(where, f"parameter {part!r} is not '<{'|'.join(C_TYPES)}> <name>'")
        params.append(Param(*words))
    return params


def one_of(value, allowed, what, where):
    """The value, when it is an allowed one."""
    if value not in allowed:
        raise TableError(where, f"{what} {value!r} is none of {', '.join(map(str, allowed))}")
    return value


def parse_options(options, where):
    """The braces at the end of a row."""
    for key, value in options.items():
        if key not in OPTIONS:
            raise TableError(where, f"unknown option {key!r}")
        if type(value) is not OPTIONS[key]:
            raise TableError(where, f"option {key!r} is not of type {OPTIONS[key].__name__}")
    if "absent" in options:
        one_of(options["absent"], ERRNOS, "absent", where)
    if options.get("by", "handler") != "handler":
        raise TableError(where, "by can only be \"handler\"")
    if options.get("copyback", "always") != "always":
        raise TableError(where, "copyback can only be \"always\"")
    return options


def parse_row(family, cells, where):
    """One row of a family's table."""
    columns = KINDS[family.kind]
    options = {}
    if cells and isinstance(cells[-1], dict):
        options = parse_options(cells[-1], where)
        cells = cells[:-1]
    if len(cells) != len(columns):
        raise TableError(where, f"{len(cells)} cells where the columns are {', '.join(columns)}")
    cell = dict(zip(columns, cells))
    for column, value in cell.items():
        if type(value) is not (int if column == "nr" else str):
            raise TableError(where, f"column {column!r} holds {value!r}")
    if not NAME.match(cell["name"]):
        raise TableError(where, f"name {cell['name']!r} is not a C name")
    if not cell["xsm"] or not NAME.match(cell["xsm"]):
        raise TableError(where, "no XSM hook")
    if not cell["default"]:
        raise TableError(where, "no default class for its XSM hook")
    if not cell["doc"]:
        raise TableError(where, "no documentation")
    row = Row(family, cell["nr"], cell["name"], cell["xsm"],
              one_of(cell["default"], CLASSES, "default", where), cell["doc"], options=options)
    if family.kind == "hypercall":
        row.args = parse_params(cell["args"], where)
        if len(row.args) > 5:
            raise TableError(where, "more than five arguments")
    else:
        row.arg = cell["arg"]
        row.dir = one_of(cell["dir"], DIRECTIONS, "dir", where)
        row.target, _, row.target_member = cell["target"].partition(":")
        one_of(row.target, TARGETS, "target", where)
        row.lock = one_of(cell["lock"], LOCKS, "lock", where)
        check_argument(row, where)
    return row


def check_argument(row, where):
    """Argument, direction, target and lock go together."""
    family = row.family
    if row.dir == "none" and row.has_struct:
        raise TableError(where, "an argument that is neither read nor written")
    if row.target_member and not row.has_struct:
        raise TableError(where, "a target named by an argument that is not copied in")
    if family.kind == "control" and row.target_member:
        raise TableError(where, "the target of a control operation is in its header")
    if row.lock == "ctl" and row.target not in ("any", "other", "device"):
        raise TableError(where, "the target's lock, without a target")
    if family.kind == "sub" and row.target in ("any", "id", "other") and not row.target_member \
            and row.asked_by_dispatch:
        raise TableError(where, "dispatch cannot find the target to ask the hook about")
    if row.default == "other" and row.asked_by_dispatch:
        raise TableError(where, "class 'other' is decided by the handler")


def parse_versions(family, data):
    """The interface versions of a control family, and what only some of them have."""
    family.versions = data.get("versions", [])
    if family.versions != sorted(set(family.versions)):
        raise TableError(family.path.name, "versions do not rise")
    for index, cells in enumerate(data.get("members", []), 1):
        where = f"{family.path.name}: member {index}"
        if [type(cell) for cell in cells] != [str, str, str, str, int]:
            raise TableError(where, "a member has an argument, a name, a type, the member behind it, since")
        member = Member(*cells)
        one_of(member.since, family.versions[1:], "since", where)
        one_of(member.arg, [row.arg for row in family.rows], "argument", where)
        family.members.append(member)
    for row in family.rows:
        for key in row.options.keys() & {"since", "until"}:
            one_of(row.options[key], family.versions, key, f"{family.path.name}: row {row.name}")


def load_family(path):
    """One TOML file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TableError(path.name, str(error)) from error
    for key in ("family", "kind", "constant", "doc", "includes", "columns", "rows"):
        if key not in data:
            raise TableError(path.name, f"no {key!r}")
    kind = one_of(data["kind"], KINDS, "kind", path.name)
    if tuple(data["columns"]) != KINDS[kind]:
        raise TableError(path.name, f"the columns of a {kind} table are {', '.join(KINDS[kind])}")
    family = Family(data["family"], kind, data["constant"], data["doc"], data["includes"], path,
                    unknown_hook=data.get("unknown_hook", ""),
                    unknown=one_of(data.get("unknown", "ENOSYS"), ERRNOS, "unknown", path.name),
                    struct=data.get("struct", ""), version=data.get("version", ""),
                    params=parse_params(data.get("params", ""), path.name),
                    mask=data.get("mask", 0), raw_cmd=data.get("raw_cmd", False),
                    lookup=data.get("lookup", ""))
    seen_nr, seen_name = {}, {}
    for index, cells in enumerate(data["rows"], 1):
        name = cells[1] if len(cells) > 1 else "?"
        where = f"{path.name}: row {index} ({name})"
        row = parse_row(family, cells, where)
        for seen, key in ((seen_nr, row.nr), (seen_name, row.name)):
            if key in seen:
                raise TableError(where, f"{key} is also that of row {seen[key]}")
            seen[key] = index
        family.rows.append(row)
    parse_versions(family, data)
    return family


def load_extra(path):
    """The hooks that belong to no row."""
    hooks = []
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    for index, cells in enumerate(data["hooks"], 1):
        where = f"{path.name}: row {index}"
        if len(cells) != 3 or not all(isinstance(c, str) and c for c in cells):
            raise TableError(where, "a hook has a name, a default class and a documentation")
        if not NAME.match(cells[0]):
            raise TableError(where, f"{cells[0]!r} is not a C name")
        one_of(cells[1], CLASSES, "default", where)
        hooks.append(Hook(*cells))
    return hooks


def collect_hooks(families, extra):
    """Every hook once; rows that share one agree on its default."""
    hooks, first = {}, {}
    for hook in extra:
        hooks[hook.name] = hook
        first[hook.name] = "xsm-extra.toml"
    for family in families.values():
        for index, row in enumerate(family.rows, 1):
            if row.xsm == "rows":
                continue
            where = f"{family.path.name}: row {index} ({row.name})"
            known = hooks.get(row.xsm)
            if known is None:
                hooks[row.xsm] = Hook(row.xsm, row.default, row.doc)
                first[row.xsm] = where
            elif known.default != row.default:
                raise TableError(where, f"hook {row.xsm} is of class {row.default} here and of "
                                        f"{known.default} in {first[row.xsm]}")
    return dict(sorted(hooks.items()))


def load(directory):
    """All tables of a directory."""
    directory = pathlib.Path(directory)
    families = {}
    for path in sorted(directory.glob("*.toml")):
        if path.name == "xsm-extra.toml":
            continue
        family = load_family(path)
        if family.name in families:
            raise TableError(path.name, f"family {family.name} is also in "
                                        f"{families[family.name].path.name}")
        families[family.name] = family
    extra = load_extra(directory / "xsm-extra.toml")
    hypercalls = families.get("hypercall")
    if hypercalls is None:
        raise TableError(str(directory), "no hypercall table")
    for index, row in enumerate(hypercalls.rows, 1):
        where = f"{hypercalls.path.name}: row {index} ({row.name})"
        family = families.get(row.name)
        if row.xsm == "rows" and family is None:
            raise TableError(where, "its hooks are said to be in its rows, and it has none")
        if family is not None and family.kind == "sub" and family.params != row.args:
            raise TableError(where, f"its arguments are not the params of {family.path.name}")
    return Tables(families, collect_hooks(families, extra))
