# SPDX-License-Identifier: GPL-2.0-only
"""What the checks look at: the tree's own text files, and findings about them."""

import dataclasses
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing to put right."""

    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Tree:
    """The files of the tree: tracked ones, and new ones that git does not ignore."""

    def __init__(self, build, cc="gcc"):
        self.build = pathlib.Path(build)
        self.cc = cc
        try:
            listed = subprocess.run(
                ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        except (OSError, subprocess.CalledProcessError):  # an exported tree has no git
            listed = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")
                      if not {".git", "build", "__pycache__"} & set(path.relative_to(ROOT).parts)]
        self.names = sorted({name for name in listed if name and (ROOT / name).is_file()})
        self._text = {}

    def select(self, *suffixes, under=(), without=()):
        """Names with one of the suffixes, below one of the folders."""
        return [name for name in self.names
                if name.endswith(suffixes) and (not under or name.startswith(tuple(under)))
                and not name.startswith(tuple(without) or ("\0",))]

    def text(self, name):
        """A file's text."""
        if name not in self._text:
            self._text[name] = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        return self._text[name]

    def lines(self, name):
        """(line number, text) pairs."""
        return enumerate(self.text(name).splitlines(), 1)
