#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""endurance.py [FAULTS]: so many accesses, a billion if not said, generated and replayed through a
pipe. Memory of both processes and the cost of an access are the same late as early, but for the
seek table, which whoever writes a stream holds to its end; no access is lost. A line for each
process, then TAP; times are CPU time, so that other work on the machine does not count.

        NVSIM=build/nvsim tests/replay/endurance.py 100M
"""
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NVSIM = os.path.realpath(os.environ.get("NVSIM", os.path.join(HERE, "../../build/nvsim")))
TICK = os.sysconf("SC_CLK_TCK")
UNITS = {"K": 10**3, "M": 10**6, "G": 10**9}
FIRST = 0.05  # of the stream: by then tables have grown to what they stay
COST_MOST, MEMORY_MOST = 1.10, 1.05
# Bytes for an access: 12 in the seek table for each block, which has thousands of accesses.
TABLE = {"gen": 1 / 256, "replay": 0}


def number(text):
    return int(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else int(text)


class Watched:
    """CPU seconds, resident bytes and bytes read or written so far, of a process that runs."""

    def __init__(self, process, count):
        self.folder = f"/proc/{process.pid}"
        self.count = count

    def read(self, name):
        with open(f"{self.folder}/{name}", encoding="ascii") as f:
            return f.read()

    def now(self):
        fields = self.read("stat").rsplit(")", 1)[1].split()
        cpu = (int(fields[11]) + int(fields[12])) / TICK
        memory = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        done = dict(line.split(": ") for line in self.read("io").splitlines())
        return cpu, memory, int(done[self.count])


def watch(processes, names, every):
    """Samples until the last of them ends: for each, a list of what now() gives."""
    samples = {name: [] for name in names}
    watched = {name: Watched(p, c) for (name, c), p in zip(names.items(), processes)}
    while processes[-1].poll() is None:
        for name, w in watched.items():
            try:
                samples[name].append(w.now())
            except (OSError, IndexError, ValueError):
                pass  # it has just ended
        time.sleep(every)
    return samples


def at(samples, share):
    """The first sample in which that share of all bytes is done."""
    whole = samples[-1][2]
    return next(s for s in samples if s[2] >= share * whole)


def cost(samples, begin, end):
    """CPU seconds for a gigabyte of the stream between two shares of it."""
    a, b = at(samples, begin), at(samples, end)
    return (b[0] - a[0]) / max(b[2] - a[2], 1) * 1e9


def main():
    faults = number(sys.argv[1] if len(sys.argv) > 1 else "1G")
    begun = time.time()
    gen = subprocess.Popen([NVSIM, "gen", "-q", "-o", "-", "--faults", str(faults)],
                           stdout=subprocess.PIPE)
    replay = subprocess.Popen([NVSIM, "replay", "--json", "-"], stdin=gen.stdout,
                              stdout=subprocess.PIPE)
    gen.stdout.close()
    samples = watch([gen, replay], {"gen": "wchar", "replay": "rchar"}, min(1, faults / 5e7))
    result = json.loads(replay.stdout.read())
    checks = [("both end well", gen.wait() == 0 and replay.wait() == 0),
              (f"all {faults} accesses are replayed", result["counts"]["touches"] == faults)]
    wall = time.time() - begun
    for name, s in samples.items():
        early, late = cost(s, FIRST, 0.5), cost(s, 0.5, 1)
        memory = [m for cpu, m, done in s if done >= FIRST * s[-1][2]]
        print(f"# {name}: {s[-1][0]:.0f} s of CPU, {s[-1][0] / faults * 1e9:.0f} ns an access, "
              f"at most {max(memory) / 2**20:.0f} MiB, "
              f"cost late / early {late / early:.3f}, memory late / early {memory[-1] / memory[0]:.3f}")
        checks.append((f"{name}: an access costs the same late as early", late <= early * COST_MOST))
        grown = MEMORY_MOST * memory[0] + TABLE[name] * faults
        checks.append((f"{name}: memory does not grow", max(memory) <= grown))
    print(f"# {faults / wall / 1e6:.2f} million accesses a second through the pipe, {wall:.0f} s")
    print(f"1..{len(checks)}")
    for i, (name, good) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {i} - {name}")
    return 0 if all(good for _, good in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
