#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The report of a stream as a browser takes it: of every sample, and of streams that lack things.

Well-formed, readable without eyes and without a network, and with the figures that replay and
compare give for the same stream. TAP on standard output.
"""
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NVSIM = os.environ.get('NVSIM', str(ROOT / 'build/nvsim'))
VOID = {'meta', 'link', 'br', 'hr', 'img', 'input'}


class Page(html.parser.HTMLParser):
    """Elements of a page, and what is wrong with it."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.wrong, self.open, self.elements, self.text = [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.wrong.append('not closed: %s' % [e['tag'] for e in self.open])

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.wrong.append('an attribute twice in <%s>' % tag)
        element = {'tag': tag, 'at': dict(attrs), 'in': [e['tag'] for e in self.open], 'text': ''}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1]['tag'] != tag:
            self.wrong.append('</%s> closes %s' % (tag, self.open and self.open[-1]['tag']))
            return
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element['text'] += data

    def all(self, tag):
        return [e for e in self.elements if e['tag'] == tag]

    def first(self, tag):
        return (self.all(tag) or [{'at': {}, 'text': '', 'in': []}])[0]


def check_ids(page):
    ids = [e['at']['id'] for e in page.elements if 'id' in e['at']]
    yield from ('id %s twice' % i for i in set(ids) if ids.count(i) > 1)
    for e in page.elements:
        for name, value in e['at'].items():
            value = value or ''
            wanted = []
            if name in ('href', 'xlink:href'):
                if value.startswith('#'):
                    wanted = [value[1:]]
                elif value != 'data:,':
                    yield '<%s> leads out of the page: %s' % (e['tag'], value)
            elif name in ('aria-labelledby', 'aria-describedby'):
                wanted = value.split()
            else:
                wanted = re.findall(r'url\(#([^)]*)\)', value)
            yield from ('%s of <%s> leads nowhere: %s' % (name, e['tag'], w)
                        for w in wanted if w not in ids)


def check_needs_nothing(page, text):
    for e in page.elements:
        if e['tag'] in ('script', 'iframe', 'object', 'embed', 'img', 'form'):
            yield '<%s>' % e['tag']
        for name, value in e['at'].items():
            if name in ('src', 'srcset', 'action') or name.startswith('on'):
                yield '<%s> has %s' % (e['tag'], name)
            if not name.startswith('xmlns') and re.search(r'https?:|//', value or ''):
                yield '<%s> has %s=%s' % (e['tag'], name, value)
    style = page.first('style')['text']
    if re.search(r'url\(|@import|https?:', style):
        yield 'the style sheet loads something'
    if re.search('[\x00-\x08\x0b-\x1f\x7f-\x9f]', text):
        yield 'a control character'


def check_headings(page):
    levels = [int(e['tag'][1]) for e in page.elements if re.fullmatch('h[1-6]', e['tag'])]
    if levels.count(1) != 1 or levels[0] != 1:
        yield 'there is not one h1'
    for before, after in zip(levels, levels[1:]):
        if after > before + 1:
            yield 'h%d behind h%d' % (after, before)
    yield from ('an empty <%s>' % e['tag'] for e in page.elements
                if re.fullmatch('h[1-6]|title|th|caption|summary|figcaption', e['tag'])
                and not e['text'].strip())


def check_landmarks(page):
    if page.first('html')['at'].get('lang') != 'en':
        yield 'no language'
    for tag in ('header', 'nav', 'main', 'footer', 'title'):
        if len([e for e in page.all(tag) if 'svg' not in e['in']]) != 1:
            yield 'not one <%s>' % tag
    if 'aria-label' not in page.first('nav')['at']:
        yield 'nav has no name'
    skip = page.first('a')
    if skip['at'].get('href') != '#' + page.first('main')['at'].get('id', '?'):
        yield 'the first link does not lead to main'
    links = {e['at']['href'] for e in page.all('a')}
    yield from ('no link to section %s' % e['at'].get('id') for e in page.all('section')
                if '#%s' % e['at'].get('id') not in links)


def check_pictures(page):
    svgs = [e for e in page.elements if e['tag'] == 'svg']
    if not svgs:
        yield 'no picture'
    for e in svgs:
        at = e['at']
        if at.get('role') != 'img' or not (at.get('aria-label') or at.get('aria-labelledby')):
            yield 'a picture without role or name'
        if 'figure' not in e['in']:
            yield 'a picture outside of a figure'
    for e in page.elements:
        if e['at'].get('class') == 'scroll' and (
                e['at'].get('tabindex') != '0' or e['at'].get('role') != 'region'
                or not e['at'].get('aria-label')):
            yield 'a box that scrolls and cannot be reached'


def check_tables(page):
    yield from ('a th without scope: %s' % e['text'] for e in page.all('th')
                if e['at'].get('scope') not in ('col', 'row'))
    if len(page.all('caption')) != len(page.all('table')):
        yield 'a table without caption'


def look_up(document, path):
    for part in path.split('.'):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def check_figures(page, result, compare):
    """Each figure is what is at its path; every metric is on the page, or why it is not."""
    shown = set()
    for e in page.elements:
        if 'data-path' not in e['at']:
            continue
        path = e['at']['data-path']
        shown.add(path)
        wanted = look_up(compare if path.startswith('policies.') else result, path)
        if json.loads(e['at']['data-value']) != wanted:
            yield '%s is %s, not %s' % (path, wanted, e['at']['data-value'])
        if isinstance(wanted, int) and '{:,}'.format(wanted) not in e['text']:
            yield '%s is not shown as %d' % (path, wanted)
        if isinstance(wanted, str) and wanted not in e['text']:
            yield '%s is not shown' % path
    names = [m['name'] for m in json.loads(nvsim('metrics', '--json'))]
    for name in names:
        path = 'metrics.absent.' if name in result['metrics']['absent'] else 'metrics.'
        if path + name not in shown:
            yield '%s is neither there nor absent' % name
    partial = result['trace']['class'] == 'partial'
    rows = len({p.split('.')[1] for p in shown if p.startswith('policies.')})
    if rows != (0 if partial else len(compare['policies'])):
        yield '%d policies are shown' % rows
    for what in ('recorded',) if partial else ('delivered', 'avoided'):
        if 'counts.%s.shadow' % what not in shown:
            yield 'no count of %s faults' % what


def check_emulated(page, result):
    """Times of an emulator are called so, at the top and at each axis of time."""
    emulated = result['context']['trace_emulated'] is True
    badges = [e for e in page.elements if 'emulated' in e['at'].get('class', '').split()]
    if len(badges) != emulated:
        yield '%d badges for times of an emulator' % len(badges)
    axes = [e['text'] for e in page.all('text') if 'time since the beginning' in e['text']]
    if not axes:
        yield 'no axis of time'
    yield from ('an axis of time is called "%s"' % text for text in axes
                if text.startswith('emulated') != emulated)


def check_page(path, result, compare):
    text = path.read_bytes().decode('utf-8')
    page = Page(text)
    yield from page.wrong
    for check in (check_ids, check_headings, check_landmarks, check_pictures, check_tables):
        yield from check(page)
    yield from check_needs_nothing(page, text)
    yield from check_figures(page, result, compare)
    yield from check_emulated(page, result)


def nvsim(*args, status=(0,)):
    done = subprocess.run([NVSIM, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120, check=False)
    if done.returncode not in status:
        raise RuntimeError('nvsim %s: status %d: %s' % (args, done.returncode, done.stderr))
    return done.stdout


def check_trace(trace, folder, options=()):
    """What is wrong with the report of a trace."""
    page = folder / 'page.html'
    quiet = nvsim('report', '-q', trace, '-o', page, *options, status=(0, 1))
    if quiet:
        yield 'it prints'
    result = json.loads(nvsim('replay', '--check', '--json', trace, *options, status=(0, 1)))
    compare = json.loads(nvsim('compare', '--json', trace))
    if '-p' in options:
        # The report's own policy is one more row there.
        names = compare['context']['policies'] + [options[1]]
        compare = json.loads(nvsim('compare', '--json', trace,
                                   *sum((['-p', n] for n in in_table(names)), []),
                                   status=(0, 1)))
    yield from check_page(page, result, compare)


def in_table(names):
    order = [p['name'] for p in json.loads(nvsim('policies', '--json'))['policies']]
    return sorted(names, key=order.index)


def partial_trace(folder):
    """Of faults alone."""
    text = (ROOT / 'tests/cli/data/recording.txt').read_text()
    kept = [line for line in text.splitlines() if line.startswith('#') or re.search(
        'kvm_guest_fault|kvm_nested_eret|kvm_inject_nested', line)]
    (folder / 'faults.txt').write_text('\n'.join(kept) + '\n')
    nvsim('import', '-q', '-o', folder / 'partial.zst', folder / 'faults.txt')
    return folder / 'partial.zst'


def hostile_trace(folder):
    """What whoever made a recording can write into it, and how a file can be called."""
    text = (ROOT / 'tests/cli/data/recording.txt').read_text()
    evil = '</td></svg><script>a()</script> &quot; \' " \\'
    text = re.sub('(tracing_mark_write: ).*', lambda m: m.group(1) + evil, text)
    (folder / 'evil.txt').write_text(text)
    nvsim('import', '-q', '-o', folder / '"><i>.zst', folder / 'evil.txt')
    return folder / '"><i>.zst'


def generated_trace(folder):
    nvsim('gen', '-q', '-o', folder / 'gen.zst', '--faults', '3000', '--guests', '6',
          '--vcpus', '6', '--footprint', '1G', '--seed', '3')
    return folder / 'gen.zst'


def main():
    if not shutil.which('gnuplot'):
        print('1..0 # SKIP no gnuplot')
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        sample = ROOT / 'traces/samples/demand-scattered.zst'
        cases = [(t.name, t, ()) for t in sorted((ROOT / 'traces/samples').glob('*.zst'))]
        cases += [('a trace of faults alone', partial_trace(folder), ()),
                  ('texts that look like markup', hostile_trace(folder), ()),
                  ('generated demand of many contexts', generated_trace(folder), ()),
                  ('no shadow fault', ROOT / 'tests/corpus/good_mark.zst', ()),
                  ('a policy with findings', sample, ('-p', 'unclamped')),
                  ('symbols', ROOT / 'traces/samples/thp-thp.zst',
                   ('--symbols', ROOT / 'tests/cli/data/kallsyms.txt'))]
        print('1..%d' % len(cases))
        failed = 0
        for number, (what, trace, options) in enumerate(cases, 1):
            wrong = list(check_trace(trace, folder, options))
            print('%s %d - %s' % ('not ok' if wrong else 'ok', number, what))
            for line in wrong[:20]:
                print('# %s' % line)
            failed += bool(wrong)
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
