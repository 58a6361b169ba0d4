#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""raspi_tree.py FILE: a device tree as firmware of a Raspberry Pi 3 passes one, in small: the
console behind a bus with addresses of its own, memory with holes, CPUs without PSCI."""
import struct
import sys

strings = bytearray()


def cells(*values):
    return struct.pack(">%dI" % len(values), *values)


def text(*values):
    return b"".join(v.encode() + b"\0" for v in values)


def padded(data):
    return data + bytes(-len(data) % 4)


def node(name, properties, *children):
    out = cells(1) + padded(text(name))
    for key, value in properties.items():
        at = strings.find(text(key))
        if at < 0:
            at = len(strings)
            strings.extend(text(key))
        out += cells(3, len(value), at) + padded(value)
    return out + b"".join(children) + cells(2)


def cpu(number):
    return node("cpu@%d" % number, {
        "device_type": text("cpu"), "compatible": text("arm,cortex-a53"), "reg": cells(number),
        "enable-method": text("spin-table")})


bus = {"compatible": text("simple-bus"), "#address-cells": cells(1), "#size-cells": cells(1),
       "ranges": cells(0x7e000000, 0x3f000000, 0x1000000, 0x40000000, 0x40000000, 0x1000)}
body = node(
    "", {"compatible": text("raspberrypi,3-model-b", "brcm,bcm2837"), "model": text("Raspberry Pi 3 Model B"),
         "#address-cells": cells(1), "#size-cells": cells(1)},
    node("aliases", {"serial0": text("/soc/serial@7e215040")}),
    node("chosen", {"stdout-path": text("serial0:115200n8"), "bootargs": text("console=ttyS1,115200 quiet")}),
    node("memory@0", {"device_type": text("memory"), "reg": cells(0, 0x10000000, 0x18000000, 0x10000000)}),
    node("reserved-memory", {"#address-cells": cells(1), "#size-cells": cells(1), "ranges": b""},
         node("linux,cma", {"size": cells(0x4000000)}),
         node("nvram@0", {"reg": cells(0x1c000000, 0x1000000)})),
    node("cpus", {"#address-cells": cells(1), "#size-cells": cells(0)}, *map(cpu, range(4))),
    node("soc", bus,
         node("serial@7e201000", {"compatible": text("arm,pl011", "arm,primecell"), "reg": cells(0x7e201000, 0x200)}),
         node("serial@7e215040", {"compatible": text("brcm,bcm2835-aux-uart"), "reg": cells(0x7e215040, 0x40)})))
body += cells(9)
# Reserved: the second of the last four MiB of the first range.
reserved = struct.pack(">4Q", 0x0fd00000, 0x100000, 0, 0)
structure = 40 + len(reserved)
header = cells(0xd00dfeed, structure + len(body) + len(strings), structure, structure + len(body), 40, 17, 16, 0,
               len(strings), len(body))
with open(sys.argv[1], "wb") as f:
    f.write(header + reserved + body + bytes(strings))
