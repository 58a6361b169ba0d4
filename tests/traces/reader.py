#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reads a trace as traces/FORMAT.md tells, with nothing but the standard library and zstd; prints it as text."""
import hashlib
import struct
import subprocess
import sys

M64 = (1 << 64) - 1
# Groups by number: (name, [columns as name:bytes[s for signed][:base]])
FAULT = "hpfar:8 esr:8 far:8:ipa pc:8 pstate:8 duration_ns:4 flags:1"
RANGE = "base:8 size:8"
GROUPS = [(name, [tuple((c + ":").split(":")[:3]) for c in columns.split()]) for name, columns in [
    ("event", "kind:1 vcpu:2 time_ns:8"), ("FAULT", FAULT), ("TOUCH", FAULT),
    ("CONTEXT", "reason:1 flags:1 context:2s vttbr:8 vtcr:8 hcr:8 sctlr:8 pstate:8"),
    ("L1_WRITE", "addr:8 old_value:8 new_value:8"),
    ("L1_LEAF", "ipa:8 vttbr:8 vtcr:8 desc:8:first level:1s flags:1 origin:1"),
    ("TLBI", "xt:8 vttbr:8 op:2"), ("HOST_UNMAP", RANGE), ("HOST_AGE", RANGE), ("WRITE_PROTECT", RANGE),
    ("SLOT", "base:8 size:8 uaddr:8:first flags:4 id:2 change:1"),
    ("BACKING", "hva:8 size:8 pa:8:first vma_shift:1 leaf_shift:1 flags:1 origin:1"),
    ("MARK", "length:4"), ("LOST", "count:8 cpu:2"), ("EXTENT", "start:8 size:8 context:2s what:1"),
    ("truth", "has1:2"), ("truth.ret", "ret:4s"), ("truth.context", "context:2s"),
    ("truth.walk", "walk_ret:4s walk_level:1s walk_rw:1 walk_esr:4:esr walk_out:8:ipa walk_size:8 walk_desc:8:leaf"),
    ("truth.perm", "perm_ret:4s perm_esr:4:esr"),
    ("truth.inject", "inject_context:2s inject_esr:8:esr inject_far:8:far inject_hpfar:8:hpfar"),
    ("truth.faultin", "faultin_gfn:8:page faultin_pfn:8:gfn faultin_write:1 faultin_writable:1"),
    ("truth.map", "map_size:8 map_ret:4s map_addr:8:block map_pa:8:frame map_prot:8"),
    ("truth.mmio", "mmio_type:1 mmio_len:1 mmio_gpa:8:ipa mmio_val:8"), ("l1mem", "addr:8 value:8:first")]]
PARTS = {16: 1, 17: 2, 18: 4, 19: 8, 20: 16, 21: 32, 22: 0xc0, 23: 0x100}  # bits of `has`


def align(addr, size):
    return addr & -size & M64 if size else addr


def base_of(name, record, fault, first):
    """The base of a column; fault is the record of the fault, record that of the group."""
    ipa = fault.get("hpfar", 0) << 8 & M64
    return {"ipa": lambda: ipa, "first": lambda: record[first],
            "leaf": lambda: align(record["walk_out"], record["walk_size"]),
            "page": lambda: (record.get("walk_out", 0) if record["has1"] - 1 & 4 else ipa) >> 12,
            "gfn": lambda: record["faultin_gfn"], "block": lambda: align(ipa, record.get("map_size", 0)),
            "frame": lambda: align(record.get("faultin_pfn", 0) << 12 & M64, record.get("map_size", 0)),
            }.get(name, lambda: fault[name])()


class Column:
    def __init__(self, take):
        self.coding, self.argument = take("<BB")
        self.start = take("<Q")[0] if self.coding & 4 else 0
        self.words = take("<%dQ" % (self.argument + 1 if self.coding & 1 else 1))

    def read(self, count, data):
        """The values without their bases, and what follows in data."""
        if self.coding & 1:
            values, data = [self.words[i] for i in data[:count]], data[count:]
        else:
            values = [self.words[0]] * count
            for plane in (p for p in range(8) if self.argument >> p & 1):
                values = [v | b << 8 * plane for v, b in zip(values, data)]
                data = data[count:]
        if self.coding & 4:
            last = self.start
            for i, z in enumerate(values):
                last = values[i] = last + (z >> 1 ^ -(z & 1)) & M64
        return values, data


def read_groups(body, at, groups, records_of):
    """Decodes groups; records_of(number) gives (record, fault) for each record. Returns the tail."""
    def take(form):
        nonlocal at
        at += struct.calcsize(form)
        return struct.unpack_from(form, body, at - struct.calcsize(form))

    directory = []
    for _ in range(groups):
        number, columns, count = take("<BBI")
        directory.append((number, count, [Column(take) for _ in range(columns)]))
    data = body[at:]
    for number, count, columns in directory:
        records = records_of(number, count)
        assert len(records) == count and len(columns) == len(GROUPS[number][1])
        for column, (name, size, base) in zip(columns, GROUPS[number][1]):
            values, data = column.read(count, data)
            for value, (record, fault) in zip(values, records):
                if column.coding & 2:
                    value = value + base_of(base, record, fault, GROUPS[number][1][0][0]) & M64
                if size.endswith("s") and value >> 63:
                    value -= 1 << 64
                record[name] = value
    return data


def read_events(body):
    ordinal, count, groups = struct.unpack_from("<QII", body)
    events = [({}, {}) for _ in range(count)]  # group 0's fields, and the kind's
    truths = []  # for each FAULT; has1 is 0 where there is none

    def records_of(number, _):
        if number == 0:
            return [(head, {}) for head, _ in events]
        if number == 15:
            truths.extend((e.setdefault("truth", {}), e) for head, e in events if head["kind"] == 1)
            return truths
        if number > 15:
            return [t for t in truths if t[0]["has1"] and t[0]["has1"] - 1 & PARTS[number]]
        return [(e, e) for head, e in events if head["kind"] == number]

    text = read_groups(body, 16, groups, records_of)
    for i, (head, e) in enumerate(events):
        name, columns = GROUPS[head["kind"]]
        line = "%d %d %d %s%s" % (ordinal + i, head["time_ns"], head["vcpu"], name, fields(e, columns))
        if name == "MARK":
            line += " text=" + text[:e["length"]].hex()
            text = text[e["length"]:]
        if e.get("truth", {}).get("has1"):
            has = e["truth"]["has1"] - 1
            line += " has=0x%x" % has + "".join(fields(e["truth"], GROUPS[number][1])
                                                for number, bits in PARTS.items() if has & bits)
        print(line)
    assert not text


def fields(record, columns):
    return "".join(" %s=%s" % (c[0], record[c[0]] if c[1][1:] else hex(record[c[0]])) for c in columns)


def main(path):
    data = subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    with open(path, "rb") as file:
        table = file.read()
    frames, descriptor, magic = struct.unpack("<IBI", table[-9:])
    assert (descriptor, magic) == (0x80, 0x8f92eab1)
    at, digest, header = 0, hashlib.sha256(), b""
    for i in range(frames):
        kind, _, length = struct.unpack_from("<HHI", data, at)
        body = data[at + 8:at + 8 + length]
        entry = len(table) - 9 - 12 * (frames - i)
        tuple_ = struct.pack("<I", kind) + table[entry + 4:entry + 12]
        if kind == 1:
            print("header " + body.hex())
            header = tuple_
        elif kind == 2:
            words = [{} for _ in range(struct.unpack_from("<I", body, 2)[0])]
            assert not read_groups(body, 0, 1, lambda number, count: [(w, {}) for w in words])
            print("\n".join("word 0x%x 0x%x" % (w["addr"], w["value"]) for w in words))
        elif kind == 3:
            read_events(body)
        elif kind == 4:
            print("meta " + body.decode())
        elif kind == 6:
            print("end " + " ".join(map(str, struct.unpack_from("<17Q", body))))
            digest.update(header)
            assert body[160:] == digest.digest()
            print("digest " + body[160:].hex())
        if kind not in (1, 4, 5, 6):
            digest.update(tuple_)
        at += 8 + length
    assert at == len(data)


main(sys.argv[1])
