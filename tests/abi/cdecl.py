# SPDX-License-Identifier: GPL-2.0-only
"""Reads C headers far enough to know their structures, enumerators and macros.

Not a compiler: declarations are found by their braces, members by their last identifier. That is
enough for ABI headers, and what it cannot read it reports. Values, sizes and offsets come from the
compiler, never from here.
"""

import re
import subprocess

TOKEN = re.compile(r"[A-Za-z_]\w*|\d\w*|\"(?:\\.|[^\"])*\"|'(?:\\.|[^'])*'|\.\.\.|\S")
LINE_MARK = re.compile(r'^# \d+ "([^"]*)"')
MACRO = re.compile(r"^#define (\w+)(\(([^)]*)\))?[ \t]*(.*)$")


class ReadError(Exception):
    """A declaration that this reader does not understand."""


class Header:
    """What one set of headers declares: structures (name to member paths), enumerators, macros."""

    def __init__(self):
        self.structs = {}
        self.enumerators = []
        self.macros = {}
        self.functions = {}


def preprocess(include_dirs, defines, headers, dump_macros):
    """The preprocessed text of headers, with its line markers."""
    argv = ["gcc", "-E", "-x", "c", "-std=gnu11", "-ffreestanding"]
    argv += ["-dD"] if dump_macros else []
    argv += [f"-I{d}" for d in include_dirs] + [f"-D{d}" for d in defines]
    return subprocess.run(argv + ["-"], input="".join(f"#include <{h}>\n" for h in headers), text=True, check=True,
                          capture_output=True).stdout


def lines_of(text, wanted):
    """Lines that come from files for which wanted(path) is true."""
    inside = False
    for line in text.splitlines():
        mark = LINE_MARK.match(line)
        if mark:
            inside = wanted(mark[1])
        elif inside:
            yield line


def matching(tokens, start):
    """Index just behind the bracket that closes tokens[start]."""
    pairs = {"{": "}", "(": ")", "[": "]"}
    closing = []
    for index in range(start, len(tokens)):
        token = tokens[index]
        if token in pairs:
            closing.append(pairs[token])
        elif closing and token == closing[-1]:
            closing.pop()
            if not closing:
                return index + 1
    raise ReadError("unbalanced brackets near " + " ".join(tokens[start:start + 8]))


def split_statements(tokens):
    """Token lists between semicolons at this nesting level."""
    start, index = 0, 0
    while index < len(tokens):
        if tokens[index] in "{([":
            index = matching(tokens, index)
        elif tokens[index] == ";":
            yield tokens[start:index]
            index += 1
            start = index
        else:
            index += 1


def declarator_names(tokens):
    """Member names behind a type: the identifier before '[', ',' or the end of each declarator."""
    names, current, index = [], None, 0
    while index < len(tokens):
        token = tokens[index]
        if token == ",":
            names.append(current)
            current = None
        elif token == "[":
            index = matching(tokens, index)
            continue
        elif token == "(":
            end = matching(tokens, index)
            if tokens[index + 1] == "*":
                current = tokens[index + 2]
            index = end
            continue
        elif token == ":":
            return []  # a bit-field has no offset
        elif re.match(r"[A-Za-z_]", token):
            current = token
        index += 1
    names.append(current)
    return [n for n in names if n]


def member_paths(tokens, prefix=""):
    """Paths of all members, those of nested structures included."""
    paths = []
    for statement in split_statements(tokens):
        if not statement:
            continue
        body = next((i for i, t in enumerate(statement) if t == "{"), None)
        if body is None:
            paths += [prefix + n for n in declarator_names(statement)]
            continue
        end = matching(statement, body)
        names = declarator_names(statement[end:])
        inner = statement[body + 1:end - 1]
        if statement[0] == "enum":
            paths += [prefix + n for n in names]
        elif not names:
            paths += member_paths(inner, prefix)
        for name in names:
            paths.append(prefix + name)
            paths += member_paths(inner, prefix + name + ".")
    return paths


def read_declarations(tokens, header):
    """Structures and enumerators, wherever they are nested."""
    for index, token in enumerate(tokens):
        if token not in ("struct", "union", "enum"):
            continue
        body = index + 1
        tag = None
        if body < len(tokens) and re.match(r"[A-Za-z_]", tokens[body]):
            tag = tokens[body]
            body += 1
        if body >= len(tokens) or tokens[body] != "{":
            continue
        end = matching(tokens, body)
        inner = tokens[body + 1:end - 1]
        if token == "enum":
            for part in " ".join(inner).split(","):
                if part.strip():
                    header.enumerators.append(part.split()[0])
        elif tag:
            header.structs[f"{token} {tag}"] = member_paths(inner)
        elif index and tokens[index - 1] == "typedef" and end < len(tokens):
            header.structs[tokens[end]] = member_paths(inner)


def strip_attributes(tokens):
    """Without __attribute__((...))."""
    out, index = [], 0
    while index < len(tokens):
        if tokens[index] == "__attribute__":
            index = matching(tokens, index + 1)
        else:
            out.append(tokens[index])
            index += 1
    return out


def read(include_dirs, defines, headers, wanted):
    """The Header of what files chosen by wanted() declare when these headers are included."""
    header = Header()
    text = preprocess(include_dirs, defines, headers, dump_macros=True)
    code = []
    for line in lines_of(text, wanted):
        macro = MACRO.match(line)
        if macro and macro[2] is None:
            header.macros[macro[1]] = macro[4]
        elif macro:
            header.functions[macro[1]] = len([p for p in macro[3].split(",") if p.strip()])
        elif line.startswith("#undef "):
            header.macros.pop(line.split()[1], None)
            header.functions.pop(line.split()[1], None)
        elif not line.startswith("#"):
            code.append(line)
    read_declarations(strip_attributes(TOKEN.findall("\n".join(code))), header)
    return header
