# SPDX-License-Identifier: GPL-2.0-only
"""tools/lint and tools/build: each check finds what it is there to find."""

import pathlib
import subprocess
import tempfile
import unittest
import unittest.mock

from lint import compilers, meaning, messages, text
from lint.tree import ROOT

PYTHON = "/usr/bin/python3"


class FakeTree:
    """A tree of made-up files."""

    def __init__(self, **files):
        self.files = {name.replace("__", "/").replace("_DOT_", "."): content
                      for name, content in files.items()}
        self.names = sorted(self.files)

    def select(self, *suffixes, under=(), without=()):
        """As Tree.select."""
        return [name for name in self.names if name.endswith(suffixes)
                and (not under or name.startswith(tuple(under)))]

    def text(self, name):
        """As Tree.text."""
        return self.files[name]

    def lines(self, name):
        """As Tree.lines."""
        return enumerate(self.files[name].splitlines(), 1)


class Checks(unittest.TestCase):
    """Seeded faults."""

    def found(self, check, content, name="common__x_DOT_c"):
        """How many findings a check has in one file."""
        return len(list(check(FakeTree(**{name: content}))))

    def test_text(self):
        """Licences, openings, lengths, words, blanks."""
        good = "/* SPDX-License-Identifier: GPL-2.0-only */\n/* Owns nothing. */\nint x;\n"
        for check in (text.licences, text.openings, text.lengths, text.words, text.whitespace,
                      text.conditionals, text.includes, text.host_paths):
            self.assertEqual(self.found(check, good), 0, check.__name__)
        self.assertEqual(self.found(text.licences, "/* SPDX-License-Identifier: MIT */\n"), 1)
        self.assertEqual(self.found(text.openings, "/* SPDX */\nint x;\n"), 1)
        self.assertEqual(self.found(text.lengths, "x\n" * 801), 1)
        self.assertEqual(self.found(text.lengths, "x" * 101 + "\n"), 1)
        self.assertEqual(self.found(text.words, "/* TO" "DO: more */\n"), 1)
        self.assertEqual(self.found(text.words, "<" * 7 + " HEAD\nx\n" + "=" * 7 + "\ny\n" + ">" * 7 + " 12ab\n"), 2)
        for content, count in (("x = 1\n", 0), ("x = (\n", 1), ("<" * 7 + " HEAD\n", 1)):
            self.assertEqual(self.found(text.python, content, "tools__x_DOT_py"), count)
        self.assertEqual(self.found(text.whitespace, "int x; \n\tint y;\nint z;"), 3)
        self.assertEqual(self.found(text.conditionals, "  # ifdef CONFIG_X\n"), 1)
        self.assertEqual(self.found(text.includes, "#include <asm/page.h>\n"), 1)
        self.assertEqual(self.found(text.host_paths, "see /ho" "me/me/x\n"), 1)

    def test_agreement(self):
        """Options, sources and operations that only one side knows."""
        tree = FakeTree(Kconfig="config A\n\tbool\nconfig B\n\tbool\n",
                        common__x_DOT_c="CONFIG_A CONFIG_C\n")
        self.assertEqual(len(list(meaning.kconfig(tree))), 2)
        tree = FakeTree(common__files_DOT_mk="obj-y += a.o\n", common__a_DOT_c="", common__b_DOT_c="")
        self.assertEqual([f.path for f in meaning.sources(tree)], ["common/b.c"])
        tree = FakeTree(common__a_DOT_c='bool_param("x", y)\n',
                        docs__options_DOT_md="| `zz=N` | | |\n")
        self.assertEqual(len(list(meaning.options(tree))), 2)
        rows = 'family = "f"\nconstant = "OP_"\ncolumns = ["nr", "name"]\nrows = [[0, "a"], [1, "b"]]\n'
        tree = FakeTree(include__ops__f_DOT_toml=rows, tests__unit__t_DOT_c="OP_a")
        self.assertEqual([f.text for f in meaning.operation_tests(tree)], ["no test names OP_b"])

    def messages(self, body, row="hook", **more):
        """Lines of the unmarked messages that guests reach, where fam_op has this body."""
        rows = f'family = "fam"\ncolumns = ["nr", "name", "default"]\nrows = [[0, "op", "{row}"]]\n'
        source = f"static void tell(void)\n{{\n    printk(XENLOG_INFO);\n}}\n\nlong fam_op(void)\n{{\n{body}\n}}\n"
        tree = FakeTree(include__ops__f_DOT_toml=rows, common__x_DOT_c=source, **more)
        return [f"{f.path}:{f.line}" for f in messages.guest_messages(tree)]

    def test_messages(self):
        """Unmarked messages, told at once or by what is called, named, kept in tables or called back."""
        self.assertEqual(self.messages('    printk("x");'), ["common/x.c:8"])
        self.assertEqual(self.messages('    printk(XENLOG_WARNING\n           "x");'), ["common/x.c:8"])
        self.assertEqual(self.messages('    printk(XENLOG_G_WARNING "x");\n    gdprintk(XENLOG_INFO, "y");'), [])
        self.assertEqual(self.messages("    tell();"), ["common/x.c:3"])
        self.assertEqual(self.messages("    each(tell);"), ["common/x.c:3"])
        self.assertEqual(self.messages("    return 0; /* tell() is for others */"), [])
        self.assertEqual(self.messages("    tell();", row="priv"), [])
        self.assertEqual(self.messages("    /* No guest repeats this: why. */\n    printk(1);"), [])
        other = "void told(void)\n{\n    printk(1);\n}\n\nstatic void late(void)\n{\n    told();\n}\n"
        self.assertEqual(self.messages("    told();", common__y_DOT_c=other), ["common/y.c:3"])
        self.assertEqual(self.messages("    late();", common__y_DOT_c=other), [])
        armed = other + "\nvoid arm(void)\n{\n    timer_init(&t, late, NULL, 0);\n}\n"
        self.assertEqual(self.messages("", common__y_DOT_c=armed), ["common/y.c:3"])
        table = other + "\nconst struct ops table = {\n    .tell = told,\n};\n"
        self.assertEqual(self.messages("    use(&table);", common__y_DOT_c=table), ["common/y.c:3"])
        end = "void told(void) __noreturn;\n"
        self.assertEqual(self.messages("    told();", common__y_DOT_c=other, include__hv__y_DOT_h=end), [])
        entry = "    call told\n"
        self.assertEqual(self.messages("", common__y_DOT_c=other, arch__x86__entry__e_DOT_S=entry), ["common/y.c:3"])


class Formatter(unittest.TestCase):
    """Which clang-format decides."""

    def chosen(self, **tools):
        """What is chosen of tools by name (_ for -) and what each says of its version; or why none is."""
        with tempfile.TemporaryDirectory() as home:
            for name, version in tools.items():
                path = pathlib.Path(home) / name.replace("_", "-")
                path.write_text(f"#!/bin/sh\necho 'Debian clang-format version {version}'\n", encoding="ascii")
                path.chmod(0o755)
            with unittest.mock.patch.dict("os.environ", PATH=home):
                try:
                    return compilers.formatter()
                except compilers.Absent as absent:
                    return str(absent)

    def test_version(self):
        """The one version, by either name; another one is named."""
        self.assertEqual(self.chosen(clang_format="14.0.6"), "clang-format")
        self.assertEqual(self.chosen(clang_format="19.1.7", clang_format_14="14.0.6"), "clang-format-14")
        self.assertIn("19.1.7", self.chosen(clang_format="19.1.7 (3)"))
        self.assertIn("not installed", self.chosen())


class Symbols(unittest.TestCase):
    """The image's table of symbols."""

    def run_tool(self, *arguments):
        """symbols.py's completed process."""
        return subprocess.run([PYTHON, ROOT / "tools/build/symbols.py", *arguments],
                              capture_output=True, text=True, check=False)

    def test_table(self):
        """Code only, sorted, one name an address; a moved symbol is caught."""
        with tempfile.TemporaryDirectory() as home:
            one, two = pathlib.Path(home) / "1", pathlib.Path(home) / "2"
            one.write_text("ffff0020 t b\nffff0010 T a\nffff0010 t a_local\nffff0030 d data\n",
                           encoding="ascii")
            two.write_text("ffff0021 t b\nffff0010 T a\n", encoding="ascii")
            table = self.run_tool(one).stdout
            self.assertIn('.asciz "a"\n.asciz "b"\n', table)
            self.assertNotIn("data", table.replace("rodata", ""))
            self.assertEqual(self.run_tool("--verify", one, one).returncode, 0)
            self.assertNotEqual(self.run_tool("--verify", one, two).returncode, 0)


class Configuration(unittest.TestCase):
    """config.py on the tree's own Kconfig."""

    def config(self, build, *arguments):
        """config.py's completed process."""
        return subprocess.run([PYTHON, ROOT / "tools/build/config.py", "--build", build,
                               *arguments], capture_output=True, text=True, check=False)

    def test_set(self):
        """A value is stored; a wrong name or value is refused; nothing is rewritten needlessly."""
        with tempfile.TemporaryDirectory() as home:
            header = pathlib.Path(home) / "gen" / "autoconf.h"
            self.assertEqual(self.config(home, "auto", "--set", "NR_CPUS=8").returncode, 0)
            self.assertIn("#define CONFIG_NR_CPUS 8\n", header.read_text(encoding="utf-8"))
            before = header.stat().st_mtime_ns
            self.assertEqual(self.config(home, "auto").returncode, 0)
            self.assertEqual(header.stat().st_mtime_ns, before)
            for wrong in ("NR_CPUS=0", "NR_CPUS=many", "NO_SUCH=y", "DEBUG=maybe"):
                self.assertNotEqual(self.config(home, "auto", "--set", wrong).returncode, 0, wrong)


if __name__ == "__main__":
    unittest.main()
