#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""small-image HANDLER: an ELF file of the image's shape, without any code, on standard output."""
import struct
import sys

BASE = 0x40200000


def pad(data, size):
    return data + bytes(size - len(data))


note = ('handler_sha256=%s\ncompiler=none\nversion=0\n' % sys.argv[1]).encode()
note = struct.pack('<3I8s', 6, len(note), 1, b'nvsim') + note
head = pad(struct.pack('<2I2Q', 0, 0, 0, 0xa), 56) + b'ARM\x64'
names = b'\0.blob\0.note.nvsim\0.shstrtab\0'
ident = b'\x7fELF\x02\x01\x01' + bytes(9)
elf = ident + struct.pack('<2HI3QI6H', 3, 183, 1, BASE, 64, 0x2800, 0, 64, 56, 2, 64, 4, 3)
elf += struct.pack('<2I6Q', 1, 5, 0x1000, BASE, BASE, 0x1000, 0x1000, 0x1000)
elf += struct.pack('<2I6Q', 1, 6, 0x2000, BASE + 0x1000, BASE + 0x1000, 8, 8, 0x1000)
sections = bytes(64)
sections += struct.pack('<2I4Q2I2Q', 1, 1, 3, BASE + 0x1000, 0x2000, 8, 0, 0, 0x1000, 0)
sections += struct.pack('<2I4Q2I2Q', 7, 7, 0, 0, 0x2100, len(note), 0, 0, 4, 0)
sections += struct.pack('<2I4Q2I2Q', 19, 3, 0, 0, 0x2400, len(names), 0, 0, 1, 0)
body = pad(pad(pad(bytes(0x100) + note, 0x400) + names, 0x800) + sections, 0x1000)
sys.stdout.buffer.write(pad(elf, 0x1000) + pad(head, 0x1000) + body)
