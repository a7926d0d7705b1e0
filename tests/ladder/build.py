# SPDX-License-Identifier: GPL-2.0-only
"""Rung 2: the tree builds, in every way that it promises, and two builds are the same bytes."""

import pathlib
import re
import shutil
import subprocess

from .make import MakeFailed, have_hypervisor, make
from .verdict import Case, FAIL, Job, PASS, SKIP

NO_IMAGE = "the tree has no linker script for the image"
ARTEFACTS = ("corbel", "dom0")
# Who may branch to where a register or memory says: start-up, before there is a guest to train it.
FREE_BRANCHES = {"boot_start", "boot_long", "cpu_leave_boot_stack"}


def _built(name, function):
    """A case that passes when the function returns no reason to fail."""
    try:
        reason = function()
    except MakeFailed as failed:
        first, _, rest = str(failed).partition("\n")
        return [Case(name, FAIL, first, output=rest)]
    return [Case(name, FAIL, reason) if reason else Case(name, PASS)]


def _variant(context, label, cc, settings, target):
    build = context.made("check", "build-" + label)

    def run():
        return _built(f"build.{label}", lambda: make(
            context, *settings, target, build=build, cc=cc) and None)
    return Job(label, run, exclusive=True)


def _export(context, target):
    """A copy of the tree's own files, elsewhere."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], cwd=context.root, capture_output=True,
                            check=False)
    if listed.returncode != 0:
        shutil.copytree(context.root, target, ignore=shutil.ignore_patterns(".git", "build*"))
        return
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = context.path(name)
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def _reproducible(context):
    """Build an exported copy into a folder of another name and compare the bytes."""
    elsewhere = context.made("check", "elsewhere", "a-longer-name")
    shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir(parents=True)
    _export(context, elsewhere)
    out = elsewhere / "out"
    out.mkdir()
    shutil.copy2(context.made(".config"), out / ".config")
    make(context, "all")
    wanted = [name for name in ARTEFACTS if context.made(name).exists()]
    make(context, "all", build=pathlib.Path("out"), root=elsewhere)
    if "dom0" in wanted:
        make(context, "out/dom0", build=pathlib.Path("out"), root=elsewhere)
    for name in wanted:
        if (out / name).read_bytes() != context.made(name).read_bytes():
            return f"{name} differs between two builds in two folders"
    return None if wanted else "nothing was built to compare"


def _unchanged(context):
    """A second make has nothing to do."""
    output = make(context, "all")
    lines = [line for line in output.splitlines() if line.strip() and "Nothing to be" not in line
             and "is up to date" not in line]
    return f"a second make did: {lines[0].strip()}" if lines else None


def _install(context):
    """make install fills a fake root, and its grub.d script offers Corbel with each kernel."""
    root = context.made("check", "root")
    shutil.rmtree(root, ignore_errors=True)
    make(context, "install", f"DESTDIR={root}")
    for name in ("boot/corbel-4.17", "etc/grub.d/20_corbel", "etc/default/grub.d/corbel.cfg"):
        if not list(root.glob(name + "*")):
            return f"make install made no /{name}"
    for version in ("6.1.0-9-amd64", "6.1.0-40-amd64"):
        (root / "boot" / f"vmlinuz-{version}").write_bytes(b"kernel")
        (root / "boot" / f"initrd.img-{version}").write_bytes(b"initrd")
    done = subprocess.run(["sh", root / "etc/grub.d/20_corbel"], text=True, capture_output=True,
                          check=False, env={
                              "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                              "CORBEL_SYSROOT": str(root), "GRUB_DEVICE": "/dev/vda1",
                              "GRUB_DEVICE_UUID": "", "GRUB_DISTRIBUTOR": "Debian",
                              "GRUB_CMDLINE_LINUX": "quiet", "GRUB_CMDLINE_CORBEL": "loglvl=all"})
    if done.returncode != 0:
        return f"20_corbel failed: {done.stderr.strip()}"
    for text in ("multiboot2", "module2", "vmlinuz-6.1.0-40-amd64", "initrd.img-6.1.0-9-amd64",
                 "loglvl=all", "root=/dev/vda1"):
        if text not in done.stdout:
            return f"20_corbel's entries do not hold {text!r}"
    if done.stdout.index("6.1.0-40-amd64") > done.stdout.index("6.1.0-9-amd64"):
        return "20_corbel does not offer the newest kernel first"
    syntax = subprocess.run(["grub-script-check"], input=done.stdout, text=True,
                            capture_output=True, check=False)
    return f"grub-script-check: {syntax.stderr.strip()}" if syntax.returncode else None


def _branches(context):
    """Every indirect branch of the image goes through a thunk (docs/design/isolation.md)."""
    make(context, "all")
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", context.made("corbel")], text=True,
                          capture_output=True, check=True).stdout
    function, found, functions = "", set(), 0
    for line in text.splitlines():
        if start := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            function = start[1]
            functions += 1
        elif re.search(r"\t(?:(?:bnd|notrack) )*l?(?:call|jmp)[a-z]?\s+\*", line):
            found.add(function)
    if not functions:
        return "objdump shows no function of the image"
    wrong = sorted(found - FREE_BRANCHES)
    return f"indirect branches without a thunk in {', '.join(wrong)}" if wrong else None


def jobs(context):
    """The image first; then what compares with it; then the other compilers and options."""
    if not have_hypervisor(context):
        return [Job("image", lambda: [Case("build.image", SKIP, NO_IMAGE)])]

    def job(name, function):
        return Job(name, lambda: _built(f"build.{name}", lambda: function(context)),
                   exclusive=True)
    other = "gcc" if "clang" in context.cc else "clang"
    variants = [
        ("release", context.cc, ["DEBUG=n"], "all"),
        (other, other, ["DEBUG=y"], "all"),
    ]
    if context.full:
        variants += [
            (f"{other}-release", other, ["DEBUG=n"], "all"),
            ("smallest", context.cc, ["DEBUG=n", "SET=NR_CPUS=1"], "all"),
            ("largest", context.cc, ["DEBUG=y", "SET=NR_CPUS=256"], "all"),
        ]
    return [
        job("image", lambda c: make(c, "all") and None),
        job("unchanged", _unchanged),
        job("reproducible", _reproducible),
        job("install", _install),
        job("branches", _branches),
        *(_variant(context, *variant) for variant in variants),
    ]
