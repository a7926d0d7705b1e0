# SPDX-License-Identifier: GPL-2.0-only
"""Copies of the tree's own files, elsewhere: to build in, and to change.

A copy is brought up to date in place, by contents, so that a make there compiles what has changed.
"""

import os
import pathlib
import shutil
import subprocess

MANIFEST = ".files"


def own_files(root):
    """The tree's files: tracked ones, and new ones that git does not ignore; relative names."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=root, capture_output=True, check=False)
    if listed.returncode == 0:
        names = filter(None, listed.stdout.decode().split("\0"))
    else:  # an exported tree has no git
        names = (str(path.relative_to(root)) for path in pathlib.Path(root).rglob("*")
                 if not any(part == ".git" or part == "__pycache__" or part.startswith("build")
                            for part in path.relative_to(root).parts[:-1]))
    return sorted(name for name in set(names) if (root / name).is_file())


def outside_git(folder):
    """The environment in which git does not take a folder for a part of the repository around it."""
    return dict(os.environ, GIT_CEILING_DIRECTORIES=str(pathlib.Path(folder).resolve().parent))


def refresh(root, target):
    """Make target a copy of the tree's files; a file with the same contents is not touched."""
    target.mkdir(parents=True, exist_ok=True)
    manifest = target / MANIFEST
    before = set(manifest.read_text(encoding="utf-8").split("\n")) if manifest.exists() else set()
    names = own_files(root)
    # Written first: a copy that was cut short knows what it may hold.
    manifest.write_text("\n".join(sorted(before | set(names))), encoding="utf-8")
    for name in names:
        source, copy = root / name, target / name
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)  # with the time of now: newer than what was made from it
        shutil.copymode(source, copy)
    for name in before - set(names) - {""}:
        (target / name).unlink(missing_ok=True)
    manifest.write_text("\n".join(names), encoding="utf-8")
