#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""small-vmlinux [stripped]: an ELF file of arm64 without any code, on standard output; its symbols,
if it is not stripped, are those that standard input lists as kallsyms does."""
import struct
import sys

symbols, names = bytes(24), b'\0'
rows = [] if 'stripped' in sys.argv else [line.split() for line in sys.stdin]
starts = sorted({int(row[0], 16) for row in rows if row[2][0] != '$'})
for address, kind, name in (row[:3] for row in rows):
    value = int(address, 16)
    size = min(next((s for s in starts if s > value), value) - value, 0x10000)
    info = {'T': 0x12, 'W': 0x22, 't': 0x02}.get(kind, 0x11)
    symbols += struct.pack('<I2BH2Q', len(names), info, 0, 1, value, size)
    names += name.encode() + b'\0'
section_names = b'\0.text\0.symtab\0.strtab\0.shstrtab\0'


def section(name, kind, offset, size, link=0, entry=0):
    return struct.pack('<2I4Q2I2Q', section_names.index(name), kind, 0, 0, offset, size, link, 0,
                       8, entry)


parts = [(b'.text\0', 1, b'', 0, 0), (b'.shstrtab\0', 3, section_names, 0, 0)]
if rows:
    parts += [(b'.symtab\0', 2, symbols, 4, 24), (b'.strtab\0', 3, names, 0, 0)]
body, sections = b'', bytes(64)
for name, kind, data, link, entry in parts:
    sections += section(name, kind, 64 + len(body), len(data), link, entry)
    body += data + bytes(-len(data) % 8)
elf = b'\x7fELF\x02\x01\x01' + bytes(9)
elf += struct.pack('<2HI3QI6H', 3, 183, 1, 0, 0, 64 + len(body), 0, 64, 56, 0, 64, len(parts) + 1, 2)
sys.stdout.buffer.write(elf + body + sections)
