# SPDX-License-Identifier: GPL-2.0-only
# small-core.py FILE ADDRESS SIZE [ADDRESS=WORD...]: an ELF core of one segment, full of holes.
import struct
import sys

path, base, size = sys.argv[1], int(sys.argv[2], 0), int(sys.argv[3], 0)
with open(path, "wb") as f:
    f.write(struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 4, 183, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0))
    f.write(struct.pack("<IIQQQQQQ", 1, 6, 4096, base, base, size, size, 4096))
    for word in sys.argv[4:]:
        at, value = (int(n, 0) for n in word.split("="))
        f.seek(4096 + at - base)
        f.write(struct.pack("<Q", value))
    f.truncate(4096 + size)
