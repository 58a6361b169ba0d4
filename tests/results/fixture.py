#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""fixture.py NVSIM DIR: a folder of results in small, with its pages: exact counts of two traces,
a run at EL2 whose console is saved, and saved benchmarks."""
import json
import os
import shutil
import subprocess
import sys

os.environ["NVSIM"] = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "schema"))
from documents import NVSIM, TOP, collected # noqa: E402

HISTOGRAMS = b"""! histogram class=map_block phase=total unit=instructions buckets=601:2,640:2
! histogram class=inject_translation phase=total unit=instructions buckets=330:1,336:2,342:1
"""
top = os.path.abspath(sys.argv[2])
emulated = os.path.join(top, "qemu-virt")
stem = os.path.join(emulated, "2020-01-02-demand-scattered-el2")
os.makedirs(emulated)
with open(stem + ".json", "w", encoding="utf-8") as f:
    json.dump(collected("qemu.console", HISTOGRAMS), f, indent=1)
subprocess.run([NVSIM, "plot", "-k", "cost", "-o", stem + "-cost.svg", stem + ".json"], check=True)
host = os.path.join(top, "host-x86_64")
os.makedirs(host)
shutil.copy(os.path.join(TOP, "tests/schema/data/bench.json"),
            os.path.join(host, "2020-01-02-all-bench.json"))
samples = ("traces/samples/%s.zst" % name for name in ("l0-notifier", "demand-scattered"))
subprocess.run(["scripts/results", NVSIM, top, "compare", "timeline", "unmap"], cwd=TOP, check=True,
               env=dict(os.environ, SAMPLES=" ".join(samples), SOURCE_DATE_EPOCH="1577923200"))
