# SPDX-License-Identifier: GPL-2.0-only
"""tools/linux and the Linux rung: modules and packages of another Debian than 12."""

import pathlib
import struct
import subprocess
import tempfile
import unittest
import unittest.mock

from ladder import linux, linux_kernels
from linux import debian, modules


class Folder(unittest.TestCase):
    """A folder of the test's own."""

    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        self.path = pathlib.Path(self.home.name)


class Modules(Folder):
    """Modules of a kernel package."""

    def chosen(self, names):
        """The files for modules of a kernel that has one as a file, which needs another, and one built in."""
        folder = self.path / "6.12"
        (folder / "kernel").mkdir(parents=True, exist_ok=True)
        (folder / "kernel/nvme.ko").write_bytes(b"\0depends=nvme-core,virtio_pci\0")
        (folder / "kernel/nvme-core.ko").write_bytes(b"\0depends=\0")
        (folder / "modules.builtin").write_text("kernel/drivers/virtio/virtio_pci.ko\n", encoding="ascii")
        (self.path / "6.12/vmlinuz").write_bytes(b"")
        return dict(modules.of_kernel(folder / "vmlinuz", names))

    def test_built_in(self):
        """What is built in has no file, and the initramfs' modprobe knows it; what is nowhere is refused."""
        files = self.chosen(("virtio_pci", "nvme"))
        self.assertEqual(sorted(path.rpartition("/")[2] for path in files),
                         ["modules.builtin", "modules.dep", "nvme-core.ko", "nvme.ko"])
        self.assertIn(b"virtio_pci", files["lib/modules/6.12/modules.builtin"])
        with self.assertRaises(debian.DebianUnavailable):
            self.chosen(("e1000e",))


class Packages(Folder):
    """Packages of another suite."""

    def test_installed_ones_are_no_candidates(self):
        """A newer version that is installed here is not looked for in the other suite."""
        (self.path / "lists/bookworm/lists").mkdir(parents=True)
        (self.path / "lists/bookworm/lists/mirror_Packages").write_bytes(b"")
        with unittest.mock.patch("linux.debian.own_suite", return_value="trixie"):
            self.assertIn("Dir::State::status=/dev/null", debian._options("bookworm", self.path))
            self.assertEqual(debian._options("trixie", self.path), [])


class Versions(unittest.TestCase):
    """Toolstacks and kernels by version."""

    def test_toolstack(self):
        """A boot has the toolstack of this Debian, or the one that it asks for."""
        with unittest.mock.patch.dict("os.environ", {"REFERENCE": "4.20"}):
            self.assertEqual(linux.Boot("pc", "bios", 1, "boot").version, "4.20")
            self.assertEqual(linux.Boot("pc", "bios", 1, "boot", tools="4.17").version, "4.17")

    def test_repacked(self):
        """A kernel that is packed with xz or with zstd becomes one packed otherwise."""
        kernel = b"\x7fELF" + b"kernel" * 1000
        for command in (["xz", "--check=crc32"], ["zstd", "-q"]):
            payload = subprocess.run(command, input=kernel, stdout=subprocess.PIPE, check=True).stdout
            payload += struct.pack("<I", len(kernel))
            image = bytearray(1024)
            image[linux_kernels.SETUP_SECTS] = 1
            struct.pack_into("<II", image, linux_kernels.PAYLOAD_OFFSET, 0, len(payload))
            self.assertIn(kernel, linux_kernels.repacked(bytes(image) + payload, "elf"))


if __name__ == "__main__":
    unittest.main()
