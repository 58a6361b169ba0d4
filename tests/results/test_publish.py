#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""scripts/publish: what it makes of results, and what it refuses; TAP."""
import copy
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
PUBLISH = TOP / "scripts/publish"

BUILD = {"version": "1.2.3", "revision": "0123456789abcdef", "dirty": False, "compiler": "cc",
         "handler_sha256": "0" * 64}
EXACT = {"schema": "nvsim.compare/1", "context": dict(BUILD, ran_on="simulator", host={
    "cpu": "A CPU", "kernel": "Linux 1", "machine": "m68k"}),
    "verdict": {"best": None, "worst": None, "text": "all are alike"}}
EMULATED = {"schema": "nvsim.result/1", "hw": {}, "context": dict(
    BUILD, ran_on="emulator", emulated=True, board="qemu-virt", model="a model", part="a part"),
    "metrics": {"handler_cost": {"by_class": {"relax": {"total": {"instructions": {"p50": 1234}}}}}}}
BENCH = json.loads((TOP / "tests/schema/data/bench.json").read_text())
BENCH["context"].update(BUILD, host=EXACT["context"]["host"])
# Whoever measured EMULATED may have done the same on a board.
BOARD = copy.deepcopy(EMULATED)
BOARD["context"].update(emulated=False, ran_on="hardware", board="raspi4b")

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text>%s</text></svg>'
LINKED = SVG.replace("<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"')

number = failed = 0


def ok(name, fine, seen=""):
    global number, failed
    number += 1
    failed += not fine
    print("%sok %d - %s" % ("" if fine else "not ", number, name))
    if not fine:
        print("#   %s" % seen)


def put(top, files):
    for name, content in files.items():
        path = Path(top) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))


def publish(top):
    return subprocess.run([PUBLISH, top], capture_output=True, text=True)


def pages(top):
    return {p.name: p.read_bytes() for p in Path(top).iterdir() if p.is_file()}


def copied(doc, path):
    """A copy, and the object in it that the last of the path is a member of."""
    doc = copy.deepcopy(doc)
    inner = doc
    for key in path[:-1]:
        inner = inner[key]
    return doc, inner


def without(doc, *path):
    doc, inner = copied(doc, path)
    del inner[path[-1]]
    return doc


def changed(doc, value, *path):
    doc, inner = copied(doc, path)
    inner[path[-1]] = value
    return doc


GOOD = {
    "simulator/2020-01-02-a-trace-compare.json": EXACT,
    "simulator/2020-01-02-a-trace-compare-policies.svg": SVG % "faults",
    "simulator/2020-01-02-a-trace-compare.svg": SVG % "more",
    "qemu-virt/2020-01-02-t-el2.json": EMULATED,
    "qemu-virt/2020-01-02-t-el2-cost.svg": SVG % "emulated instructions",
    "host-m68k/2020-01-02-all-bench.json": BENCH,
    "host-m68k/2020-01-02-all-bench-length.svg": SVG % "ns",
}
# What is planted into these: status, and what is said of which file.
REFUSED = {
    "emulated and hardware results in one folder": (
        2, "qemu-virt: has emulated timings", {"qemu-virt/2020-01-02-all-bench.json": BENCH}),
    "a run of a board beside one of an emulator": (
        2, "qemu-virt: has emulated timings", {"qemu-virt/2020-01-02-u-el2.json": BOARD}),
    "an emulated plot without the word": (
        2, "does not say so", {"qemu-virt/2020-01-02-t-el2-cost.svg": SVG % "instructions"}),
    "an emulated plot with the word where nobody sees it": (
        2, "does not say so", {"qemu-virt/2020-01-02-t-el2-cost.svg":
                               (SVG % "cost").replace("<text>", "<desc>emulated</desc><text>")}),
    "an emulated plot with figures of hardware": (
        2, "beside those of", {"qemu-virt/2020-01-02-t-el2-cost.svg": SVG % "emulated, hardware"}),
    "a plot of hardware with emulated figures": (
        2, "has emulated figures", {"host-m68k/2020-01-02-all-bench-length.svg": SVG % "emulated ns"}),
    "a plot of counts with emulated figures": (
        2, "has emulated figures", {"simulator/2020-01-02-a-trace-compare.svg": SVG % "Emulated"}),
    "an emulated run that says that it is none": (2, "ran on 'emulator'", {
        "qemu-virt/2020-01-02-t-el2.json": changed(EMULATED, False, "context", "emulated")}),
    "an emulated run that does not say it": (3, "'emulated'", {
        "qemu-virt/2020-01-02-t-el2.json": without(EMULATED, "context", "emulated")}),
    "a run of a board whose costs are emulated": (2, "ran on 'hardware'", {
        "board/2020-01-02-t-el2.json": changed(BOARD, True, "metrics", "handler_cost", "emulated")}),
    "a run of a board whose frames are of an emulator": (2, "ran on 'hardware'", {
        "board/2020-01-02-t-el2.json": changed(BOARD, True, "hw", "emulated")}),
    "a run that says it twice": (3, "twice", {
        "qemu-virt/2020-01-02-t-el2.json":
            json.dumps(EMULATED).replace('"emulated": true', '"emulated": true, "emulated": false')}),
    "a run of nothing known": (3, "elsewhere", {
        "simulator/2020-01-02-a-trace-compare.json": changed(EXACT, "elsewhere", "context", "ran_on")}),
    "a plot of an emulated stream without the word": (2, "does not say so", {
        "simulator/2020-01-02-a-trace-compare.json": changed(EXACT, True, "context", "trace_emulated")}),
    "no JSON": (3, "compare.json: ", {"simulator/2020-01-02-a-trace-compare.json": "{"}),
    "NaN": (3, "NaN", {"simulator/2020-01-02-a-trace-compare.json": '{"schema": NaN}'}),
    "a number without end": (3, "1e999", {
        "host-m68k/2020-01-02-all-bench.json": json.dumps(BENCH).replace('"target": null', '"target": 1e999')}),
    "a file that is nested without end": (3, "nested too deeply", {
        "simulator/2020-01-02-a-trace-compare.json": "[" * 100000}),
    "another schema": (3, 'schema "nvsim.info/1"', {
        "simulator/2020-01-02-a-trace-compare.json": dict(EXACT, schema="nvsim.info/1")}),
    "no schema": (3, "schema null", {"simulator/2020-01-02-a-trace-compare.json": []}),
    "no verdict": (3, "verdict", {
        "simulator/2020-01-02-a-trace-compare.json": without(EXACT, "verdict")}),
    "no revision": (3, "revision", {
        "simulator/2020-01-02-a-trace-compare.json": without(EXACT, "context", "revision")}),
    "a benchmark without a verdict": (3, "verdict", {
        "host-m68k/2020-01-02-all-bench.json": without(BENCH, "benchmarks", 0, "verdict")}),
    "benchmarks whose names are none": (3, "bench.json: ", {
        "host-m68k/2020-01-02-all-bench.json": dict(BENCH, benchmarks=[dict(BENCH["benchmarks"][0], name=7)])}),
    "a file with another name": (3, "DATE-TRACE-WHAT", {"simulator/compare.json": EXACT}),
    "a name of two lines": (3, "DATE-TRACE-WHAT", {"simulator/2020-01-02-a\nb-compare.json": EXACT}),
    "a name that is no text": (3, "DATE-TRACE-WHAT", {"simulator/2020-01-02-\udcff-compare.json": EXACT}),
    "no day": (3, "2020-02-30", {"simulator/2020-02-30-a-compare.json": EXACT}),
    "a plot without a result": (3, "no result", {"simulator/2020-01-02-b-compare.svg": SVG % ""}),
    "a plot that is cut off": (3, "policies.svg", {
        "simulator/2020-01-02-a-trace-compare-policies.svg": (SVG % "")[:-4]}),
    "a plot without a size": (3, "viewBox", {
        "simulator/2020-01-02-a-trace-compare.svg": (SVG % "").replace("viewBox", "box")}),
    "a plot with a script": (3, "script", {
        "simulator/2020-01-02-a-trace-compare.svg": (SVG % "").replace("text>", "script>")}),
    "a plot that acts": (3, "onload", {
        "simulator/2020-01-02-a-trace-compare.svg": (SVG % "").replace("<svg", '<svg onload="f()"')}),
    "a plot that loads": (3, "href", {
        "simulator/2020-01-02-a-trace-compare.svg":
            (LINKED % "").replace("<text>", '<use xlink:href="http://example.org/a.svg#b"/><text>')}),
    "a plot that is styled from elsewhere": (3, "attribute fill", {
        "simulator/2020-01-02-a-trace-compare.svg":
            (SVG % "").replace("<text>", '<text fill="URL(http://example.org/a.svg#b)">')}),
    "a plot that hides that": (3, "attribute fill", {
        "simulator/2020-01-02-a-trace-compare.svg":
            (SVG % "").replace("<text>", '<text fill="u\\72l(http://example.org/a.svg#b)">')}),
    "a plot that covers the page": (3, "attribute style", {
        "simulator/2020-01-02-a-trace-compare.svg": (SVG % "").replace("<svg", '<svg style="position: fixed"')}),
    "a plot that takes the keyboard": (3, "attribute tabindex", {
        "simulator/2020-01-02-a-trace-compare.svg": (SVG % "").replace("<text", '<text tabindex="1"')}),
    "a plot that is nested without end": (3, "nested too deeply", {
        "simulator/2020-01-02-a-trace-compare.svg":
            (SVG % "").replace("<text></text>", "<g>" * 10000 + "</g>" * 10000)}),
    "a plot that grows": (3, "trace-compare.svg", {
        "simulator/2020-01-02-a-trace-compare.svg": '<!DOCTYPE svg [<!ENTITY a0 "aaaaaaaaaa">%s]>' % "".join(
            '<!ENTITY a%d "%s">' % (i + 1, "&a%d;" % i * 10) for i in range(9)) + SVG % "&a9;"}),
}


def test_pages(top):
    put(top, GOOD)
    run = publish(top)
    ok("it writes a table and a page", run.returncode == 0 and not run.stderr, run.stderr)
    first = pages(top)
    ok("it leaves nothing else", first.keys() == {"README.md", "index.html"}, first.keys())
    publish(top)
    ok("again, the same", pages(top) == first)
    for name in first:
        text = first[name].decode()
        missing = [f for f in GOOD if f not in text]
        ok("%s leads to every file" % name, not missing, missing)
        wanted = ("all are alike", "median emulated instructions a fault: relax 1,234",
                  "5 benchmarks, 1 pass, 1 short, 1 skipped, 1 failed", "2020-01-02", "emulated", "hardware", "exact counts")
        missing = [w for w in wanted if w not in text]
        ok("%s has the figures" % name, not missing, missing)
    text = first["index.html"].decode()
    wanted = ("m68k, A CPU, Linux 1", "qemu-virt, a model, a part", "nvsim 1.2.3, revision 0123456789ab",
              "no emulator", "the run ended early", "1 to 2", ">emulated instructions<", "<svg")
    ok("the page tells where it was measured", all(w in text for w in wanted),
       [w for w in wanted if w not in text])


def test_refusals(top):
    put(top, GOOD)
    publish(top)
    before = pages(top)
    for name, (status, said, files) in REFUSED.items():
        put(top, files)
        run = publish(top)
        fine = run.returncode == status and said in run.stderr and run.stderr.count("\n") == 1 and \
            run.stderr.startswith("publish: ") and not run.stdout and pages(top) == before
        ok("refused: " + name, fine, "%d %s" % (run.returncode, run.stderr))
        for file in files:
            os.unlink(os.path.join(top, file))
        put(top, GOOD)


def test_escapes(top):
    doc = copy.deepcopy(EXACT)
    doc["verdict"]["text"] = "<script>alert('1')</script> | a&b"
    doc["context"]["host"]["cpu"] = '"><img src=x>\r\n\x1b[31m\ud800\u202e'
    put(top, {"w/2020-01-02-t-compare.json": doc,
              "w/2020-01-02-t-compare.svg": SVG % "&lt;script&gt;"})
    run = publish(top)
    texts = [p.decode() for p in pages(top).values()]
    ok("what stands in files is text", run.returncode == 0 and
       not any(bad in text for text in texts for bad in ("<script", "<img", "a&b")), run.stderr)
    ok("a line of the table stays one", any("\\| a" in text for text in texts))
    ok("nothing acts on a terminal or on what is beside it",
       not any(bad in text for text in texts for bad in "\r\x1b\u202e"))


def test_clocks(top):
    """A replay whose trace has times of an emulator says so in its plot."""
    doc = copy.deepcopy(EXACT)
    doc["context"]["trace_emulated"] = True
    put(top, {"w/2020-01-02-t-compare.json": doc, "w/2020-01-02-t-compare.svg": SVG % "emulated s"})
    run = publish(top)
    ok("times of a trace may be emulated", run.returncode == 0, run.stderr)
    axes = {axis: [] for axis in ("trace", "policy", "invalidation", "host_granule", "leaves")}
    sweep = {"schema": "nvsim.sweep/1", "context": EXACT["context"], "axes": axes, "cells": [],
             "traces": [{"trace_emulated": None}, {"trace_emulated": True}]}
    for traces, status in (sweep["traces"], 0), (sweep["traces"][:1], 2), (7, 3), ([7], 3):
        put(top, {"w/2020-01-02-t-sweep.json": dict(sweep, traces=traces),
                  "w/2020-01-02-t-sweep.svg": SVG % "emulated"})
        run = publish(top)
        ok("those of a sweep tell for themselves: %s" % traces, run.returncode == status, run.stderr)


def test_ids(top):
    marked = LINKED.replace("<text>", '<path id="a" d="M0 0"/><use xlink:href="#a"/><text fill="url(#a)">')
    put(top, GOOD)
    put(top, {name: marked % "emulated" if "qemu" in name else marked % ""
              for name in GOOD if name.endswith(".svg")})
    publish(top)
    text = pages(top)["index.html"].decode().split("</style>")[1]
    ids = [part.split('"')[0] for part in text.split(' id="')[1:]]
    ok("no id is there twice", len(ids) == len(set(ids)) and "f1-a" in ids, ids)
    ok("what a plot refers to is its own", 'href="#f1-a"' in text and 'url(#f2-a)' in text)


def test_order(top):
    """Exact counts first, and benchmarks with a target before those without."""
    put(top, GOOD)
    (Path(top) / ".git").mkdir()
    run = publish(top)
    ok("a hidden folder is no result", run.returncode == 0, run.stderr)
    text = pages(top)["index.html"].decode()
    places = [text.index('id="%s/"' % where) for where in ("simulator", "qemu-virt", "host-m68k")]
    ok("exact, emulated, hardware", places == sorted(places), places)
    table, details = text.index("with their targets"), text.index("<details>")
    ok("benchmarks without a target can be opened", table < details and
       "without a target</summary>" in text[details:], (table, details))


def test_numbers(top):
    large = dict(BENCH["benchmarks"][0], median=728700.4, interval=[0.5, 2000.0])
    put(top, {"h/2020-01-02-all-bench.json": dict(BENCH, benchmarks=[large])})
    publish(top)
    text = pages(top)["index.html"].decode()
    ok("numbers as people write them", "728,700<" in text and "0.5 to 2,000" in text)


def test_signal(top):
    """One that comes when a page has been written and has no name yet."""
    put(top, GOOD)
    code = ("import os, runpy, signal, sys; sys.argv = ['publish', sys.argv[1]]; "
            "os.replace = lambda *_: os.kill(os.getpid(), signal.%s); "
            "runpy.run_path(%r, run_name='__main__')")
    for name, status in (("SIGTERM", 143), ("SIGINT", 130)):
        run = subprocess.run([sys.executable, "-c", code % (name, str(PUBLISH)), top],
                             capture_output=True, text=True)
        ok("%s leaves nothing" % name, run.returncode == status and not run.stderr and not pages(top),
           "%d %s %s" % (run.returncode, run.stderr, pages(top).keys()))


def test_umask(top):
    put(top, GOOD)
    subprocess.run(["sh", "-c", "umask 027; exec %s %s" % (PUBLISH, top)], check=True)
    modes = {oct(p.stat().st_mode & 0o777) for p in Path(top).iterdir() if p.is_file()}
    ok("who may read the pages is the user's choice", modes == {"0o640"}, modes)


def test_environment(top):
    put(top, GOOD)
    fifo = Path(top) / "simulator/2020-01-02-b-compare.json"
    os.mkfifo(fifo)
    run = publish(top)
    ok("what is no file", run.returncode == 3 and "no file" in run.stderr, run.stderr)
    fifo.unlink()
    (Path(top) / "index.html").mkdir()
    run = publish(top)
    ok("what cannot be written", run.returncode == 4 and run.stderr.count("\n") == 1, run.stderr)
    ok("nothing half-written is left", not [p for p in Path(top).iterdir() if p.name.startswith(".")])
    run = publish(Path(top) / "nothing")
    ok("no folder", run.returncode == 3 and run.stderr.count("\n") == 1, run.stderr)
    run = subprocess.run([PUBLISH, "a", "b"], capture_output=True, text=True)
    ok("too many arguments", run.returncode == 2)


for test in (test_pages, test_refusals, test_escapes, test_clocks, test_ids, test_order, test_numbers,
             test_signal, test_umask, test_environment):
    with tempfile.TemporaryDirectory() as folder:
        test(folder)
print("1..%d" % number)
sys.exit(bool(failed))
