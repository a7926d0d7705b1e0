# SPDX-License-Identifier: GPL-2.0-only
"""Rung 2: the tree builds, in every way that it promises, and two builds are the same bytes."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from .make import MakeFailed, have_hypervisor, make
from .scratch import refresh
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


def _elsewhere(context, fresh):
    """An exported copy of the tree in a folder of another name, and its image in out/."""
    elsewhere = context.made("check", "elsewhere", "a-longer-name")
    if fresh or not (elsewhere / "out" / "corbel").exists():
        shutil.rmtree(elsewhere, ignore_errors=True)
        refresh(context.root, elsewhere)
        (elsewhere / "out").mkdir()
        shutil.copy2(context.made(".config"), elsewhere / "out" / ".config")
    make(context, "all", build=pathlib.Path("out"), root=elsewhere)
    return elsewhere


def _reproducible(context):
    """Build an exported copy into a folder of another name and compare the bytes."""
    make(context, "all")
    wanted = [name for name in ARTEFACTS if context.made(name).exists()]
    elsewhere = _elsewhere(context, fresh=True)
    out = elsewhere / "out"
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


def _compiled(output):
    """The objects that a make says it compiled."""
    return set(re.findall(r"^  CC +(\S+\.o)$", output, re.MULTILINE))


def _incremental(context):
    """A changed file makes anew what depends on it, and nothing else, in parallel; same bytes."""
    elsewhere = _elsewhere(context, fresh=False)
    out = elsewhere / "out"
    before = (out / "corbel").read_bytes()
    for name in ("common/time/timer.c", "drivers/acpi/private.h"):
        wanted = {str(file.relative_to(out).with_suffix(".o"))
                  for folder in ("arch", "common", "drivers", "xsm")
                  for file in (out / folder).rglob("*.d")
                  if re.search(rf"\b{re.escape(name)}\b", file.read_text(encoding="utf-8"))}
        os.utime(elsewhere / name)
        made = _compiled(make(context, "all", build=pathlib.Path("out"), root=elsewhere))
        if not wanted or made != wanted:
            return f"after a change of {name}: {len(made)} made anew, {len(wanted)} depend on it: " \
                   f"{', '.join(sorted(made ^ wanted)[:5])}"
        if (out / "corbel").read_bytes() != before:
            return f"after {name} was touched the image differs"
    return None


def _update_grub(context):
    """GRUB's own grub-mkconfig, on the fake root of make install, writes a file that GRUB accepts.

    Its probing of disks is replaced: the fake root is on none.
    """
    script = pathlib.Path("/usr/sbin/grub-mkconfig")
    root = context.made("check", "root")
    reason = _install(context)
    if reason:
        return reason
    probe = root / "grub-probe"
    probe.write_text("#!/bin/sh\ncase \"$*\" in *=device*) echo /dev/vda1 ;; *) echo none ;; esac\n",
                     encoding="ascii")
    probe.chmod(0o755)
    (root / "etc/default/grub").write_text("GRUB_DISTRIBUTOR=Debian\nGRUB_CMDLINE_LINUX=quiet\n",
                                           encoding="ascii")
    text = script.read_text(encoding="utf-8")
    for old, new in (('sysconfdir="/etc"', f'sysconfdir="{root}/etc"'),
                     ('grub_probe="${sbindir}/grub-probe"', f'grub_probe="{probe}"')):
        if old not in text:
            return f"grub-mkconfig holds no {old}"
        text = text.replace(old, new)
    (root / "grub-mkconfig").write_text(text, encoding="utf-8")
    done = subprocess.run(["sh", root / "grub-mkconfig", "-o", root / "boot/grub.cfg"], text=True,
                          capture_output=True, check=False,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                               "CORBEL_SYSROOT": str(root)})
    written = root / "boot/grub.cfg"
    if done.returncode or not written.exists():
        return f"grub-mkconfig failed: {done.stderr.strip()}"
    for line in ("multiboot2 /boot/corbel-4.17-corbel console=vga",
                 "module2 /boot/vmlinuz-6.1.0-40-amd64 root=/dev/vda1 ro quiet",
                 "module2 /boot/initrd.img-6.1.0-40-amd64"):
        if line not in written.read_text(encoding="utf-8"):
            return f"grub.cfg does not hold {line!r}"
    return None


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
                              "GRUB_CMDLINE_LINUX": "quiet", "GRUB_CMDLINE_CORBEL": "loglvl=all",
                              "GRUB_GFXPAYLOAD_CORBEL": "1024x768,text"})
    if done.returncode != 0:
        return f"20_corbel failed: {done.stderr.strip()}"
    for text in ("multiboot2", "module2", "vmlinuz-6.1.0-40-amd64", "initrd.img-6.1.0-9-amd64",
                 "loglvl=all", "root=/dev/vda1", "set gfxpayload=1024x768,text"):
        if text not in done.stdout:
            return f"20_corbel's entries do not hold {text!r}"
    if done.stdout.index("6.1.0-40-amd64") > done.stdout.index("6.1.0-9-amd64"):
        return "20_corbel does not offer the newest kernel first"
    syntax = subprocess.run(["grub-script-check"], input=done.stdout, text=True,
                            capture_output=True, check=False)
    return f"grub-script-check: {syntax.stderr.strip()}" if syntax.returncode else None


def _iso(context):
    """`make iso` takes a kernel, an initramfs and a command line of the user's: all are in the image, whole."""
    scratch = context.made("check", "iso")
    scratch.mkdir(parents=True, exist_ok=True)
    words = {"KERNEL": scratch / "a-kernel", "INITRD": scratch / "an-initrd"}
    content = {name: hashlib.sha512(name.encode()).digest() * 1000 for name in words}
    for name, path in words.items():
        path.write_bytes(content[name])
    options = "console=hvc0 quiet of=the-user"
    make(context, "iso", *(f"{name}={path}" for name, path in words.items()), f"CMDLINE={options}")
    image = context.made("corbel.iso").read_bytes()
    missing = [name for name in words if content[name] not in image]
    line = rb"module2 /boot/module0 " + rb"\W+".join(re.escape(word) for word in options.encode().split())
    if not re.search(line, image.replace(b"'", b"")):
        missing.append("CMDLINE")
    context.made("corbel.iso").unlink()
    return f"the image lacks {', '.join(missing)}" if missing else None


def _instructions(context):
    """(function, instruction) of all code in the image."""
    make(context, "all")
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", context.made("corbel")], text=True,
                          capture_output=True, check=True).stdout
    function = ""
    for line in text.splitlines():
        if start := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            function = start[1]
        elif function and "\t" in line:
            yield function, line.partition("\t")[2]


def _branches(context):
    """Every indirect branch of the image goes through a thunk (docs/design/isolation.md)."""
    code = list(_instructions(context))
    if not code:
        return "objdump shows no function of the image"
    found = {function for function, instruction in code
             if re.match(r"(?:(?:bnd|notrack) )*l?(?:call|jmp)[a-z]?\s+\*", instruction)}
    wrong = sorted(found - FREE_BRANCHES)
    return f"indirect branches without a thunk in {', '.join(wrong)}" if wrong else None


def _stack_pointer(context):
    """The stack pointer never passes the CPU's record at its stack's top, where an interrupt's frame
    would go over it: no instruction sets bits of it."""
    code = list(_instructions(context))
    if not any(instruction.endswith(",%rsp") for _, instruction in code):
        return "objdump shows nothing that changes the stack pointer"
    wrong = sorted({function for function, instruction in code
                    if re.match(r"(?:or|xor|not|bts)[a-z]?\s(?:.*,)?%rsp$", instruction)})
    return f"the stack pointer is computed in place in {', '.join(wrong)}" if wrong else None


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
            ("smallest", context.cc, ["DEBUG=n", "SET=NR_CPUS=1 LFB=n"], "all"),
            ("plain-grants", context.cc, ["DEBUG=y", "SET=GRANT_V2=n GRANT_TRANSFER=n"], "all"),
            ("largest", context.cc, ["DEBUG=y", "SET=NR_CPUS=256"], "all"),
        ]
    return [
        job("image", lambda c: make(c, "all") and None),
        job("unchanged", _unchanged),
        job("reproducible", _reproducible),
        job("incremental", _incremental),
        job("install", _install),
        *([job("update-grub", _update_grub)] if os.geteuid() == 0 else [Job("update-grub", lambda: [
            Case("build.update-grub", SKIP, "grub-mkconfig insists on running as root")])]),
        job("iso", _iso),
        job("branches", _branches),
        job("stack-pointer", _stack_pointer),
        *(_variant(context, *variant) for variant in variants),
    ]
