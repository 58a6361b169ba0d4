#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""set_flags.py BLOB FLAGS: sets flags of a trace blob, as hwrun/wire/blob.h has them."""
import struct
import sys

MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (11400714785074694791, 14029467366897019727, 1609587929392839161,
                      9650029242287828579, 2870177450012600261)


def rol(x, n):
    return (x << n | x >> 64 - n) & MASK


def mix(acc, lane):
    return rol((acc + lane * P2) & MASK, 31) * P1 & MASK


def xxh64(data, seed):
    at, h = 0, seed + P5
    if len(data) >= 32:
        acc = [seed + P1 + P2 & MASK, seed + P2 & MASK, seed, seed - P1 & MASK]
        for at in range(0, len(data) // 32 * 32, 32):
            acc = [mix(a, lane) for a, lane in zip(acc, struct.unpack_from("<4Q", data, at))]
        at += 32
        h = sum(rol(a, n) for a, n in zip(acc, (1, 7, 12, 18)))
        for a in acc:
            h = ((h & MASK ^ mix(0, a)) * P1 + P4) & MASK
    h = h + len(data) & MASK
    while at + 8 <= len(data):
        h = (rol(h ^ mix(0, struct.unpack_from("<Q", data, at)[0]), 27) * P1 + P4) & MASK
        at += 8
    if at + 4 <= len(data):
        h = (rol(h ^ struct.unpack_from("<I", data, at)[0] * P1 & MASK, 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        h = rol(h ^ byte * P5 & MASK, 11) * P1 & MASK
    h = (h ^ h >> 33) * P2 & MASK
    h = (h ^ h >> 29) * P3 & MASK
    return h ^ h >> 32


path, flags = sys.argv[1], int(sys.argv[2], 0)
with open(path, "r+b") as f:
    blob = bytearray(f.read())
    size = struct.unpack_from("<I", blob, 12)[0]
    assert xxh64(blob[size:], xxh64(blob[:24] + bytes(8) + blob[32:size], 0)) == struct.unpack_from("<Q", blob, 24)[0]
    struct.pack_into("<I", blob, 56, struct.unpack_from("<I", blob, 56)[0] | flags)
    check = xxh64(blob[size:], xxh64(blob[:24] + bytes(8) + blob[32:size], 0))
    struct.pack_into("<Q", blob, 24, check)
    f.seek(0)
    f.write(blob)
