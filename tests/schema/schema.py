# SPDX-License-Identifier: GPL-2.0-only
"""The JSON Schemas of doc/schema: reading, checking documents, taking away what may vary.

As a program, schema.py FILE...: the documents without what the schemas declare as varying.
"""
import json
import os
import re
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "doc", "schema")
COMMON = "common.schema.json"


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice: %s" % [key for key, _ in pairs])
    return members


def no_constant(name):
    raise ValueError("%s is no JSON" % name)


def parse(text):
    return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)


def load(path):
    with open(path, encoding="utf-8") as f:
        return parse(f.read())


def bundle(name, common):
    """One schema with the common definitions in it: then every reference is a local one."""
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        schema = parse(f.read().replace(COMMON + "#", "#"))
    own = schema.get("$defs", {})
    assert not own.keys() & common["$defs"].keys(), name
    schema["$defs"] = dict(common["$defs"], **own)
    return schema


def all_schemas():
    """By what a document's member "schema" says."""
    common = load(os.path.join(FOLDER, COMMON))
    names = sorted(n for n in os.listdir(FOLDER) if n.endswith(".schema.json") and n != COMMON)
    schemas = [bundle(name, common) for name in names]
    return {s["properties"]["schema"]["const"]: s for s in schemas}


class Validator:
    def __init__(self):
        import jsonschema
        self.validators = {}
        for name, schema in all_schemas().items():
            jsonschema.Draft202012Validator.check_schema(schema)
            self.validators[name] = jsonschema.Draft202012Validator(schema)

    def of(self, doc):
        name = doc.get("schema") if isinstance(doc, dict) else None
        return self.validators.get(name) if isinstance(name, str) else None

    def accepts(self, doc):
        validator = self.of(doc)
        return validator is not None and validator.is_valid(doc)

    def problems(self, doc):
        validator = self.of(doc)
        if validator is None:
            return ["no schema for it"]
        return ["/%s: %s" % ("/".join(map(str, e.absolute_path)), e.message)
                for e in validator.iter_errors(doc)]


# ---- what may vary ----

def holds(condition, value):
    """As far as the conditions of our schemas go: a member is there, or has a certain value."""
    of = condition.get("properties", {})
    return all(key in value for key in condition.get("required", ())) and \
        all(value.get(key) == s["const"] for key, s in of.items())


def closure(root, schemas, value):
    """The schemas, and those that they take in for the value."""
    todo, seen = list(schemas), []
    while todo:
        schema = todo.pop()
        if not isinstance(schema, dict) or any(schema is s for s in seen):
            continue
        seen.append(schema)
        if "$ref" in schema:
            todo.append(root["$defs"][schema["$ref"].rsplit("/", 1)[1]])
        for key in ("allOf", "anyOf", "oneOf"):
            todo.extend(schema.get(key, []))
        if "if" in schema:
            todo.append(schema.get("then" if holds(schema["if"], value) else "else"))
    return seen


def of_member(schema, key):
    found = [schema["properties"][key]] if key in schema.get("properties", {}) else []
    found += [s for p, s in schema.get("patternProperties", {}).items() if re.search(p, key)]
    return found or [schema.get("additionalProperties")]


def kept(root, schemas, value, kinds):
    """What is left of the value, if anything."""
    schemas = closure(root, schemas, value)
    if not any(s.get("x-varies") in kinds for s in schemas):
        yield without(root, schemas, value, kinds)


def without(root, schemas, value, kinds):
    """The value, whose schemas are a closure, without what is of the kinds."""
    if isinstance(value, dict):
        return {key: left for key, member in value.items()
                for left in kept(root, [b for s in schemas for b in of_member(s, key)], member, kinds)}
    if isinstance(value, list):
        below = [s["items"] for s in schemas if "items" in s]
        return [left for item in value for left in kept(root, below, item, kinds)]
    return value


def without_times(doc, schemas):
    emulated = doc["context"].get("emulated") is True
    root = schemas[doc["schema"]]
    return without(root, closure(root, [root], doc), doc, ("time",) if emulated else ("time", "hardware"))


if __name__ == "__main__":
    known = all_schemas()
    for argument in sys.argv[1:]:
        print(json.dumps(without_times(load(argument), known), indent=1))
