# SPDX-License-Identifier: GPL-2.0-only
"""The ladder itself: nothing passes in silence."""

import pathlib
import stat
import tempfile
import unittest
import unittest.mock

import check
from boot import ReferenceUnavailable
from ladder import bochs, guest, junit, kernels, kvm, pool, programs
from ladder.verdict import Case, Context, ERROR, FAIL, Job, PASS, SKIP, of_the_day, parse_lines


def broken():
    """A job that dies."""
    raise RuntimeError("broken")


class Verdicts(unittest.TestCase):
    """TEST lines."""

    def test_lines(self):
        """Anywhere in a line; reasons kept; the worst of two verdicts counts."""
        output = ("(d1) TEST a.one PASS\nTEST a.two FAIL is 3, expected 4\nTEST a.one FAIL later\n"
                  "TEST a.three SKIP no such CPU\r\nTEST a.four MAYBE\n").replace("\r", "")
        cases = {case.name: case for case in parse_lines(output)}
        self.assertEqual(cases["a.one"].verdict, FAIL)
        self.assertEqual(cases["a.two"].reason, "is 3, expected 4")
        self.assertEqual(cases["a.three"].verdict, SKIP)
        self.assertNotIn("a.four", cases)


class Rotation(unittest.TestCase):
    """Jobs that run on one day of several."""

    def test_each_job_has_its_day(self):
        """Those of every day always, each of the others exactly once in its round."""
        jobs = [Job("always", broken)] + [Job(f"half{n}", broken, days=2) for n in range(5)] + [
            Job(f"third{n}", broken, days=3) for n in range(2)]
        ran = [[job.name for job in of_the_day(jobs, day)] for day in range(20000, 20006)]
        for job in jobs:
            self.assertEqual(sum(job.name in names for names in ran), 6 // job.days, job.name)
        self.assertEqual(len({len([name for name in names if "half" in name]) for names in ran}), 2)


class Pool(unittest.TestCase):
    """Jobs side by side."""

    def test_silence_and_death(self):
        """Both are errors."""
        jobs = [Job("silent", lambda: []), Job("dead", broken),
                Job("good", lambda: [Case("good", PASS)]), Job("alone", lambda: [
                    Case("alone", PASS)], exclusive=True)]
        seen = []
        results = pool.run_jobs(jobs, 2, lambda job, cases, seconds: seen.append(job.name))
        self.assertEqual([r[0].verdict for r in results], [ERROR, ERROR, PASS, PASS])
        self.assertIn("RuntimeError: broken", results[1][0].reason)
        self.assertEqual(sorted(seen), ["alone", "dead", "good", "silent"])


class Accelerators(unittest.TestCase):
    """The rung that needs KVM."""

    def test_unusable(self):
        """It does not run where KVM cannot be used or is not wanted, and says why."""
        self.assertEqual(kvm.unusable("", ""), "")
        self.assertEqual(kvm.unusable("kvm", ""), "")
        self.assertEqual(kvm.unusable("tcg", ""), "ACCEL=tcg")
        self.assertEqual(kvm.unusable("", "no vmx"), "no vmx")
        with unittest.mock.patch.object(kvm, "unusable", lambda: "no vmx"):
            [job] = kvm.jobs(None)
        self.assertEqual([(case.verdict, case.reason) for case in job.run()], [(SKIP, "no vmx")])


class Terminal(unittest.TestCase):
    """Bochs wants one."""

    def test_none(self):
        """Where there is none, as in a chroot without /dev/pts, the rung says so."""
        with unittest.mock.patch("os.openpty", side_effect=OSError(2, "No such file or directory")):
            jobs = bochs.jobs(Context(pathlib.Path(), pathlib.Path()))
            self.assertEqual([case.verdict for job in jobs for case in job.run()], [SKIP])


class Versions(unittest.TestCase):
    """The reference in two versions."""

    def listed(self, suite, **environment):
        """The tests that differ on a machine of that suite."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            path = root / "tests" / "guest" / "differences.toml"
            path.parent.mkdir(parents=True)
            path.write_text("".join(
                f'[[difference]]\ntest = "{name}"\nreference = "FAIL"\n{xen}reason = "known"\n'
                for name, xen in (("both", ""), ("old", 'xen = ["4.17"]\n'), ("new", 'xen = ["4.20"]\n'))),
                encoding="utf-8")
            with unittest.mock.patch("linux.debian.own_suite", return_value=suite), \
                    unittest.mock.patch.dict("os.environ", {"REFERENCE": "", **environment}):
                return sorted(guest.differences(Context(root, root), "tcg"))

    def test_by_machine(self):
        """A machine's own Debian says which, an unknown one has 4.17, REFERENCE another."""
        self.assertEqual(self.listed("bookworm"), ["both", "old"])
        self.assertEqual(self.listed("trixie"), ["both", "new"])
        self.assertEqual(self.listed("noble"), ["both", "old"])
        self.assertEqual(self.listed("bookworm", REFERENCE="4.20"), ["both", "new"])
        with self.assertRaises(ReferenceUnavailable):
            self.listed("bookworm", REFERENCE="4.16")


class Agreement(unittest.TestCase):
    """Ours against the reference."""

    ROW = {"t": {"test": "t", "reference": FAIL, "reason": "known"}}

    @staticmethod
    def verdicts(ours, theirs, listed):
        """The verdicts of compare() for one test."""
        mine = {"t": Case("t", ours)} if ours else {}
        other = {"t": Case("t", theirs)} if theirs else {}
        return sorted(case.verdict for case in guest.compare("k", mine, other, listed))

    def test_unlisted(self):
        """Each side's failure counts; a test with one side only is an error."""
        self.assertEqual(self.verdicts(PASS, PASS, {}), [PASS, PASS])
        self.assertEqual(self.verdicts(PASS, FAIL, {}), [FAIL, PASS])
        self.assertEqual(self.verdicts(PASS, None, {}), [ERROR, PASS])

    def test_listed(self):
        """A listed difference holds, or fails."""
        self.assertEqual(self.verdicts(PASS, FAIL, self.ROW), [PASS, PASS])
        self.assertEqual(self.verdicts(PASS, PASS, self.ROW), [FAIL, PASS])
        self.assertEqual(self.verdicts(FAIL, FAIL, self.ROW), [FAIL, PASS])

    def test_machines(self):
        """An entry may hold for one emulator, or for its versions before or from one on."""
        with unittest.mock.patch.object(guest, "qemu_version", lambda: (10, 0)):
            held = [guest._is_meant(word, "tcg") for word in (
                "tcg", "bochs", "tcg<9.0", "tcg<10.0", "tcg>=10.0", "tcg>=9.2", "bochs>=1.0")]
        self.assertEqual(held, [True, False, False, False, True, True, False])


class Narrowing(unittest.TestCase):
    """T= names one case."""

    def names(self, cases, wanted, job="k", rung="guest"):
        """The names of those that are left."""
        return [case.name for case in check.narrow(cases, rung, job, wanted)]

    def test_one_case(self):
        """It is found with the hypervisor's name and without; a name that is nobody's is an error."""
        cases = [Case("k.ours.s.a", PASS), Case("k.ours.s.b", FAIL), Case("k.reference.s.a", PASS)]
        self.assertEqual(self.names(cases, "guest.k.s.a"), ["k.ours.s.a", "k.reference.s.a"])
        self.assertEqual(self.names(cases, "guest.k.ours.s.a"), ["k.ours.s.a"])
        lost = check.narrow(cases, "guest", "k", "guest.k.s.c")
        self.assertEqual([(case.verdict, case.untested) for case in lost], [(ERROR, True)])

    def test_whole_job(self):
        """What fails as a whole counts, whatever case was asked for: a dead hypervisor, a leak, an error."""
        self.assertEqual(self.names([Case("k.ours.k", FAIL, "died")], "guest.k.s.a"), ["k.ours.k"])
        self.assertEqual(self.names([Case("unit.r.a", PASS), Case("unit.r", FAIL, "leaks")], "unit.r.a", "r", "unit"),
                         ["unit.r.a", "unit.r"])
        self.assertEqual(self.names([Case("unit.r", ERROR)], "unit.r.a", "r", "unit"), ["unit.r"])

    def test_suites(self):
        """A test by its suite is one of the suite's kernel; other names stay."""
        context = Context(check.ROOT, None)
        for name, whole in (("guest.mmu.linear_page_table", "guest.memory.mmu.linear_page_table"),
                            ("guest.memory.exchange", "guest.memory.memory.exchange"),
                            ("preempt.trap.a", "preempt.basic.trap.a"), ("guest.basic.trap.a", "guest.basic.trap.a"),
                            ("guest.gnttab.*.a", "guest.gnttab.*.a"), ("guest.basic.ours.trap.a",) * 2,
                            ("guest.memory", "guest.memory"), ("unit.evtchn.a", "unit.evtchn.a"), ("", "")):
            self.assertEqual(kernels.whole_name(context, name), whole)


class Programs(unittest.TestCase):
    """Host programs."""

    def run_script(self, text):
        """The verdicts of a shell script."""
        with tempfile.TemporaryDirectory() as home:
            path = pathlib.Path(home) / "x_test"
            path.write_text("#!/bin/sh\n" + text, encoding="ascii")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
            return sorted(c.verdict for c in programs.run_program(str(path), "x", timeout=5))

    def test_tap(self):
        """Tests that were planned and not reported, silence, and a bad exit status are found."""
        self.assertEqual(self.run_script("echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1"),
                         [FAIL, PASS])
        self.assertEqual(self.run_script("echo 1..2; echo ok 1 - a"), [ERROR, PASS])
        self.assertEqual(self.run_script("echo 1..1; echo ok 1 - a; exit 23"), [FAIL, PASS])
        self.assertEqual(self.run_script("true"), [ERROR])
        self.assertEqual(self.run_script("sleep 30"), [FAIL])


class Junit(unittest.TestCase):
    """The report for machines."""

    def test_unprintable(self):
        """Control characters of a console do not break the XML."""
        with tempfile.TemporaryDirectory() as home:
            path = pathlib.Path(home) / "junit.xml"
            junit.write(path, {"guest": [Case("a", FAIL, "\x1b[0m\x00<&>", output="\x07")]})
            text = path.read_text(encoding="utf-8")
        self.assertIn('failures="1"', text)
        self.assertIn("&lt;&amp;&gt;", text)


if __name__ == "__main__":
    unittest.main()
