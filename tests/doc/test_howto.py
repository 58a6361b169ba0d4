#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""test_howto.py [--build] [PAGE...]: the pages doc/add-*.md can be followed to the letter.

Blocks of a page that are marked `diff` are applied, in order, to a copy of the sources: they have
to fit without fuzz. --build also builds what the page's commands use, runs those of its `console`
blocks and compares what they print with what is shown. Paths that a page of doc/ or README.md
names have to exist, or be made by a diff of that page. TAP on standard output.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOWTOS = sorted(ROOT.glob('doc/add-*.md'))
PAGES = sorted(ROOT.glob('doc/*.md')) + [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md',
                                         ROOT / 'CHANGELOG.md']
BLOCK = re.compile(r'^```(\w*)\n(.*?)^```$', re.M | re.S)
FOLDERS = ('sim', 'traces', 'hwrun', 'tests', 'bench', 'doc', 'scripts')
PATH = re.compile(r'`((?:%s)/[\w./-]+)`' % '|'.join(FOLDERS))
LINK = re.compile(r'\]\(([\w./-]+)\)')
TEST = re.compile(r'build/tests/[\w/]+')

number = failed = 0


def result(name, why=None, skip=None):
    global number, failed
    number += 1
    failed += why is not None
    print('not ok' if why is not None else 'ok', number, '-', name + (f' # SKIP {skip}' if skip else ''))
    for line in (why or '').splitlines():
        print('#', line)


def run(command, folder, **more):
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **more)


def blocks(page, kind):
    return [m.group(2) for m in BLOCK.finditer(page.read_text()) if m.group(1) == kind]


def apply(page, folder):
    """None, or why a diff does not fit."""
    for text in blocks(page, 'diff'):
        done = subprocess.run(['patch', '-p1', '--fuzz=0', '--no-backup-if-mismatch', '--quiet'],
                              cwd=folder, input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            return done.stdout + text
    return None


def copy_sources(folder, build):
    """With the times of the files, so that a copied build is up to date."""
    leave = shutil.ignore_patterns('.git', 'results', '__pycache__', 'asan', 'fuzz', 'tests',
                                   'record', 'deb', 'coverage', 'tsan', 'analyzer')
    for entry in ROOT.iterdir():
        if entry.name in ('.git', 'results', 'build'):
            continue
        copy = shutil.copytree if entry.is_dir() else shutil.copy2
        copy(entry, folder / entry.name)
    if build and (ROOT / 'build').is_dir():
        shutil.copytree(ROOT / 'build', folder / 'build', symlinks=True, ignore=leave)


def commands(page):
    for block in blocks(page, 'console'):
        parts = re.split(r'^\$ (.*)\n', block, flags=re.M)
        yield from zip(parts[1::2], parts[2::2])


def missing(command, folder):
    if 'hw run ' in command and not shutil.which('qemu-system-aarch64'):
        return 'no QEMU for arm64'
    if 'hw run ' in command and not (folder / 'build/hwrun/nvsim-el2.elf').exists():
        return 'no image for EL2 was built'
    return None


def follow(page, folder):
    shown = list(commands(page))
    wanted = ['all'] + sorted(set(TEST.findall(' '.join(c for c, _ in shown))))
    done = run(['make', '-s', f'-j{os.cpu_count()}', *wanted], folder)
    result(f'{page.name} builds', None if done.returncode == 0 else done.stdout)
    if done.returncode:
        return
    environment = {**os.environ, 'PATH': f'{folder}/build:{os.environ["PATH"]}',
                   'NVSIM': f'{folder}/build/nvsim', 'CMOCKA_MESSAGE_OUTPUT': 'STDOUT'}
    for command, expected in shown:
        lack = missing(command, folder)
        if lack:
            result(command, skip=lack)
            continue
        printed = run(['sh', '-c', command], folder, env=environment, timeout=300).stdout
        result(command, None if printed == expected else printed)


def try_page(page, build):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy_sources(folder, build)
        why = apply(page, folder)
        if why is None and not blocks(page, 'diff'):
            why = 'it has no diff'
        result(f'the diffs of {page.name} fit', why)
        if build and why is None:
            follow(page, folder)


def named_paths(page):
    """What a page names and is not there."""
    text = page.read_text()
    made = set(re.findall(r'^\+\+\+ b/(\S+)', text, re.M))
    paths = {p.rstrip('./') for p in PATH.findall(text)}
    gone = sorted(p for p in paths if p not in made and
                  not (ROOT / p).exists() and not (ROOT / f'{p}.c').exists())
    gone += sorted(p for p in LINK.findall(text) if not (page.parent / p).exists())
    return gone


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', action='store_true')
    parser.add_argument('pages', nargs='*', type=pathlib.Path)
    arguments = parser.parse_args()
    for page in [p.resolve() for p in arguments.pages] or HOWTOS:
        try_page(page, arguments.build)
    for page in PAGES:
        gone = named_paths(page)
        result(f'what {page.relative_to(ROOT)} names is there', '\n'.join(gone) if gone else None)
    print(f'1..{number}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
