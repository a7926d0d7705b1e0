# SPDX-License-Identifier: GPL-2.0-only
"""Mutants: one that survives, one that cannot be judged and a row without one are all told."""

import pathlib
import tempfile
import time
import unittest

from ladder import junit, mutant, mutants, pool, scratch
from ladder.verdict import Case, Context, ERROR, FAIL, Job, PASS, SKIP

TABLE = """# Testing
## Published mistakes, and what shows them
| class | XSA | tests |
|---|---|---|
| one | 1, 2 | unit.room.holds, .stays; guest.kernel.*.xsa_1_edge |
| two | (none) | guest.suite.other, the preempt rung |

## Next
| not | a | row |
"""
PATCH = """Row: 1, 2
Test: unit.room.holds

The guard is gone.
---
diff --git a/include/guard.h b/include/guard.h
--- a/include/guard.h
+++ b/include/guard.h
@@ -1,3 +1,2 @@
 first
-guard
 last
"""
# Stands for the ladder: the test fails without its guard, and says what it was asked for.
CHECK = """
import pathlib, sys
sys.path.insert(0, {tests!r})
from ladder import junit
from ladder.verdict import Case, ERROR, FAIL, PASS, SKIP
arguments = " ".join(sys.argv)
guarded = "guard" in pathlib.Path("include/guard.h").read_text()
build = pathlib.Path(sys.argv[sys.argv.index("--build") + 1])
if not guarded:
    (build / "made").write_text("of a mutant")
case = {{"unit.room.holds": Case("holds", PASS if guarded else FAIL, "no guard"),
        "unit.room.sleeps": Case("sleeps", PASS), "unit.room.skipped": Case("skipped", SKIP, "no such CPU"),
        "unit.room.always": Case("always", FAIL, "wrong"),
        "unit.room.dies": Case("room", PASS if guarded else ERROR, "1 of 2 tests reported"),
        "unit.room.builds": Case("builds", PASS if guarded else FAIL, "no guard"),
        "unit.room.words": Case("words", FAIL if "--make=SET=A=y" in arguments and "--boot=b=1" in arguments
                                 and not guarded else PASS),
        }}.get(sys.argv[sys.argv.index("--test") + 1], Case("none", ERROR, "no such case", untested=True))
junit.write(build / "check" / "junit.xml", {{"unit": [case]}})
sys.exit(2 if "--make=BROKEN=y" in arguments and not guarded else 0)
"""


class Files(unittest.TestCase):
    """What a mutant's file may hold."""

    def test_good(self):
        """Several tests and words are kept; the files are those of the patch."""
        text = PATCH.replace("Test:", "Test: guest.a.b\nBuild: SET='A=y B=n' C=1\nBoot: b=1\nTest:")
        one = mutant.parse("x", text)
        self.assertEqual((one.rows, one.tests, one.files), (["1, 2"], ["guest.a.b", "unit.room.holds"],
                                                            ["include/guard.h"]))
        self.assertEqual((one.words, one.boot), (["SET=A=y B=n", "C=1"], "b=1"))

    def test_bad(self):
        """Everything that is missing or strange is refused."""
        for old, new in (("Row: 1, 2\n", ""), ("Test: unit.room.holds\n", ""), ("Test:", "Tests:"),
                         ("The guard is gone.", ""), ("\n---\n", "\n"), ("include/", "tests/"),
                         ("+++ b/include/guard.h\n", "")):
            with self.subTest(old=old), self.assertRaises(mutant.Malformed):
                mutant.parse("x", PATCH.replace(old, new))


class Mapping(unittest.TestCase):
    """Rows and mutants."""

    def test_rows(self):
        """By advisories, or by class where there are none; other tables are not read."""
        self.assertEqual(list(mutant.table(TABLE)), ["1, 2", "two"])
        for text in ("# Testing\n", TABLE.replace("(none)", "1, 2"), TABLE.replace("| two |", "| two | 3 |")):
            with self.assertRaises(mutant.Malformed):
                mutant.table(text)

    def test_lists(self):
        """A row lists a test by its last name, by what it is in, or by its rung."""
        rows = mutant.table(TABLE)
        for test in ("unit.room.holds", "unit.room.stays", "guest.kernel.suite.xsa_1_edge", "guest.kernel.xsa_1_edge"):
            self.assertTrue(mutant.lists(rows["1, 2"], test), test)
        for test in ("unit.room.else", "guest.kernel.suite.xsa_2_edge", "preempt.kernel.suite.x"):
            self.assertFalse(mutant.lists(rows["1, 2"], test), test)
        self.assertTrue(mutant.lists(rows["two"], "preempt.kernel.suite.x"))
        self.assertTrue(mutant.lists("guest.kernel.suite.*", "guest.kernel.suite.x"))
        self.assertFalse(mutant.lists("guest.kernel.suite.*", "guest.kernel.other.x"))

    def test_faults_are_named(self):
        """A row without a mutant, a mutant without a row, a test that the row does not list."""
        rows = mutant.table(TABLE)
        found = mutant.mapping(rows, {"x": mutant.parse("x", PATCH)})
        self.assertEqual(found, {"row 1, 2": "", "row two": "has no mutant"})
        found = mutant.mapping(rows, {"x": mutant.parse("x", PATCH.replace("Row: 1, 2", "Row: 1,2"))})
        self.assertIn("no row '1,2'", found["x"])
        found = mutant.mapping(rows, {"x": mutant.parse("x", PATCH.replace(".holds", ".else"))})
        self.assertIn("unit.room.else is not in its row", found["x"])


class Verdicts(unittest.TestCase):
    """Mutants tried on a tree of one file, with something in the ladder's place."""

    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.root = pathlib.Path(home.name) / "tree"
        tests = str(pathlib.Path(mutants.__file__).resolve().parents[1])
        for name, text in (("include/guard.h", "first\nguard\nlast\n"),
                           ("tests/check.py", CHECK.format(tests=tests))):
            (self.root / name).parent.mkdir(parents=True)
            (self.root / name).write_text(text, encoding="utf-8")
        self.copy = mutants.Copy(Context(self.root, self.root / "build"), "unit")
        self.copy.env["GIT_CEILING_DIRECTORIES"] += f":{self.root.parent}"

    def verdict(self, *changes):
        """What the mutant comes to with some of its text changed."""
        text = PATCH
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        guard = self.copy.root / "include/guard.h"
        before = guard.stat().st_mtime_ns if guard.exists() else 0
        found = mutants.try_mutant(self.copy, mutant.parse("x", text))
        self.assertEqual(guard.read_text(encoding="utf-8"), "first\nguard\nlast\n")
        self.assertIn(before, (0, guard.stat().st_mtime_ns))
        return found

    def test_killed(self):
        """By a test that fails, by a program that dies, and by the last of several tests."""
        self.assertEqual(self.verdict(), (mutants.KILLED, "by holds: no guard"))
        self.assertEqual(self.verdict((".holds", ".dies"))[0], mutants.KILLED)
        self.assertEqual(self.verdict(("Test:", "Test: unit.room.sleeps\nTest:"))[0], mutants.KILLED)
        self.assertEqual(self.verdict((".holds", ".words"), ("Row:", "Build: SET=A=y\nBoot: b=1\nRow:"))[0],
                         mutants.KILLED)

    def test_builds(self):
        """Each set of make's variables has a directory that make may have in a rule."""
        names = {self.copy.build(words).name for words in ([], ["SET=A=y"], ["SET=B=y"], ["SET=A=y", "CC=clang"])}
        self.assertEqual(len(names), 4)
        for name in names:
            self.assertRegex(name, r"^[\w-]+$")

    def test_survived(self):
        """The test passes."""
        self.assertEqual(self.verdict((".holds", ".sleeps")), (mutants.SURVIVED, "all pass: unit.room.sleeps"))

    def test_broken(self):
        """What cannot be judged is BROKEN and not KILLED."""
        for change, reason in (((".holds", ".skipped"), "no such CPU"), ((".holds", ".unknown"), "no such case"),
                               (("-guard", "-gard"), "does not apply"), ((".holds", ".always"), "without the mutant"),
                               (("Row:", "Build: BROKEN=y\nRow:"), "no report"), (("guard.h", "gone.h"), "no include")):
            with self.subTest(reason=reason):
                verdict, text = self.verdict(change)
                self.assertEqual(verdict, mutants.BROKEN)
                self.assertIn(reason, text)

    def test_stale(self):
        """A patch of an older tree is named without a run, and the tree stays as it is."""
        for text, reason in ((PATCH, ""), (PATCH.replace("-guard", "-gard"), "does not apply")):
            self.assertIn(reason, mutants.apply_patch(self.root, mutant.parse("x", text), "--check"))
        self.assertEqual(mutants.apply_patch(self.root, mutant.parse("x", PATCH), "--check"), "")
        self.assertEqual((self.root / "include/guard.h").read_text(encoding="utf-8"), "first\nguard\nlast\n")

    def test_kept(self):
        """What was built is afterwards as before."""
        self.verdict()
        made = self.copy.build([]) / "made"
        made.write_text("of the tree", encoding="utf-8")
        before = made.stat().st_mtime_ns
        self.assertEqual(self.verdict((".holds", ".builds"))[0], mutants.KILLED)
        self.assertEqual((made.read_text(encoding="utf-8"), made.stat().st_mtime_ns), ("of the tree", before))

    def test_refresh(self):
        """A copy follows its tree, and touches nothing that is the same."""
        self.copy.ready()
        kept = self.copy.root / "include/guard.h"
        (self.root / "include/new.h").write_text("new", encoding="utf-8")
        scratch.refresh(self.root, self.copy.root)
        self.assertEqual((self.copy.root / "include/new.h").read_text(encoding="utf-8"), "new")
        (self.root / "include/new.h").unlink()
        kept.write_text("mutated", encoding="utf-8")
        scratch.refresh(self.root, self.copy.root)
        self.assertFalse((self.copy.root / "include/new.h").exists())
        self.assertEqual(kept.read_text(encoding="utf-8"), "first\nguard\nlast\n")
        before = kept.stat().st_mtime_ns
        scratch.refresh(self.root, self.copy.root)
        self.assertEqual(kept.stat().st_mtime_ns, before)


class Parts(unittest.TestCase):
    """Which mutants a run tries."""

    def test_parts(self):
        """Ten parts are all, each once; the day picks one; a name, or check-full, has all."""
        names = [f"m{number:02}" for number in range(25)]

        def of(**settings):
            return mutants.part(Context(None, None, **settings), names)
        self.assertEqual(sorted(name for number in range(1, 11) for name in of(share=f"{number}/10")[0]), names)
        self.assertIn(len(of()[0]), (2, 3))
        self.assertRegex(of()[1], r"MUTANTS=\d+/10 runs the same")
        self.assertEqual([of(only="mutants")[0], of(full=True)[0]], [names, names])
        for wrong in ("0/10", "11/10", "x", "1/0"):
            with self.assertRaises(ValueError):
                of(share=wrong)


class Reports(unittest.TestCase):
    """What a run leaves, read again; and jobs that share a folder."""

    def test_read(self):
        """Verdicts, reasons, and whether anything was tested."""
        cases = [Case("a", PASS), Case("b", FAIL, "x"), Case("c", SKIP, "y"), Case("d", ERROR, "z", untested=True)]
        with tempfile.TemporaryDirectory() as home:
            junit.write(pathlib.Path(home) / "junit.xml", {"unit": cases})
            found = junit.read(pathlib.Path(home) / "junit.xml")
        self.assertEqual([(case.name, case.verdict, case.reason, case.untested) for case in found],
                         [(case.name, case.verdict, case.reason, case.untested) for case in cases])

    def test_folder(self):
        """Two jobs that use one thing never run at once; all run."""
        running, most = set(), []

        def job(name, uses):
            def run():
                most.append(uses in running)
                running.add(uses)
                time.sleep(0.002)
                running.discard(uses)
                return [Case(name, PASS)]
            return Job(name, run, uses=uses)
        jobs = [job(f"{uses}{number}", uses) for uses in "ab" for number in range(20)]
        results = pool.run_jobs(jobs, 2, lambda *_: None)
        self.assertEqual([cases[0].name for cases in results], [each.name for each in jobs])
        self.assertFalse(any(most))


if __name__ == "__main__":
    unittest.main()
