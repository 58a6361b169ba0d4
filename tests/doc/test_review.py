#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""test_review.py [--update]: the page doc/review.md shows what its commands print.

A block of the page that is marked `console` holds commands behind "$ ", each
followed by its output. They are run in the root of the sources, with $NVSIM as
nvsim. --update writes what they print into the page: read the diff.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / 'doc/review.md'
BLOCK = re.compile(r'^```console\n(.*?)^```$', re.M | re.S)


def printed(command, path):
    done = subprocess.run(['sh', '-c', command], cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, check=False, env={**os.environ, 'PATH': path})
    return done.stdout


def commands(block):
    """Each command of a block with the output that is shown."""
    parts = re.split(r'^\$ (.*)\n', block, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def main():
    nvsim = pathlib.Path(os.environ.get('NVSIM', ROOT / 'build/nvsim')).resolve()
    text = PAGE.read_text()
    wrong = []
    number = 0

    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, 'nvsim').symlink_to(nvsim)
        path = f'{folder}:{os.environ["PATH"]}'

        def filled(block):
            nonlocal number
            out = ''
            for command, shown in commands(block.group(1)):
                number += 1
                now = printed(command, path)
                if now != shown:
                    wrong.append(number)
                if not UPDATE:
                    print('not ok' if now != shown else 'ok', number, '-', command)
                if now != shown and not UPDATE:
                    print(''.join(f'# {line}\n' for line in now.splitlines()), end='')
                out += f'$ {command}\n{now}'
            return f'```console\n{out}```'

        text = BLOCK.sub(filled, text)
    if UPDATE:
        PAGE.write_text(text)
        return 0
    print(f'1..{number}')
    return 1 if wrong or not number else 0


if __name__ == '__main__':
    UPDATE = sys.argv[1:] == ['--update']
    sys.exit(main())
