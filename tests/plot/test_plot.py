#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""nvsim plot: each kind's picture, what it refuses, and what a hostile result does to it. TAP.

tests/plot/test_plot.py --update writes the hashes of the pictures anew: look at them first."""
import copy
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / 'data'
NVSIM = os.environ.get('NVSIM', str(HERE.parents[1] / 'build' / 'nvsim'))
HASHES = HERE / 'svg.sha256'
# Kind, results; every kind of the table has to be here.
PICTURES = [('policies', ['compare']), ('timeline', ['replay']), ('walk-depth', ['compare']),
            ('clamps', ['compare']), ('cost', ['el2-emulated']), ('unmap', ['sweep']),
            ('length', ['length']), ('bench', ['bench'])]
SVG = '{http://www.w3.org/2000/svg}'
XLINK = '{http://www.w3.org/1999/xlink}'


class Skip(Exception):
    """Why a test cannot be run here."""


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def run(*args, stdin=None, stdout=subprocess.PIPE, path=None):
    env = dict(os.environ, PATH=path) if path is not None else None
    return subprocess.run([NVSIM, 'plot', *map(str, args)], input=stdin, stdout=stdout,
                          stderr=subprocess.PIPE, env=env, timeout=60, check=False)


def fails(status, words, *args, **how):
    """One line on standard error, with all the words; nothing on standard output."""
    r = run(*args, **how)
    line = r.stderr.decode()
    check(r.returncode == status, f'{args}: status {r.returncode}, not {status}: {line}')
    check(line.startswith('nvsim: ') and line.count('\n') == 1, f'not one line: {line!r}')
    check(not r.stdout, f'{args}: output all the same')
    for word in words:
        check(word in line, f'{args}: no {word!r} in {line!r}')


def files(names):
    return [DATA / f'{name}.json' for name in names]


def load(name):
    return json.loads((DATA / f'{name}.json').read_text())


def picture(kind, names, *more):
    r = run('--kind', kind, *files(names), *more)
    check(r.returncode == 0, f'{kind}: {r.stderr.decode()}')
    return r.stdout


def drawn(kind, *documents):
    """The picture of documents that are no files yet."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, document in enumerate(documents):
            paths.append(pathlib.Path(folder) / f'{i}.json')
            paths[-1].write_text(json.dumps(document))
        return run('--kind', kind, *paths)


def gnuplot_version():
    if not shutil.which('gnuplot'):
        raise Skip('no gnuplot')
    return subprocess.run(['gnuplot', '--version'], stdout=subprocess.PIPE,
                          check=True).stdout.decode().strip()


def all_hashes():
    lines = [f'# {gnuplot_version()}']
    for kind, names in PICTURES:
        lines.append(f'{hashlib.sha256(picture(kind, names)).hexdigest()}  {kind}')
    return '\n'.join(lines) + '\n'


# ---- pictures ----

def test_every_kind_has_a_picture_here():
    listed = re.findall(r'^  (\S+) ', run('--list').stdout.decode(), re.M)
    check(listed == [kind for kind, _ in PICTURES], f'{listed}')


def test_pictures_are_those_that_were_looked_at():
    wanted = HASHES.read_text()
    if wanted.splitlines()[0] != f'# {gnuplot_version()}':
        raise Skip(f'the hashes are of {wanted.splitlines()[0][2:]}, not {gnuplot_version()}')
    for line, now in zip(wanted.splitlines(), all_hashes().splitlines()):
        check(line == now, f'{now.split()[-1]} is another picture than before')


def test_equal_results_give_equal_pictures():
    gnuplot_version()
    for kind, names in PICTURES:
        check(picture(kind, names) == picture(kind, names), kind)


def root_of(svg):
    return ET.fromstring(svg.decode())


def ids_of(root):
    return [e.get('id') for e in root.iter() if e.get('id')]


def test_an_svg_can_stand_in_a_page_beside_others():
    gnuplot_version()
    seen = set()
    for kind, names in PICTURES:
        svg = picture(kind, names)
        root = root_of(svg)
        ids = ids_of(root)
        check(svg.startswith(b'<svg '), f'{kind}: a prolog')
        check(len(ids) == len(set(ids)), f'{kind}: an id twice')
        check(not seen & set(ids), f'{kind}: ids of another plot')
        seen |= set(ids)
        used = re.findall(r"""(?:url\(#|href=['"]#)([^)'"]+)""", svg.decode())
        check(set(used) <= set(ids), f'{kind}: refers to an id that is not there')
        check(b'<script' not in svg and b'gnuplot 5' not in svg.lower(), kind)


def test_an_svg_has_a_name_and_a_description():
    gnuplot_version()
    for kind, names in PICTURES:
        root = root_of(picture(kind, names))
        check(root.get('role') == 'img' and root.get('class') == f'plot plot-{kind}', kind)
        titles = list(root.iter(SVG + 'title'))
        check(len(titles) == 1 and titles[0].text, f'{kind}: not one title')
        check(titles[0].get('id') == root.get('aria-labelledby'), kind)
        description = root.find(SVG + 'desc')
        check(description.get('id') == root.get('aria-describedby') and description.text, kind)


def test_a_style_sheet_can_change_the_colours_of_text_and_background():
    gnuplot_version()
    for kind, names in PICTURES:
        root = root_of(picture(kind, names))
        backgrounds = [r for r in root.iter(SVG + 'rect') if r.get('class') == 'plot-background']
        check(len(backgrounds) == 1 and backgrounds[0].get('fill') == '#ffffff', kind)
        for group in root.iter(SVG + 'g'):
            if group.find(SVG + 'text') is not None:
                check(group.get('fill') == 'black', f'{kind}: a text that is not black')


def length_of(text, size):
    """0.6 of the font's size for a character, which is wide, and more for a capital."""
    return size * sum(0.75 if c.isupper() else 0.6 for c in text)


def check_texts_keep_apart(kind, svg):
    """Those of a line, where none is turned."""
    lines = {}
    for group in root_of(svg).iter(SVG + 'g'):
        text = group.find(SVG + 'text')
        if text is None or not (text.text or '').strip() or 'rotate' in group.get('transform'):
            continue
        x, y = map(float, re.findall(r'translate\(([^,]+),([^)]+)\)', group.get('transform'))[0])
        length = length_of(text.text.strip(), float(group.get('font-size')))
        x -= {'start': 0, 'middle': 0.5, 'end': 1}[group.get('text-anchor')] * length
        lines.setdefault(y, []).append((x, x + length, text.text))
    for line in lines.values():
        line.sort()
        for a, b in zip(line, line[1:]):
            check(a[1] < b[0] + 2, f'{kind}: {a} is over {b}')


def check_texts_fit(kind, svg):
    """Texts that are turned, by y."""
    root = root_of(svg)
    size = {0: float(root.get('width')), 1: float(root.get('height'))}
    for group in root.iter(SVG + 'g'):
        text = group.find(SVG + 'text')
        if text is None or not (text.text or '').strip():
            continue
        place = [float(v) for v in re.findall(r'translate\(([^,]+),([^)]+)\)',
                                              group.get('transform'))[0]]
        axis = 1 if 'rotate' in group.get('transform') else 0
        length = length_of(text.text.strip(), float(group.get('font-size')))
        before = {'start': 0, 'middle': 0.5, 'end': 1}[group.get('text-anchor')] * length
        if axis == 1:
            before = length - before
        begin, end = place[axis] - before, place[axis] - before + length
        check(begin > -2 and end < size[axis] + 2 and 0 < place[1 - axis] < size[1 - axis],
              f'{kind}: {text.text!r} is clipped: {begin:.0f}..{end:.0f} of {size[axis]:.0f}')


def test_no_text_is_clipped():
    gnuplot_version()
    for kind, names in PICTURES:
        check_texts_fit(kind, picture(kind, names))


def many_policies():
    compare = load('compare')
    entry = compare['policies'][2]
    compare['policies'] = []
    for i in range(20):
        copied = copy.deepcopy(entry)
        copied['policy'] = f'a-policy-with-quite-a-long-name-of-its-own-{i:02}'
        copied['counts']['delivered']['shadow'] = 12345678912 * i
        copied['exactness'] = {'verdict': 'lower bound'}
        compare['policies'].append(copied)
    return compare


def test_twenty_long_names_are_not_clipped():
    gnuplot_version()
    for kind in 'policies', 'walk-depth', 'clamps':
        r = drawn(kind, many_policies())
        check(r.returncode == 0, r.stderr.decode())
        check_texts_fit(kind, r.stdout)
        labels = re.findall(r'a-policy-with[^<]*', r.stdout.decode())
        check(len(set(labels)) == 20, f'{kind}: labels that do not differ: {labels}')


def test_wide_and_long_texts_are_neither_clipped_nor_over_each_other():
    gnuplot_version()
    name = 'WORKLOAD_OF_WIDE_CAPITALS_{}_THAT_GOES_ON_AND_ON.zst'
    costs, compared = [[load(of) for _ in range(2)] for of in ('el2-emulated', 'compare')]
    for i, document in [*enumerate(costs), *enumerate(compared)]:
        document['trace']['name'] = name.format(i)
    replay = load('replay')
    replay['marks'] = [{'ordinal': i, 'time_ns': replay['trace']['first_ns'] + i * 10**10,
                        'text': name.format(i)} for i in range(5)]
    bench = load('bench')
    for i, row in enumerate(bench['benchmarks']):
        row['name'] = name.format(i)
    for kind, documents in (('policies', compared), ('walk-depth', compared), ('clamps', compared),
                            ('cost', costs), ('timeline', [replay]), ('bench', [bench])):
        r = drawn(kind, *documents)
        check(r.returncode == 0, r.stderr.decode())
        check(b'WORKLOAD' in r.stdout, f'{kind}: no name')
        check_texts_fit(kind, r.stdout)
        check_texts_keep_apart(kind, r.stdout)


def test_an_unsound_policy_is_told():
    gnuplot_version()
    compare = load('compare')
    compare['policies'][0]['policy'] = 'kvm-v6'
    compare['policies'][1].update(policy='of-another-version', sound=False)
    shown = texts_of(drawn('policies', compare).stdout)
    for name in 'kvm-v6', 'of-another-version':
        check(f'{name} (unsound)' in shown, shown)
    check(shown.count('unsound') == 2, shown)


def test_a_lower_bound_is_told():
    gnuplot_version()
    compare = load('compare')
    for entry in compare['policies']:
        entry['exactness'] = {'verdict': 'exact'}
    check('≥' not in texts_of(drawn('policies', compare).stdout), 'all are exact')
    bound = compare['policies'][1]
    bound['exactness'] = {'verdict': 'lower bound'}
    shown = texts_of(drawn('policies', compare).stdout)
    count = bound['counts']['delivered']['shadow']
    check(f'≥ {count:,}' in shown and '≥: a lower bound' in shown, shown)
    check(shown.count('≥') == 2, shown)


def test_a_subtitle_has_what_is_the_same_in_all_rows():
    gnuplot_version()
    shown = texts_of(picture('policies', ['compare']))
    compare = load('compare')
    check(f'{compare["trace"]["name"][:-4]}, invalidation whole' in shown, shown)


def test_a_timeline_of_one_interval_is_not_empty():
    gnuplot_version()
    replay = load('replay')
    replay['intervals'] = [i for i in replay['intervals'] if i['total_bytes'] and i['delivered']][-1:]
    replay['measured']['skip'] = 1
    svg = drawn('timeline', replay).stdout.decode()
    check(len(re.findall(r"<use xlink:href='#[^']*gpPt6'", svg)) == 2, 'not two points')


def test_a_png_is_one():
    gnuplot_version()
    png = picture('policies', ['compare'], '--format', 'png')
    check(png.startswith(b'\x89PNG'), 'no PNG')


def test_the_first_kind_that_fits_is_drawn():
    gnuplot_version()
    for name, kind in ('compare', 'policies'), ('el2-emulated', 'cost'), ('length', 'length'):
        root = root_of(run(DATA / f'{name}.json').stdout)
        check(root.get('class') == f'plot plot-{kind}', f'{name}: {root.get("class")}')


def test_standard_input_and_an_array_are_read():
    gnuplot_version()
    text = json.dumps([load('compare'), load('compare')]).encode()
    r = run('-k', 'policies', '-', stdin=text)
    check(r.returncode == 0 and b'page (2)' in r.stdout, r.stderr.decode())


def test_rows_of_several_results_tell_what_differs():
    gnuplot_version()
    a, b = load('replay'), load('replay')
    b['context']['policy'] = 'page'
    r = drawn('timeline', a, b)
    check(r.returncode == 0, r.stderr.decode())
    check(b'>kvm-7.3<' in r.stdout and b'>page<' in r.stdout, 'no legend')


# ---- emulated and hardware ----

def texts_of(svg):
    return ' '.join(t.text or '' for t in root_of(svg).iter(SVG + 'text'))


def as_hardware(document):
    document['context'].update(emulated=False, ran_on='hardware')
    return document


def test_an_emulated_plot_says_so():
    gnuplot_version()
    check('emulated instructions' in texts_of(picture('cost', ['el2-emulated'])), 'cost')
    check('emulated time' in texts_of(picture('timeline', ['replay'])), 'timeline')
    hardware = as_hardware(load('el2-emulated'))
    check('emulated' not in texts_of(drawn('cost', hardware).stdout), 'hardware is not emulated')
    bench = load('bench')
    for row in bench['benchmarks']:
        row['emulated'] = True
    check('emulated ns' in texts_of(drawn('bench', bench).stdout), 'bench')


def test_hardware_is_not_drawn_with_what_is_emulated():
    gnuplot_version()
    with tempfile.TemporaryDirectory() as folder:
        other = pathlib.Path(folder) / 'board.json'
        out = pathlib.Path(folder) / 'out.svg'
        other.write_text(json.dumps(as_hardware(load('el2-emulated'))))
        for args in ([], ['--kind', 'cost']):
            fails(2, ['el2-emulated.json', 'board.json', 'emulated', 'hardware'],
                  '-o', out, *args, *files(['el2-emulated']), other)
        replay = load('replay')
        for clock in False, 'unknown':
            replay['context']['trace_emulated'] = clock
            other.write_text(json.dumps(replay))
            fails(2, ['replay.json', 'board.json', 'emulated'],
                  '-o', out, '--kind', 'timeline', other, *files(['replay']))
        check(not out.exists(), 'a picture all the same')
        replay['context']['trace_emulated'] = None
        other.write_text(json.dumps(replay))
        r = run('--kind', 'timeline', other, *files(['replay']))
        check(r.returncode == 0, 'generated times are nobody\'s: ' + r.stderr.decode())


def test_nor_are_counts():
    compare, other = load('compare'), load('compare')
    compare['context']['trace_emulated'] = True
    for clock in False, 'unknown':
        other['context']['trace_emulated'] = clock
        for kind in 'policies', 'walk-depth', 'clamps':
            r = drawn(kind, compare, other)
            check(r.returncode == 2 and b'0.json and ' in r.stderr and b'share an axis' in r.stderr,
                  f'{kind}: {r.stderr.decode()}')
    gnuplot_version()
    other['context']['trace_emulated'] = None
    r = drawn('policies', compare, other)
    check(r.returncode == 0 and '(emulated)' in texts_of(r.stdout), r.stderr.decode())


def test_nor_traces_of_one_sweep():
    sweep = load('sweep')
    sweep['traces'] = [{'trace': {'name': f'{clock}.zst'}, 'trace_emulated': clock} for clock in (True, False)]
    r = drawn('unmap', sweep)
    check(r.returncode == 2 and b'True.zst and False.zst' in r.stderr, r.stderr.decode())


def test_costs_are_of_who_ran_it():
    gnuplot_version()
    costs = [load('el2-emulated') for _ in range(2)]
    costs[0]['context']['trace_emulated'] = True
    costs[1]['context']['trace_emulated'] = False
    r = drawn('cost', *costs)
    check(r.returncode == 0, r.stderr.decode())


def test_a_flag_that_is_none_is_damage():
    for kind, name, member in (('policies', 'compare', 'trace_emulated'), ('cost', 'el2-emulated', 'emulated')):
        document = load(name)
        document['context'][member] = 'no'
        r = drawn(kind, document)
        check(r.returncode == 3 and b'0.json: is damaged: ' in r.stderr and member.encode() in r.stderr,
              r.stderr.decode())
    sweep = load('sweep')
    sweep['traces'] = [{'trace': {'name': 't.zst'}, 'trace_emulated': 1}]
    r = drawn('unmap', sweep)
    check(r.returncode == 3 and b'0.json: is damaged' in r.stderr, r.stderr.decode())


def test_a_result_at_el2_has_to_tell_whether_it_is_emulated():
    cost = load('el2-emulated')
    del cost['context']['emulated']
    r = drawn('cost', cost)
    check(r.returncode == 3 and b'context.emulated' in r.stderr, r.stderr.decode())


def test_benchmarks_without_figures_are_left_out():
    gnuplot_version()
    bench = load('bench')
    for row, why in zip(bench['benchmarks'], ('skipped', 'failed')):
        for member in 'median', 'interval':
            del row[member]
        row[why] = 'for a reason'
    r = drawn('bench', bench)
    check(r.returncode == 0, r.stderr.decode())
    shown = texts_of(r.stdout)
    for i, row in enumerate(bench['benchmarks']):
        check((row['name'] in shown) == (i > 1), f'{row["name"]}: {shown}')


def test_an_interval_from_zero_begins_at_the_least_figure():
    """A logarithmic axis has no 0: it begins with what is least, 0.8 of which is its end."""
    gnuplot_version()
    bench = load('bench')
    bench['benchmarks'][0].update(median=0, interval=[0, 50])
    del bench['benchmarks'][2:]
    root = root_of(drawn('bench', bench).stdout)
    check(any((t.text or '').strip() == '50' for t in root.iter(SVG + 'text')), 'the axis begins later')


def test_a_benchmark_has_to_tell_whether_it_is_emulated():
    for kind in 'bench', 'length':
        document = load(kind)
        for row in document['benchmarks']:
            del row['emulated']
        r = drawn(kind, document)
        check(r.returncode == 3 and b"'emulated'" in r.stderr, r.stderr.decode())


def test_emulated_benchmarks_do_not_stand_beside_others():
    bench = load('bench')
    bench['benchmarks'][0]['emulated'] = True
    r = drawn('bench', bench)
    check(r.returncode == 2 and b'emulated' in r.stderr, r.stderr.decode())


def test_a_benchmark_without_figures_has_no_bar():
    gnuplot_version()
    bench = load('bench')
    picture = drawn('bench', bench)
    bench['benchmarks'].append({'name': 'walk/x', 'what': 'a walk', 'target': None, 'verdict': None,
                                'failed': 'it fell over', 'emulated': False})
    bench['benchmarks'].append({'name': 'el2/x', 'what': 'an outcome', 'target': None, 'note': 'no such',
                                'verdict': 'regressed', 'emulated': False})
    r = drawn('bench', bench)
    check(r.returncode == 0 and r.stdout == picture.stdout, r.stderr.decode())


# ---- hostile results ----

def mutate(document, rng):
    """Some value in it becomes another."""
    at = document
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = rng.choice(keys)
        if not isinstance(at[key], (dict, list)) or not at[key] or rng.random() < 0.1:
            at[key] = rng.choice([None, True, -1, 0, 1, 2.5, 1e308, 2**62, '', 'x' * 5000, [], {},
                                  '`touch pwned`', 'a"\nEND_OF_DATA\nsystem "touch pwned"\n',
                                  "'; system('touch pwned'); '", '\\', 'é<b>&amp;id=\'x', '@begin'])
            return
        at = at[key]


def check_survives(kind, document, folder):
    r = subprocess.run([NVSIM, 'plot', '--kind', kind, '-'], input=json.dumps(document).encode(),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, timeout=60,
                       check=False)
    line = r.stderr.decode()
    check(r.returncode in (0, 2, 3), f'{kind}: {r.returncode} {line} {json.dumps(document)}')
    check(bool(line) == bool(r.returncode) and line.count('\n') <= 1, f'{kind}: {line!r}')
    check(not os.listdir(folder), f'{kind}: a command was run')
    if r.returncode == 0:
        root_of(r.stdout)


def test_hostile_results_are_drawn_or_refused():
    gnuplot_version()
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        for kind, names in PICTURES:
            for _ in range(25):
                document = load(names[0])
                for _ in range(rng.choice([1, 1, 2, 5])):
                    mutate(document, rng)
                check_survives(kind, document, folder)


def test_hostile_names_are_text():
    gnuplot_version()
    compare = load('compare')
    for entry, name in zip(compare['policies'], ['`touch pwned`', '"; system "touch pwned', '$data @begin',
                                                 "id='x' url(#y) <rect ", 'a\nEND_OF_DATA\nexit']):
        entry['policy'] = name
    with tempfile.TemporaryDirectory() as folder:
        check_survives('policies', compare, folder)
    svg = drawn('policies', compare).stdout
    check("id='x' url(_y) <rect" in texts_of(svg), 'a text was taken for an id')


def test_figures_that_cannot_be_name_file_and_member():
    for value in -1, 1e308, 'x', True, [1]:
        compare = load('compare')
        compare['policies'][1]['counts']['delivered']['shadow'] = value
        r = drawn('policies', compare)
        check(r.returncode == 3, f'{value}: {r.returncode}')
        check(b'0.json' in r.stderr and b'counts.delivered.shadow' in r.stderr, r.stderr.decode())
    compare['policies'][1]['counts'] = None
    gnuplot_version()
    check(drawn('policies', compare).returncode == 0, 'a figure may be absent')


def test_not_a_number_is_no_json():
    fails(3, ['standard input', 'JSON'], '-', stdin=b'{"schema": "nvsim.compare/1", "x": NaN}')


# ---- every exit status ----

def test_usage():
    compare = DATA / 'compare.json'
    fails(2, ['policies'], '-k', 'polices', compare)
    fails(2, ['pdf'], '-o', 'x.pdf', compare)
    fails(2, ['svgg'], '--format', 'svgg', compare)
    fails(2, ['RESULT'])
    fails(2, ['standard input'], '-', '-', stdin=b'')
    fails(2, ['timeline', 'interval'], '-k', 'timeline', compare)
    fails(2, ['schema'], '-', stdin=b'{"schema": "nvsim.metrics/1", "context": {}}')
    fails(2, ['no kind'], '-', stdin=b'{"schema": "nvsim.result/1", "context": {}}')
    fails(2, ['together'], DATA / 'bench.json', compare)


def test_input():
    fails(3, ['nowhere.json', 'No such file'], 'nowhere.json')
    fails(3, ['Is a directory'], DATA)
    fails(3, ['damaged'], '-', stdin=b'[]')
    fails(3, ['damaged'], '-', stdin=b'[1]')
    fails(3, ['damaged'], '-', stdin=b'{"schema": 1, "context": {}}')
    fails(3, ['JSON'], '-', stdin=b'[' * 100000)
    fails(3, ['JSON'], '-', stdin=b'')


def with_gnuplot(script, *args):
    with tempfile.TemporaryDirectory() as folder:
        if script:
            fake = pathlib.Path(folder) / 'gnuplot'
            fake.write_text(script)
            fake.chmod(0o755)
        out = pathlib.Path(folder) / 'out.svg'
        fails(4, args, '-o', out, DATA / 'compare.json', path=folder)
        check(not out.exists() and len(os.listdir(folder)) == bool(script), 'a file is left')


def test_gnuplot_that_is_not_there_or_fails():
    with_gnuplot(None, 'gnuplot is not there')
    with_gnuplot('#!/bin/sh\nexit 3\n', 'gnuplot failed')
    with_gnuplot('#!/bin/sh\necho "line 7: \033[2Jno such thing" >&2\nexit 1\n',
                 'gnuplot failed', 'no such thing')
    with_gnuplot('#!/bin/sh\nkill -9 $$\n', 'gnuplot failed')
    with_gnuplot('#!/bin/sh\necho nothing\n', 'no SVG')


def test_a_full_disk():
    gnuplot_version()
    fails(4, ['No space left'], '-o', '/dev/full', '--format', 'svg', DATA / 'compare.json')
    with open('/dev/full', 'wb') as full:
        r = run(DATA / 'compare.json', stdout=full)
    check(r.returncode == 4 and r.stderr.count(b'\n') == 1, r.stderr.decode())
    fails(4, ['cannot be written'], '-o', '/nowhere/x.svg', DATA / 'compare.json')


def main():
    if sys.argv[1:] == ['--update']:
        HASHES.write_text(all_hashes())
        return 0
    tests = [(name, test) for name, test in globals().items() if name.startswith('test_')]
    failed = 0
    print(f'1..{len(tests)}')
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f'ok {number} - {name}')
        except Skip as why:
            print(f'ok {number} - {name} # SKIP {why}')
        except Exception as why:  # pylint: disable=broad-except
            failed = 1
            print(f'not ok {number} - {name}\n# {type(why).__name__}: {why}')
    return failed


sys.exit(main())
