# SPDX-License-Identifier: GPL-2.0-only
"""The time stamp counter at a hypervisor's first instruction, read through QEMU's gdb stub.

Stops the machine at the entry point, puts an RDTSC there for one step, and puts everything back; so the
hypervisor needs no help, and the loader's share of a boot can be taken off.
"""

import lzma
import pathlib
import socket
import struct
import time

RDTSC = bytes.fromhex("0f31")
NR_REGISTERS = 17  # rax rbx rcx rdx rsi rdi rbp rsp r8-r15 rip, eight bytes each
RAX, RDX, RIP = 0, 3, 16


class GdbError(Exception):
    """The stub did not answer as the protocol says."""


class GdbClient:
    """As much of the gdb remote protocol as one breakpoint needs."""

    def __init__(self, port, timeout):
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise GdbError("nobody listens on the stub's port") from None
                time.sleep(0.05)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _byte(self):
        if not self.buffer:
            self.buffer = self.socket.recv(65536)
            if not self.buffer:
                raise GdbError("the stub hung up")
        byte, self.buffer = self.buffer[:1], self.buffer[1:]
        return byte

    def command(self, text):
        """Send a packet; the answer's text."""
        data = text.encode("ascii")
        self.socket.sendall(b"$" + data + f"#{sum(data) & 0xff:02x}".encode("ascii"))
        while self._byte() != b"$":
            pass
        answer = b""
        while (byte := self._byte()) != b"#":
            answer += byte
        self._byte()
        self._byte()
        self.socket.sendall(b"+")
        return answer.decode("ascii")

    def expect_ok(self, text):
        """A command whose only good answer is OK."""
        if (answer := self.command(text)) != "OK":
            raise GdbError(f"{text!r} answered {answer!r}")

    def registers(self):
        """The general registers as integers."""
        packet = bytes.fromhex(self.command("g"))
        return struct.unpack_from(f"<{NR_REGISTERS}Q", packet)

    def set_register(self, number, value):
        """Write one of them."""
        self.expect_ok(f"P{number:x}={struct.pack('<Q', value).hex()}")


def _counter_here(gdb, place):
    """Run to a place, read the counter there, leave everything as it was; the counter."""
    gdb.expect_ok(f"Z1,{place:x},1")
    if not (stop := gdb.command("c")).startswith(("T05", "S05")):
        raise GdbError(f"stopped with {stop!r}")
    gdb.expect_ok(f"z1,{place:x},1")
    before = gdb.registers()
    if before[RIP] != place:
        raise GdbError(f"stopped at {before[RIP]:#x}, not at {place:#x}")
    code = gdb.command(f"m{place:x},{len(RDTSC)}")
    gdb.expect_ok(f"M{place:x},{len(RDTSC)}:{RDTSC.hex()}")
    gdb.command("s")
    after = gdb.registers()
    gdb.expect_ok(f"M{place:x},{len(RDTSC)}:{code}")
    for number in (RAX, RDX, RIP):
        gdb.set_register(number, before[number])
    return (after[RDX] << 32) | (after[RAX] & 0xFFFFFFFF)


def counters_at(port, places, timeout):
    """The counter at each of some places, in the order in which they are come to; then the machine goes on."""
    with GdbClient(port, timeout) as gdb:
        # The stub writes single registers only for a client that has read its description.
        gdb.command("qXfer:features:read:target.xml:0,ffb")
        counters = [_counter_here(gdb, place) for place in places]
        gdb.command("D")
    return counters


def entry_point(path):
    """The physical address at which the loader enters an ELF image of either class."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"\x7fELF":
        raise GdbError(f"{path} is not an ELF image")
    wide = data[4] == 2
    start, table = struct.unpack_from("<QQ" if wide else "<II", data, 24)
    size, count = struct.unpack_from("<HH", data, 54 if wide else 42)
    for at in range(table, table + size * count, size):
        if wide:
            kind, _, _, vaddr, paddr, _, memory = struct.unpack_from("<IIQQQQQ", data, at)
        else:
            kind, _, vaddr, paddr, _, memory = struct.unpack_from("<IIIIII", data, at)
        if kind == 1 and vaddr <= start < vaddr + memory:
            return start - vaddr + paddr
    return start


# A Linux image's header (Linux's Documentation/x86/boot.rst), and the note of its entry as a PV kernel.
SETUP_SECTS, PAYLOAD_OFFSET, PAYLOAD_LENGTH = 0x1F1, 0x248, 0x24C
PT_NOTE = 4
XEN_NOTE, XEN_ENTRY = b"Xen\0", 1


def linux_entry_point(path):
    """The virtual address at which a PV Linux is entered, from its bzImage packed with xz."""
    data = pathlib.Path(path).read_bytes()
    start = (data[SETUP_SECTS] + 1) * 512 + struct.unpack_from("<I", data, PAYLOAD_OFFSET)[0]
    length = struct.unpack_from("<I", data, PAYLOAD_LENGTH)[0]
    elf = lzma.LZMADecompressor().decompress(data[start:start + length])
    table, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for at in range(table, table + size * count, size):
        kind, _, offset, _, _, held = struct.unpack_from("<IIQQQQ", elf, at)
        end = offset + held
        while kind == PT_NOTE and offset + 12 <= end:
            name, desc, what = struct.unpack_from("<III", elf, offset)
            body = offset + 12 + (name + 3 & ~3)
            if elf[offset + 12:offset + 12 + name] == XEN_NOTE and what == XEN_ENTRY:
                return struct.unpack_from("<Q", elf, body)[0]
            offset = body + (desc + 3 & ~3)
    raise GdbError(f"{path} says nothing of an entry for PV")


MULTIBOOT2_MAGIC = struct.pack("<I", 0xE85250D6)
TAG_END, TAG_RELOCATABLE = 0, 10
PREFER_LOWEST = 1
SEARCH = 32768  # the header lies within this much of the file


def at_fixed_address(path, copy):
    """A copy of the image that asks its loader for the lowest address, where it was linked to be entered."""
    data = bytearray(path.read_bytes())
    start = data.find(MULTIBOOT2_MAGIC, 0, SEARCH)
    if start < 0:
        raise GdbError(f"{path} has no multiboot2 header")
    end = start + struct.unpack_from("<I", data, start + 8)[0]
    tag = start + 16
    while tag < end:
        kind, _, size = struct.unpack_from("<HHI", data, tag)
        if kind == TAG_END or size < 8:
            break
        if kind == TAG_RELOCATABLE:
            struct.pack_into("<I", data, tag + 20, PREFER_LOWEST)
        tag += (size + 7) & ~7
    copy.write_bytes(data)
    return copy
