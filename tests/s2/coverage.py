#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""coverage.py BUILD_DIR: runs what exercises the handler in a build with coverage, and compares what of
sim/s2 was not run with tests/s2/uncovered.txt, which says why. Prints the figures, and fails where a
line or branch is missed that is not in the list, where one is there that is not missed, and below the
least shares. Exit status 77: no gcovr.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEAST = {'lines': 98.0, 'branches': 95.0}
PROGRAMS = ['tests/s2', 'tests/replay', 'tests/corpus']
# What these run of the handler the others do, too, in less time.
LONG = {'test_clamp_exhaustive', 'test_compare', 'test_fold', 'test_grid'}


def run(build, arguments, statuses=(0,)):
    done = subprocess.run(arguments, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False,
                          env={**os.environ, 'NVSIM': str(build / 'nvsim')})
    if done.returncode not in statuses:
        sys.exit(f'{" ".join(map(str, arguments))}: status {done.returncode}\n'
                 f'{done.stdout.decode(errors="replace")[-2000:]}')
    return done.stdout.decode()


def exercise(build):
    nvsim = build / 'nvsim'
    commands = [([build / folder / source.stem], (0,)) for folder in PROGRAMS
                for source in sorted((ROOT / folder).glob('test_*.c')) if source.stem not in LONG]
    commands += [([nvsim, 'vectors', *sorted(ROOT.glob('tests/s2/vectors/*.jsonl'))], (0,))]
    policies = re.findall(r'^  (\S+)', run(build, [nvsim, 'policies']).split('What a host')[0], re.M)
    for trace in sorted(ROOT.glob('traces/samples/*.zst')):
        commands += [([nvsim, 'check', '-p', policy, trace], (0, 1)) for policy in policies]
        commands += [([nvsim, 'check', '--invalidation', kind, trace], (0,))
                     for kind in ('rmap', 'exact')]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [pool.submit(run, build, *command) for command in commands]:
            done.result()


def measure(build):
    """{(file, text): a line is missed that reads so}, and [run, all] of lines and of branches."""
    for note in build.glob('**/*.gcno'):
        if 'sim/s2' not in str(note.parent):
            note.unlink()
    report = build / 'coverage.json'
    run(build, ['gcovr', '-r', ROOT, '--object-directory', build, '-f', r'(.*/)?sim/s2/.*',
                '--exclude-unreachable-branches', f'--json={report}', build / 'sim/s2'])
    missed, lines, branches = {}, [0, 0], [0, 0]
    for entry in json.loads(report.read_text())['files']:
        file = pathlib.Path(entry['file'])
        text = (ROOT / file).read_text().splitlines()
        for line in entry['lines']:
            if line['gcovr/noncode']:
                continue
            ways = [branch['count'] > 0 for branch in line['branches']]
            lines[0] += line['count'] > 0
            lines[1] += 1
            branches[0] += sum(ways)
            branches[1] += len(ways)
            if not line['count'] or not all(ways):
                missed[file.name, text[line['line_number'] - 1].strip()] = line['line_number']
    return missed, {'lines': lines, 'branches': branches}


def listed():
    """{(file, text of the line): reason}"""
    reasons, file, reason = {}, None, None
    for line in (ROOT / 'tests/s2/uncovered.txt').read_text().splitlines():
        if line.startswith('#') or not line:
            reason = None
        elif line.startswith('\t'):
            reasons[file, line.strip()] = reason
        elif ': ' in line:
            file, reason = line.split(': ', 1)
    return reasons


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    if not shutil.which('gcovr'):
        print('no gcovr')
        sys.exit(77)
    for data in build.glob('**/*.gcda'):
        data.unlink()
    exercise(build)
    missed, figures = measure(build)
    reasons = listed()
    bad = False
    for (file, text), number in sorted(missed.items(), key=lambda item: (item[0][0], item[1])):
        if (file, text) not in reasons:
            print(f'sim/s2/{file}:{number}: not all of it is run, and nothing says why: {text}')
            bad = True
    for file, text in reasons:
        if (file, text) not in missed:
            print(f'tests/s2/uncovered.txt: all of this is run, or gone: {file}: {text}')
            bad = True
    shares = {what: 100.0 * done / of for what, (done, of) in figures.items()}
    for what, least in LEAST.items():
        bad |= shares[what] < least
    print('coverage of sim/s2: ' + ', '.join(
        f'{shares[what]:.1f}% of {of:,} {what} (at least {LEAST[what]:.0f}%)'
        for what, (_, of) in figures.items()) + f'; {len(missed)} lines are in the list with a reason')
    sys.exit(bad)


main()
