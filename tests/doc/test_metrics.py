#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""test_metrics.py [--update]: doc/metrics.md defines each metric as `nvsim metrics` does.

A section of the page begins with a line and a paragraph made of the table; how to read the
figure follows, written by hand. --update writes the former anew, in the order of the table.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / 'doc/metrics.md'


def table():
    nvsim = os.environ.get('NVSIM', ROOT / 'build/nvsim')
    return json.loads(subprocess.run([nvsim, 'metrics', '--json'], check=True,
                                     stdout=subprocess.PIPE).stdout)


def made(metric):
    facts = f'{metric["unit"]}; better: {metric["better"]}; result: {metric["shape"]}'
    quote = textwrap.wrap(metric['definition'], 100, initial_indent='> ', subsequent_indent='> ',
                          break_long_words=False, break_on_hyphens=False)
    return f'*{facts}*\n\n' + '\n'.join(quote) + '\n'


def main():
    head, *sections = re.split(r'^## ', PAGE.read_text(), flags=re.M)
    texts = dict(section.split('\n\n', 1) for section in sections)
    metrics = table()
    if sys.argv[1:] == ['--update']:
        parts = [head]
        for metric in metrics:
            old = texts.get(metric['name'], '\n\n\n').split('\n\n', 2)[-1]
            parts.append(f'{metric["name"]}\n\n{made(metric)}\n{old}')
        PAGE.write_text('## '.join(parts))
        return 0
    failed = 0
    names = [metric['name'] for metric in metrics]
    print(f'1..{len(metrics) + 1}')
    same = list(texts) == names
    print('ok' if same else 'not ok', '1 - the page has every metric, in order')
    failed += not same
    for i, metric in enumerate(metrics, 2):
        begin, text = made(metric), texts.get(metric['name'], '')
        good = text.startswith(begin) and bool(text[len(begin):].strip())
        print('ok' if good else 'not ok', i, '-', metric['name'])
        failed += not good
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
