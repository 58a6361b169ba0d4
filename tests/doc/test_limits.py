#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The bounds that SECURITY.md tells are those of the sources. TAP."""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
ROW = re.compile(r"^\| .* \| (\S+)( MiB| GiB| bytes|) \| `(\S+)` (\w+) \|$")
UNIT = {"": 1, " bytes": 1, " MiB": 2**20, " GiB": 2**30}


def told(number, unit, name):
    if number.startswith("2^"):
        return int(number[2:]) if name.endswith("_LOG_MAX") else 2 ** int(number[2:])
    return int(number) * UNIT[unit]


def defined(path, name):
    """The value of a macro that is numbers, shifts and casts."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        match = re.search(rf"^#define {name}\s+(.*?)\s*(/\*.*)?$", f.read(), re.M)
    if not match:
        return None
    expression = re.sub(r"\(size_t\)|(?<=\d)(ull|u|ll|l)\b", "", match.group(1))
    if not re.fullmatch(r"[\d()<* ]+", expression):
        return None
    return eval(expression)  # pylint: disable=eval-used # digits, shifts and products alone


def main():
    with open(os.path.join(ROOT, "SECURITY.md"), encoding="utf-8") as f:
        bounds = f.read().split("## Bounds", 1)[1]
    lines = re.findall(r"^\|.*\|$", bounds, re.M)[2:]
    rows = [m.groups() for m in map(ROW.match, lines) if m]
    failed = len(lines) - len(rows)
    if failed:
        print(f"# {failed} rows are not of the form: what, how many, `file` NAME")
    for i, (number, unit, path, name) in enumerate(rows, 1):
        is_so = defined(path, name) == told(number, unit, name)
        failed += not is_so
        print(f"{'ok' if is_so else 'not ok'} {i} - {path} {name}")
        if not is_so:
            print(f"# told: {told(number, unit, name)}, defined: {defined(path, name)}")
    print(f"1..{len(rows)}")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
