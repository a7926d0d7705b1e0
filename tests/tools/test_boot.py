# SPDX-License-Identifier: GPL-2.0-only
"""tools/boot: images are the same bytes twice, runs always end, the command line is what was asked."""

import pathlib
import sys
import tempfile
import time
import unittest
import unittest.mock

from boot import BootError, Image, Machine, Result, Session, accel, machine
from boot.demo import EXIT_PASS, demo_verdict


class Images(unittest.TestCase):
    """The ISO and its grub.cfg."""

    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        self.path = pathlib.Path(self.home.name)
        (self.path / "hv").write_bytes(b"hypervisor" * 1000)
        (self.path / "dom0").write_bytes(b"kernel" * 1000)

    def image(self, **kwargs):
        """An image of the two files."""
        return Image(self.path / "hv", "console=com1 x=1", [(self.path / "dom0", "demo")],
                     **kwargs)

    def test_same_inputs_same_bytes(self):
        """Dates of files and of the run do not show."""
        first = self.image().write_iso(self.path / "1.iso").read_bytes()
        time.sleep(1.1)
        (self.path / "hv").touch()
        self.assertEqual(first, self.image().write_iso(self.path / "2.iso").read_bytes())
        (self.path / "dom0").write_bytes(b"another")
        self.assertNotEqual(first, self.image().write_iso(self.path / "3.iso").read_bytes())

    def test_grub_config(self):
        """Words are quoted, a failure to load is said, the menu is there when asked for."""
        text = self.image().grub_config()
        self.assertIn("multiboot2 /boot/hypervisor 'console=com1' 'x=1'", text)
        self.assertIn("module2 /boot/module0 'demo'", text)
        self.assertIn("could not load", text)
        self.assertIn("menuentry", self.image(menu=True).grub_config())

    def test_screen_mode(self):
        """Set after multiboot2, which sets it too; a menu for real machines leaves it to GRUB."""
        for kwargs, wanted in (({}, "= pc ]; then set gfxpayload=text; fi"),
                               ({"gfxpayload": "1024x768x32"}, "set gfxpayload='1024x768x32'"),
                               ({"gfxpayload": "auto", "menu": True}, "set gfxpayload='auto'")):
            text = self.image(**kwargs).grub_config()
            self.assertIn(wanted, text)
            self.assertGreater(text.index(wanted), text.index("module2"))
        self.assertNotIn("gfxpayload", self.image(menu=True).grub_config())

    def test_refused(self):
        """What GRUB would misread is refused here."""
        with self.assertRaises(BootError):
            Image(self.path / "hv", "a'b").grub_config()
        with self.assertRaises(BootError):
            Image(self.path / "absent").files()

    def test_machine_command(self):
        """Each field has its place on QEMU's command line."""
        words = Machine(self.image(), machine="q35", smp=4, memory=256, gdb=1234,
                        icount="shift=0").command("x.iso", self.home.name)
        for expected in ("q35,accel=tcg", "4", "256M", "tcp:127.0.0.1:1234", "shift=0"):
            self.assertIn(expected, words)
        self.assertEqual(machine.own_data(), words[1:1 + len(machine.own_data())])
        with self.assertRaises(BootError):
            Machine(self.image(), firmware="openfirmware").command("x.iso", self.home.name)


    def test_unpacked_qemu(self):
        """Another QEMU brings its own ROMs."""
        share = self.path / "usr" / "share"
        for name in ("qemu", "seabios"):
            (share / name).mkdir(parents=True)
        program = str(self.path / "usr" / "bin" / "qemu-system-x86_64")
        machine.own_data.cache_clear()
        self.addCleanup(machine.own_data.cache_clear)
        with unittest.mock.patch.object(machine, "QEMU", program):
            words = Machine(self.image()).command("x.iso", self.home.name)
        self.assertEqual(words[:5], [program, "-L", str(share / "qemu"), "-L", str(share / "seabios")])


class Accelerators(unittest.TestCase):
    """KVM where it can be used, TCG elsewhere, and what was asked for or a word why not."""

    INTEL = "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vme vmx smx\n"
    AMD = "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu svm npt\n"
    # Words that only look like it.
    NONE = "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmxnet svm_lock\nvmx flags\t: vnmi\n"

    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        self.cpuinfo = pathlib.Path(self.home.name) / "cpuinfo"
        self.addCleanup(accel.chosen.cache_clear)

    def missing(self, cpuinfo, answer):
        """Why there is no KVM on such a machine, whose device answers so."""
        self.cpuinfo.write_text(cpuinfo, encoding="ascii")

        def api_version(_):
            if isinstance(answer, OSError):
                raise answer
            return answer
        return accel.why_no_kvm(self.cpuinfo, "/dev/kvm", api_version)

    def test_what_is_missing(self):
        """The CPU's feature, the device, and its answer are all needed."""
        self.assertEqual(self.missing(self.INTEL, 12), "")
        self.assertEqual(self.missing(self.AMD, 12), "")
        self.assertEqual(accel.host_vendor(self.cpuinfo), "amd")
        self.assertIn("no vmx or svm", self.missing(self.NONE, 12))
        self.assertIn("no vmx or svm", self.missing("", 12))
        self.assertIn("/dev/kvm: not there", self.missing(self.INTEL, FileNotFoundError(2, "not there")))
        self.assertIn("/dev/kvm: not allowed", self.missing(self.AMD, PermissionError(13, "not allowed")))
        self.assertIn("version 11, not 12", self.missing(self.INTEL, 11))
        self.assertIn("no vmx or svm", accel.why_no_kvm(self.cpuinfo / "absent"))

    def test_a_device_that_is_none(self):
        """A file that opens and knows no ioctl is no KVM."""
        self.cpuinfo.write_text(self.INTEL, encoding="ascii")
        self.assertIn(str(self.cpuinfo), accel.why_no_kvm(self.cpuinfo, str(self.cpuinfo)))

    def test_decision(self):
        """ACCEL overrides, what is best is said with its reason, and a bad word names the option."""
        self.assertEqual(str(accel.decide("", "", "vmx")), "KVM (vmx and /dev/kvm)")
        self.assertEqual(str(accel.decide("", "no vmx")), "TCG (no vmx)")
        self.assertEqual(accel.decide("tcg", "").accel, "tcg")
        self.assertEqual(accel.decide("kvm", "").accel, "kvm")
        for asked, missing, said in (("kvm", "no vmx", "ACCEL=kvm: no vmx"), ("KVM", "", "ACCEL=KVM: tcg or kvm"),
                                     ("hvf", "", "ACCEL=hvf"), (" tcg", "", "ACCEL= tcg")):
            with self.assertRaisesRegex(BootError, said):
                accel.decide(asked, missing)

    def machine(self, environ, missing, host="intel", words=None, **kwargs):
        """The command line's words for the accelerator and the CPU."""
        accel.chosen.cache_clear()
        with unittest.mock.patch.dict("os.environ", environ), \
                unittest.mock.patch.object(accel, "why_no_kvm", lambda: missing), \
                unittest.mock.patch.object(accel, "host_vendor", lambda: host):
            words = Machine(None, **(words or kwargs)).command("x.iso", self.home.name)
        return words[words.index("-machine") + 1].rpartition("=")[2], words[words.index("-cpu") + 1].split(",")[0]

    def test_machine(self):
        """Only a run that asks for the best has KVM, and none that needs TCG."""
        best = {"accel": accel.BEST}
        self.assertEqual(self.machine({"ACCEL": ""}, "", **best), ("kvm", "host"))
        self.assertEqual(self.machine({"ACCEL": ""}, ""), ("tcg", "max"))
        self.assertEqual(self.machine({"ACCEL": "kvm"}, ""), ("tcg", "max"))
        self.assertEqual(self.machine({"ACCEL": "tcg"}, "", **best), ("tcg", "max"))
        self.assertEqual(self.machine({"ACCEL": ""}, "no vmx", **best), ("tcg", "max"))
        self.assertEqual(self.machine({"ACCEL": ""}, "", icount="shift=0", **best), ("tcg", "max"))
        self.assertEqual(self.machine({"ACCEL": ""}, "", cpu="qemu64", **best), ("tcg", "qemu64"))
        # A machine of Intel's is no machine of AMD's; the default asks for neither.
        on = accel.BEST
        found = [self.machine({"ACCEL": ""}, "", host, words) for host in ("intel", "amd")
                 for words in ({"accel": on}, {"accel": on, "vendor": "intel"})]
        self.assertEqual([accelerator for accelerator, _ in found], ["kvm", "kvm", "kvm", "tcg"])
        with self.assertRaisesRegex(BootError, "KVM cannot be used: no svm"):
            self.machine({"ACCEL": ""}, "no svm", accel="kvm")


class Sessions(unittest.TestCase):
    """A process on the other side of a serial line."""

    @staticmethod
    def script(text):
        """The command line of a small program."""
        return [sys.executable, "-u", "-c", text]

    def test_exit(self):
        """Output and status arrive whole."""
        result = Session(self.script("import sys; print('one\\r'); sys.exit(7)"), 20).finish()
        self.assertEqual((result.output, result.status, result.reason), ("one\n", 7, "exit"))

    def test_time_limit(self):
        """What does not end is ended."""
        started = time.monotonic()
        result = Session(self.script("import time; print('up'); time.sleep(60)"), 2).finish()
        self.assertTrue(result.timed_out)
        self.assertLess(time.monotonic() - started, 10)
        self.assertIn("up", result.output)

    def test_until(self):
        """A pattern ends the run, though its line comes in pieces."""
        text = ("import sys, time\nfor c in 'SUITE x END\\n': sys.stdout.write(c); sys.stdout.flush();"
                " time.sleep(0.01)\ntime.sleep(60)")
        result = Session(self.script(text), 20).finish(r"SUITE \S+ END")
        self.assertEqual(result.reason, "until")
        self.assertLess(result.seconds, 10)

    def test_silence(self):
        """Who falls silent is asked, and the answer kept; who speaks now and then is left alone."""
        text = ("import time\nfor i in range(14): print('up'); time.sleep(0.5)\n"
                "print('answer', input())\ntime.sleep(60)")
        result = Session(self.script(text), 50, stdin=True).finish(silence=5, question="well?\n")
        self.assertEqual(result.reason, "silence")
        self.assertEqual(result.output.count("up"), 14)
        self.assertIn("answer well?", result.output)
        self.assertLess(result.seconds, 45)

    def test_conversation(self):
        """expect and send; no match at the end of the output."""
        with Session(self.script("print('> ', end=''); print('got', input())"), 20,
                     stdin=True) as session:
            self.assertTrue(session.expect("> "))
            session.send("hello\n")
            self.assertTrue(session.expect("got hello"))
            self.assertIsNone(session.expect("never", timeout=5))


class Demo(unittest.TestCase):
    """The verdict of the demonstration needs both signs."""

    def test_verdict(self):
        """A line and a status, neither alone."""
        self.assertTrue(demo_verdict(Result("DEMO PASS\n", EXIT_PASS, 1.0))[0])
        self.assertFalse(demo_verdict(Result("DEMO PASS\n", 0, 1.0))[0])
        self.assertFalse(demo_verdict(Result("DEMO PASS\nDEMO FAIL late\n", EXIT_PASS, 1.0))[0])
        self.assertFalse(demo_verdict(Result("", EXIT_PASS, 1.0))[0])


if __name__ == "__main__":
    unittest.main()
