# SPDX-License-Identifier: GPL-2.0-only
"""Files of Debian packages, fetched with apt-get and unpacked under the build directory; never installed.

A package may be of another suite than this machine's: it is fetched from the same mirror, with lists of its own under
the build directory, and the machine's lists and packages stay as they are.
"""

import fcntl
import functools
import pathlib
import re
import shutil
import subprocess
import tempfile

KERNEL_META = "linux-image-amd64"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class DebianUnavailable(Exception):
    """A package cannot be had here; the text says what to do."""


def _apt(arguments, cwd=None):
    try:
        done = subprocess.run(arguments, cwd=cwd, text=True, capture_output=True, check=False,
                              stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise DebianUnavailable(f"no {arguments[0]} on this machine") from None
    if done.returncode != 0:
        words = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise DebianUnavailable(f"{' '.join(arguments)}: {words}")
    return done.stdout


def own_suite():
    """The suite that this machine is of."""
    words = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^VERSION_CODENAME=(\w+)$", words, re.MULTILINE)
    return found[1] if found else ""


def mirror():
    """Where this machine has its packages of Debian from."""
    lines = _apt(["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages"])
    for line in lines.splitlines():
        codename, _, place = line.partition(" ")
        if codename == own_suite():
            return place
    raise DebianUnavailable("apt's sources name no mirror of Debian: run apt-get update")


def _options(suite, home):
    """apt's options for a suite, whose lists are fetched when they are not there."""
    if suite in ("", own_suite()):
        return []
    folder = home / "lists" / suite
    sources = folder / "sources.list"
    options = [word for name, value in (
        ("Dir::Etc::sourcelist", sources), ("Dir::Etc::sourceparts", "/dev/null"),
        ("Dir::State::lists", folder / "lists"), ("Dir::Cache", folder / "cache"),
        ("Dir::State::status", "/dev/null"),  # what is installed here is no candidate there
    ) for word in ("-o", f"{name}={value.absolute() if isinstance(value, pathlib.Path) else value}")]
    if not list(folder.glob("lists/*_Packages*")):
        (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (folder / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        sources.write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n", encoding="utf-8")
        _apt(["apt-get", "-q", *options, "update"])
    return options


def _join_usr(folder):
    """Newer packages have all below usr: what is asked for at its old place is found there too."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if not (folder / name).exists() and (folder / "usr" / name).is_dir():
            (folder / name).symlink_to(f"usr/{name}")


def unpacked(package, build, suite=""):
    """The folder with the package's files; of this machine's suite, or of another one."""
    home = pathlib.Path(build) / "debian"
    home.mkdir(parents=True, exist_ok=True)
    folder = home / package if suite in ("", own_suite()) else home / suite / package
    with open(home / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder
        with tempfile.TemporaryDirectory(dir=home) as scratch:
            scratch = pathlib.Path(scratch)
            scratch.chmod(0o755)  # apt downloads as its own user
            _apt(["apt-get", "-q", *_options(suite, home), "download", package], cwd=scratch)
            debs = list(scratch.glob("*.deb"))
            if len(debs) != 1:
                raise DebianUnavailable(f"apt-get download {package} gave {len(debs)} files")
            subprocess.run(["dpkg-deb", "-x", debs[0], scratch / "x"], check=True)
            _join_usr(scratch / "x")
            folder.parent.mkdir(exist_ok=True)
            shutil.move(scratch / "x", folder)
    return folder


@functools.lru_cache(maxsize=None)
def kernel_package():
    """The package that Debian's kernel meta-package stands for."""
    text = _apt(["apt-cache", "depends", "--no-recommends", "--no-suggests", KERNEL_META])
    found = re.search(r"Depends: (linux-image-\d\S*-amd64)$", text, re.MULTILINE)
    if not found:
        raise DebianUnavailable(f"{KERNEL_META} names no kernel: run apt-get update")
    return found[1]


def kernel(build):
    """The path of the packed image of Debian's own kernel, or of one that was fetched when apt knows none."""
    try:
        return kernel_of(kernel_package(), build)
    except DebianUnavailable:
        known = sorted((pathlib.Path(build) / "debian").glob("linux-image-*-amd64/boot/vmlinuz-*"))
        if known:
            return known[-1]
        raise


def _version_key(name):
    """Numbers of a package's name, in order."""
    return [int(number) for number in re.findall(r"\d+", name)]


def kernel_packages():
    """Kernel packages of the configured sources: the newest of each series and flavour, the oldest series first."""
    newest = {}
    text = _apt(["apt-cache", "search", "--names-only", "^linux-image-[0-9].*-amd64$"])
    for name in re.findall(r"^(linux-image-\d\S*-amd64) ", text, re.MULTILINE):
        found = re.fullmatch(r"linux-image-(\d+\.\d+)[^-]*(?:-\d+)?(-[a-z]+)?-amd64", name)
        if not found:
            continue
        kind = (_version_key(found[1]), found[2] or "")
        if kind[1] in ("", "-rt", "-cloud") and _version_key(name) > _version_key(newest.get(str(kind), ("", ""))[1]):
            newest[str(kind)] = (kind, name)
    return [name for _, name in sorted(newest.values())]


def kernel_of(package, build):
    """The image of a kernel package, beside its modules; newer ones have both in packages of their own."""
    folder = unpacked(package, build)
    images = sorted(folder.glob("boot/vmlinuz-*"))
    if images:
        return images[-1]
    version = package.removeprefix("linux-image-")
    binary = unpacked(f"linux-binary-{version}", build) / "usr/lib/modules" / version
    modules = unpacked(f"linux-modules-{version}", build) / "usr/lib/modules" / version
    image = modules / "vmlinuz"
    if not (binary / "vmlinuz").exists():
        raise DebianUnavailable(f"{package} names no kernel image")
    if not image.exists():
        shutil.copy(binary / "vmlinuz", image)
    return image


def busybox(build):
    """The path of a static busybox."""
    program = unpacked("busybox-static", build) / "bin" / "busybox"
    if not program.exists():
        raise DebianUnavailable("busybox-static holds no bin/busybox")
    return program
