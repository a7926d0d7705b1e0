# SPDX-License-Identifier: GPL-2.0-only
"""A bootable ISO from a hypervisor, its command line and its modules.

Owns the ISO layout and the cached GRUB images. One ISO boots on BIOS and UEFI, from a CD and from a
USB stick. Invariant: the same inputs give the same bytes (fixed dates, fixed volume ids), so that a
cached GRUB image or a whole ISO can be compared or reused.

grub-mkrescue takes seconds and copies some 15 MiB of modules; here the two GRUB images hold exactly
the modules that the boot needs, are made once, and an ISO is one quick run of xorriso.
"""

import dataclasses
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

GRUB_DIR = pathlib.Path("/usr/lib/grub")
FIXED_DATE = "1704067200"  # 2024-01-01T00:00:00Z

COMMON_MODULES = (
    "normal configfile iso9660 search search_fs_file multiboot2 test echo halt reboot serial "
    "terminal minicmd gzio xzio boot mmap memrw"
).split()
BIOS_MODULES = COMMON_MODULES + ["biosdisk", "part_msdos", "part_gpt", "acpi", "vbe"]
EFI_MODULES = COMMON_MODULES + ["part_msdos", "part_gpt", "efi_gop", "all_video"]

EARLY_CONFIG = """\
search --no-floppy --set=root --file /boot/grub/grub.cfg
set prefix=($root)/boot/grub
"""

LOAD_FAILED = "boot: GRUB could not load the hypervisor or a module"


class BootError(Exception):
    """An image cannot be made or an emulator cannot be started; the message says why."""


def run_tool(argv, **kwargs):
    """Run one host tool quietly; on failure name the tool and show its last words."""
    env = dict(os.environ, SOURCE_DATE_EPOCH=FIXED_DATE, LC_ALL="C", TZ="UTC")
    env.update(kwargs.pop("env", {}))
    try:
        done = subprocess.run(
            argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **kwargs)
    except FileNotFoundError:
        raise BootError(f"{argv[0]} is not installed (tools/build/deps.py run)") from None
    if done.returncode != 0:
        tail = "\n".join(done.stdout.strip().splitlines()[-5:])
        raise BootError(f"{argv[0]} failed with status {done.returncode}:\n{tail}")
    return done.stdout


def default_cache():
    """Where generated images live unless the caller says otherwise: build/boot of this tree."""
    return pathlib.Path(__file__).resolve().parents[2] / "build" / "boot"


def _quote(word):
    if "'" in word or "\n" in word:
        raise BootError(f"a command line cannot hold a quote or a newline: {word!r}")
    return f"'{word}'"


def _quote_line(line):
    return " ".join(_quote(word) for word in str(line).split())


def _grub_images(cache):
    """The El Torito core for BIOS and the FAT image for UEFI, made once per GRUB and module list."""
    key = hashlib.sha256()
    for part in (EARLY_CONFIG, *BIOS_MODULES, "/", *EFI_MODULES):
        key.update(part.encode() + b"\0")
    for kernel in ("i386-pc/kernel.img", "x86_64-efi/kernel.img"):
        path = GRUB_DIR / kernel
        if not path.exists():
            raise BootError(f"{path} is missing (Debian: grub-pc-bin, grub-efi-amd64-bin)")
        key.update(path.read_bytes())
    home = cache / ("grub-" + key.hexdigest()[:12])
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                _make_grub_images(pathlib.Path(scratch))
                os.rename(scratch, home)
                os.mkdir(scratch)  # what TemporaryDirectory expects to remove
    return home / "bios.img", home / "efi.img"


def _make_grub_images(out):
    early = out / "early.cfg"
    early.write_text(EARLY_CONFIG, encoding="ascii")
    common = ["-p", "/boot/grub", "-c", str(early)]
    run_tool(["grub-mkimage", "-O", "i386-pc-eltorito", "-o", str(out / "bios.img"), *common,
              *BIOS_MODULES])
    run_tool(["grub-mkimage", "-O", "x86_64-efi", "-o", str(out / "bootx64.efi"), *common,
              *EFI_MODULES])
    fat = out / "efi.img"
    need = (out / "bootx64.efi").stat().st_size // 1024 + 64
    size = max(1440, -(-need // 32) * 32)
    with open(fat, "wb") as file:
        file.truncate(size * 1024)
    run_tool(["mformat", "-i", str(fat), "-N", "0", "-v", "CORBELEFI",
              "-T", str(size * 2), "-h", "2", "-s", "32", "::"])
    run_tool(["mmd", "-i", str(fat), "::/EFI", "::/EFI/BOOT"])
    os.utime(out / "bootx64.efi", (int(FIXED_DATE), int(FIXED_DATE)))
    run_tool(["mcopy", "-m", "-i", str(fat), str(out / "bootx64.efi"), "::/EFI/BOOT/BOOTX64.EFI"])


@dataclasses.dataclass
class Image:
    """What GRUB loads: a multiboot2 hypervisor, its command line and (file, command line) modules."""

    hypervisor: os.PathLike
    cmdline: str = ""
    modules: list = dataclasses.field(default_factory=list)
    commands: list = dataclasses.field(default_factory=list)  # of GRUB's, when all is loaded
    menu: bool = False  # show a menu for three seconds, for hand-made ISOs
    gfxpayload: str = ""  # the screen's mode, in GRUB's words; default: text, and on UEFI what there is
    title: str = "Corbel"

    def files(self):
        """(name in the ISO, host path) for every file, checked to exist."""
        pairs = [("/boot/hypervisor", self.hypervisor)]
        pairs += [(f"/boot/module{n}", file) for n, (file, _) in enumerate(self.modules)]
        for _, path in pairs:
            if not pathlib.Path(path).is_file():
                raise BootError(f"{path}: no such file")
        return [(name, pathlib.Path(path).resolve()) for name, path in pairs]

    def grub_config(self):
        """The grub.cfg: load all or say on the serial line that it failed, and halt."""
        load = [f"multiboot2 /boot/hypervisor {_quote_line(self.cmdline)}".rstrip()]
        for number, (_, cmdline) in enumerate(self.modules):
            load.append(f"module2 /boot/module{number} {_quote_line(cmdline)}".rstrip())
        # The multiboot2 command sets it to what the hypervisor's header prefers.
        mode = ([f"set gfxpayload={_quote(self.gfxpayload)}"] if self.gfxpayload else
                ['if [ "$grub_platform" = pc ]; then set gfxpayload=text; fi'])
        if self.menu:
            mode = mode if self.gfxpayload else []
            body = "\n".join("    " + line for line in load + mode + self.commands)
            title = _quote(self.title)
            return f"set timeout=3\nset default=0\nmenuentry {title} {{\n{body}\n}}\n"
        condition = "\n".join(f"if {line}; then" for line in load)
        closing = "\n".join("fi" for _ in load)
        condition = "\n".join([condition, *mode, *self.commands])
        return (
            f"{condition}\nboot\n{closing}\n"
            "serial --unit=0 --speed=115200\nterminal_output serial\n"
            f'echo "{LOAD_FAILED}"\nhalt\n')

    def write_iso(self, iso, cache=None):
        """Write the ISO file; the GRUB images come from the cache directory."""
        bios, efi = _grub_images(pathlib.Path(cache or default_cache()))
        iso = pathlib.Path(iso)
        iso.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=iso.parent) as scratch:
            config = pathlib.Path(scratch) / "grub.cfg"
            config.write_text(self.grub_config(), encoding="utf-8")
            output = pathlib.Path(scratch) / "image.iso"
            grafts = ["/boot/grub/grub.cfg=" + str(config), "/boot/grub/bios.img=" + str(bios)]
            grafts += [f"{name}={path}" for name, path in self.files()]
            run_tool([
                "xorriso", "-as", "mkisofs", "-graft-points", "-R", "-V", "CORBEL",
                "-sysid", "", "-appid", "", "-publisher", "",
                "--set_all_file_dates", "2024010100000000",
                "--grub2-mbr", str(GRUB_DIR / "i386-pc/boot_hybrid.img"),
                "--protective-msdos-label",
                "-b", "boot/grub/bios.img", "-no-emul-boot", "-boot-load-size", "4",
                "-boot-info-table", "--grub2-boot-info",
                "--efi-boot", "efi.img", "-efi-boot-part", "--efi-boot-image",
                "-o", str(output), *grafts, "/efi.img=" + str(efi)])
            shutil.move(output, iso)
        return iso
