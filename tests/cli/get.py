#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""get KEY...: values out of JSON on standard input, a line each; a.b.0 goes down."""
import json
import sys

data = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = data
    for part in key.split('.'):
        value = value[int(part)] if isinstance(value, list) else value[part]
    print('%s: %s' % (key, json.dumps(value, sort_keys=True)))
