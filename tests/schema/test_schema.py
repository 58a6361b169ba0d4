#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The documents that nvsim writes against the schemas of doc/schema; TAP.

Every document has to validate, and every one that is made wrong has to be refused: each value
of a document becomes one of another type, each object gets a member too many, each count falls
below zero.
"""
import copy
import glob
import json
import os
import shutil
import sys
import tempfile

import schema
from documents import DATA, TOP, collected, document, nvsim, partial_trace

SAMPLES = sorted(glob.glob(os.path.join(TOP, "traces/samples/*.zst")))
SMALL = os.path.join(TOP, "traces/samples/l0-notifier.zst")

# Numbers that may be negative: addresses with the top bit, and a distance.
SIGNED = {"ipa", "slide", "context"}
# Whatever the maker of a trace wrote.
FREE = {"meta"}

number = failed = 0


def ok(name, problems):
    global number, failed
    number += 1
    failed += bool(problems)
    print("%sok %d - %s" % ("not " if problems else "", number, name))
    for problem in problems[:5]:
        print("#   %.300s" % problem)


# ---- documents ----

def sweep(folder):
    """A small one, and the result of one of its cells."""
    spec = os.path.join(folder, "spec.json")
    with open(spec, "w", encoding="utf-8") as f:
        json.dump({"generated": {"faults": 500}, "policies": ["kvm-7.3"], "traces": [SMALL],
                   "leaves": [{"name": "pages", "page": 100, "block": 0}], "check": True}, f)
    nvsim("sweep", "-q", "-o", folder, spec)
    yield "sweep", schema.load(os.path.join(folder, "sweep.json"))
    cells = sorted(glob.glob(os.path.join(folder, "cells/*.json")))
    yield "cell of a sweep", schema.load(cells[0])


def documents(folder):
    for trace in SAMPLES:
        name = os.path.basename(trace)
        yield "replay of %s, checked, by intervals" % name, document(
            "replay", "--json", "--check", "--interval", "5000", trace)
        yield "comparison on %s" % name, document("compare", "--json", trace)
    yield "replay with functions", document(
        "replay", "--json", "--symbols", os.path.join(DATA, "kallsyms.txt"), SMALL)
    yield "replay with findings", document(
        "replay", "--json", "--check", "-p", "unclamped",
        os.path.join(TOP, "traces/samples/demand-scattered.zst"))
    yield "replay with a reverse map", document("replay", "--json", "--invalidation", "exact", SMALL)
    yield "replay of a partial trace", document("replay", "--json", partial_trace(folder))
    # A name that no JSON can hold.
    nameless = os.path.join(os.fsencode(folder), b"\xff.zst")
    shutil.copy(SMALL, nameless)
    yield "replay of a trace whose name is no text", document("replay", "--json", nameless)
    yield "comparison with invalidations", document(
        "compare", "--json", "-p", "kvm-7.3", "-p", "unclamped", "--invalidation", "exact",
        SMALL)
    yield from sweep(folder)
    for script in ("qemu.console", "board.console", "findings.console", "noisy.console"):
        yield "run at EL2 of %s" % script, collected(script)
    yield "benchmarks of this machine", document(
        "bench", "--quick", "--json", "-r", "2", "--warmup", "0", "walk/4k/0-1", "relax", "bytes",
        "command/check")
    yield "benchmarks of every form", schema.load(os.path.join(TOP, "tests/schema/data/bench.json"))


# ---- made wrong ----

def places(value, path=()):
    """Every place of a document but those that are free; its parent is an object or an array."""
    yield path
    members = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        if key not in FREE:
            yield from places(member, path + (key,))


def at(doc, path):
    for key in path:
        doc = doc[key]
    return doc


def changed(doc, path, value):
    wrong = copy.deepcopy(doc)
    at(wrong, path[:-1])[path[-1]] = value
    return wrong


def new_places(doc, tried):
    """Those that no earlier document of the same schema has, whichever item of an array."""
    for path in places(doc):
        shape = (doc["schema"], type(at(doc, path))) + tuple("" if type(p) is int else p for p in path)
        if shape not in tried:
            tried.add(shape)
            yield path


def wrongs(doc, tried):
    for path in new_places(doc, tried):
        value, where = at(doc, path), "/" + "/".join(map(str, path))
        if path:
            yield "another type at " + where, changed(doc, path, [{}])
        if path[-1:] == ("emulated",) and "hw" in doc:
            yield "the opposite at " + where, changed(doc, path, not value)
        if isinstance(value, dict):
            yield "a member too many at " + where, changed(doc, path + ("unknown",), {})
        if type(value) is int and not SIGNED & set(path):
            yield "a negative number at " + where, changed(doc, path, -1)
    needed = [(key,) for key in doc if key not in ("findings", "symbols", "notes", "cell")]
    needed += [("context", key) for key in doc["context"]]
    if "trace" in doc and "hw" not in doc:
        needed += [("trace", key) for key in ("name", "class", "machine", "meta", "first_ns", "last_ns")]
    for path in needed:
        wrong = copy.deepcopy(doc)
        del at(wrong, path[:-1])[path[-1]]
        yield "no member /" + "/".join(path), wrong
    yield "another version", changed(doc, ("schema",), doc["schema"][:-1] + "2")


def accepted(validator, doc, tried):
    return [what for what, wrong in wrongs(doc, tried) if validator.accepts(wrong)]


def shortened(doc):
    """One item of each array, and one column of samples, tell as much as all of them."""
    if isinstance(doc, dict):
        return {key: shortened(value) for key, value in doc.items()}
    if isinstance(doc, list) and len(doc) > 2 and isinstance(doc[0], dict):
        return [shortened(doc[0])]
    return doc


def no_json():
    texts = ('{"schema": "nvsim.result/1", "counts": NaN}', '{"a": -Infinity}', '{"a": 1, "a": 2}')
    for text in texts:
        try:
            schema.parse(text)
        except ValueError:
            continue
        yield text


# ---- the schemas themselves ----

def open_objects(value, path=""):
    """Objects with members of their own that take others, too, and do not say so."""
    if isinstance(value, dict):
        closed = {"additionalProperties", "unevaluatedProperties"} & value.keys()
        if value.get("type") == "object" and not closed and "properties" in value:
            yield path
        for key, member in value.items():
            yield from open_objects(member, path + "/" + key)


def metrics_without_schema(schemas):
    names = [m["name"] for m in document("metrics", "--json")]
    metrics = schemas["nvsim.result/1"]["$defs"]["metrics"]
    told = {json.dumps(rule, sort_keys=True) for rule in metrics["allOf"]}
    for name in names:
        either = {"oneOf": [{"required": [name]}, {"properties": {"absent": {"required": [name]}}}]}
        if name not in metrics["properties"] or json.dumps(either, sort_keys=True) not in told:
            yield "%s is not in the schema, or may be neither there nor absent" % name
    yield from ("%s is no metric" % n for n in metrics["properties"] if n not in names + ["absent"])


def main():
    try:
        validator = schema.Validator()
    except ImportError:
        print("1..0 # SKIP no python3-jsonschema")
        return 0
    schemas = schema.all_schemas()
    ok("every metric is in the schemas", list(metrics_without_schema(schemas)))
    planted, tried = {}, set()
    with tempfile.TemporaryDirectory() as folder:
        for name, doc in documents(folder):
            ok(name, validator.problems(doc))
            planted[name] = shortened(doc)
    for path in sorted(glob.glob(os.path.join(TOP, "results/*/*.json"))):
        ok(os.path.relpath(path, TOP), validator.problems(schema.load(path)))
    for name, doc in planted.items():
        if "intervals" not in name or "notifier" in name:
            ok("made wrong: " + name, accepted(validator, doc, tried))
    ok("what is no JSON", list(no_json()))
    print("1..%d" % number)
    return bool(failed)


sys.exit(main())
