# SPDX-License-Identifier: GPL-2.0-only
"""Documents of nvsim for tests: $NVSIM, or that of build, makes them."""
import os
import re
import subprocess
import sys

import schema

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
NVSIM = os.path.abspath(os.environ.get("NVSIM", os.path.join(TOP, "build/nvsim")))
DATA = os.path.join(TOP, "tests/cli/data")


def nvsim(*arguments, stdin=b"", statuses=(0, 1)):
    run = subprocess.run([NVSIM, *arguments], input=stdin, capture_output=True)
    if run.returncode not in statuses:
        raise RuntimeError("nvsim %s: %s" % (" ".join(arguments), run.stderr.decode()))
    return run.stdout


def document(*arguments, **how):
    return schema.parse(nvsim(*arguments, **how).decode())


def partial_trace(folder):
    """A recording without the walks and mappings that KVM's probes tell."""
    path = os.path.join(folder, "partial.zst")
    with open(os.path.join(DATA, "recording.txt"), "rb") as f:
        lines = f.read().splitlines(keepends=True)
    faults = [line for line in lines if re.search(rb"^#|kvm_guest_fault|kvm_nested_eret|kvm_inject_nested", line)]
    nvsim("import", "-q", "-o", path, "-", stdin=b"".join(faults))
    return path


def collected(script, frames=b""):
    """The result of a run at EL2, out of the console that is saved for the command's own tests,
    and of more frames."""
    trace = os.path.join(TOP, "traces/samples/demand-scattered.zst")
    context = document("replay", "--json", trace)["context"]
    values = {"HANDLER": context["handler_sha256"], "SHA256": context["trace_sha256"],
              "CONTENT": context["trace_digest"], "QUIRKS": "0xb97bc5e", "DIGEST": "0" * 32}
    with open(os.path.join(DATA, script), "rb") as f:
        sealed = subprocess.run(
            [sys.executable, os.path.join(TOP, "tests/cli/seal.py"),
             *("%s=%s" % v for v in values.items())],
            input=f.read().replace(b"! end", frames + b"! end"), capture_output=True, check=True).stdout
    return document("hw", "collect", "--json", "-", stdin=sealed)
