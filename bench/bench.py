#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Measures nvsim against other tools and against itself, in one run, as ratios.

A benchmark is a row of TABLE: two commands, what of them is compared, and the
target. Both commands run in turn, so that a slow moment of the machine hits
both; the ratio of each turn is taken, and the median of all turns counts.
"""
import argparse
import collections
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TURNS = 5
SEED = '1'
FAULTS = {'100k': 100_000, '1m': 1_000_000, '4m': 4_000_000, '10m': 10_000_000, '100m': 100_000_000}
# 'small-': lengths are compared where all of the footprint is touched long before the end.
SMALL = '128M'
FREE_BYTES = 2 << 30  # the trace of 100 million faults takes less than half of it
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
EL2_SAMPLE = os.path.join(ROOT, 'traces/samples/demand-scattered.zst')
EL2_KEPT = os.path.join(ROOT, 'bench/el2-instructions.json')
EL2_TOLERANCE = 1.02


class Skip(Exception):
    """Why a benchmark cannot be run here. No pass."""


class Regression(Exception):
    """What is worse than the figures that are kept in the tree."""


Run = collections.namedtuple('Run', 'wall cpu')
Result = collections.namedtuple('Result', 'value least most unit note', defaults=(None,))
Row = collections.namedtuple('Row', 'name what measure first second target goal',
                             defaults=(None, None, None, None))


def run(command):
    """Runs a command, output thrown away. Fails as it does."""
    start = time.perf_counter()
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=null)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), command)
    return Run(wall, usage.ru_utime + usage.ru_stime)


def peak_kib(command):
    """Most memory that a command had resident. getrusage would count this program's, too."""
    most = 0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            try:
                with open('/proc/%d/status' % child.pid, encoding='ascii') as status:
                    most = max([most] + [int(line.split()[1]) for line in status
                                         if line.startswith('VmHWM:')])
            except FileNotFoundError:
                break
            time.sleep(0.005)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return most


class Bench:
    def __init__(self, options, folder):
        self.nvsim = os.path.abspath(options.nvsim)
        self.turns = options.turns
        self.quick = options.quick
        self.dat = options.dat
        self.keep = options.keep
        self.folder = folder
        self.costs = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def trace(self, name):
        """A generated trace, made when it is asked for first."""
        path, small, length = self.path(name + '.zst'), *name.rpartition('-')[::2]
        if length == '100m' and self.quick:
            raise Skip('--quick: 100 million faults take a few minutes')
        if not os.path.exists(path):
            if length == '100m' and shutil.disk_usage(self.folder).free < FREE_BYTES:
                raise Skip('less than 2 GiB are free in %s' % self.folder)
            run([self.nvsim, 'gen', '-q', '--faults', str(FAULTS[length]), '--seed', SEED,
                 '-o', path] + (['--footprint', SMALL] if small else []))
        return path

    def command(self, words):
        """Fills in what stands in braces; looks for the tools."""
        out = []
        for word in words:
            if word == '{nvsim}':
                word = self.nvsim
            elif word == '{dat}':
                if not self.dat:
                    raise Skip('no recording: give a trace-cmd file by --dat or NVSIM_BENCH_DAT')
                word = self.dat
            elif word.startswith('{tmp}/'):
                word = self.path(word[len('{tmp}/'):])
            elif word.startswith('{'):
                word = self.trace(word[1:-1])
            out.append(word)
        if not shutil.which(out[0]):
            raise Skip('%s is not installed' % out[0])
        return out


# ---- what of two commands is compared ----

def spread(values, unit, note=None):
    return Result(statistics.median(values), min(values), max(values), unit, note)


def wall(bench, row):
    first, second = bench.command(row.first), bench.command(row.second)
    run(first), run(second)  # what they read is in memory from now on
    turns = [(run(first).wall, run(second).wall) for _ in range(bench.turns)]
    note = '%.3f s / %.3f s' % tuple(statistics.median(side) for side in zip(*turns))
    return spread([a / b for a, b in turns], 'ratio', note)


def peak(bench, row):
    first, second = bench.command(row.first), bench.command(row.second)
    # It hardly varies, and the first command is long: one turn for each three of the others.
    turns = [(peak_kib(first), peak_kib(second)) for _ in range((bench.turns + 2) // 3)]
    note = '%d KiB / %d KiB' % turns[0]
    return spread([a / b for a, b in turns], 'ratio', note)


def flat(bench, row):
    """
    The slowest ns a fault of three lengths over the fastest; medians. Of the
    CPU, all threads: what other programs do meanwhile would be most of a difference.
    """
    names = ('1m', '10m') if bench.quick else ('1m', '10m', '100m')
    commands = {name: bench.command(row.first + ['{small-%s}' % name]) for name in names}
    each = {name: [] for name in names}
    for turn in range(bench.turns):
        for name in names:
            # Turns of the longest are as long as all others together.
            if name != '100m' or turn % 2 == 0:
                each[name].append(run(commands[name]).cpu / FAULTS[name] * 1e9)
    medians = {name: statistics.median(values) for name, values in each.items()}
    worst = max(medians.values()) / min(medians.values())
    note = ', '.join('%s: %.0f (%.0f..%.0f)' % (name, medians[name], min(each[name]),
                                                 max(each[name])) for name in names)
    if bench.quick:
        note += '; without 100m (--quick)'
    return Result(worst, None, None, 'ratio', note)


def size(bench, row):
    """Bytes of what the first command writes, over those of the file that it reads."""
    run(bench.command(row.first))
    out, source = (os.path.getsize(bench.command(['true', word])[1]) for word in row.second)
    return Result(out / source, None, None, 'ratio', '%d / %d bytes' % (out, source))


def bytes_a_fault(bench, row):
    name, = row.first
    value = os.path.getsize(bench.trace(name)) / FAULTS[name]
    return Result(value, None, None, 'bytes')


def recorded_bytes(bench, row):
    run(bench.command(row.first))
    path = bench.command(['true', row.second[0]])[1]
    info = json.loads(subprocess.check_output([bench.nvsim, 'info', '--json', path]))
    faults = find_faults(info)
    if not faults:
        raise Skip('nvsim info does not tell the number of faults')
    return Result(os.path.getsize(path) / faults, None, None, 'bytes', '%d faults' % faults)


def find_faults(info):
    """The number of fault events, wherever the JSON has the counts of kinds."""
    if isinstance(info, dict):
        if isinstance(info.get('fault'), int):
            return info['fault']
        info = list(info.values())
    if isinstance(info, list):
        return next(filter(None, map(find_faults, info)), 0)
    return 0


def instructions(bench, row):
    """Of the whole program, by valgrind: the same on each run but for waiting threads."""
    counts = []
    for name in ('1m', '100k'):
        command = bench.command(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null']
                                + row.first + ['{%s}' % name])
        text = subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True).stderr
        counts.append(next(int(part.split(':')[1].replace(',', ''))
                           for part in text.splitlines() if 'refs:' in part))
    value = (counts[0] - counts[1]) / (FAULTS['1m'] - FAULTS['100k'])
    return Result(value, None, None, 'instructions')


# ---- the image at EL2, under QEMU ----

def hw_run(bench, trace, *options):
    """The result of a live run, as JSON."""
    if not os.path.exists(os.path.join(os.path.dirname(bench.nvsim), 'hwrun/nvsim-el2.elf')):
        raise Skip('no image for EL2: make hwrun')
    if not shutil.which('qemu-system-aarch64'):
        raise Skip('qemu-system-aarch64 is not installed')
    return json.loads(subprocess.check_output(
        [bench.nvsim, 'hw', 'run', 'qemu-virt', trace, '--mode', 'live', '--json', *options]))


def el2_costs(bench):
    """Compiler, trace and figures by outcome: the same in every run, as QEMU counts the time."""
    if bench.costs is None:
        result = hw_run(bench, EL2_SAMPLE, '--icount', '--no-phases')
        cost = result['metrics']['handler_cost']['by_class']
        bench.costs = {
            'compiler': result['context']['compiler'],
            'trace': result['context']['trace_digest'],
            'instructions': {name: {key: round(phases['total']['instructions'][key], 2)
                                    for key in ('n', 'p50', 'mean', 'max')}
                             for name, phases in cost.items()},
        }
    return bench.costs


def compare_with_kept(costs, outcome):
    """What to say of the figures in the tree. Raises Regression."""
    with open(EL2_KEPT, encoding='utf-8') as file:
        kept = json.load(file)
    if kept['trace'] != costs['trace']:
        raise Regression('the figures kept are of another trace: --keep takes new ones')
    if kept['compiler'] != costs['compiler']:
        return 'not compared: those kept are of ' + kept['compiler']
    if outcome not in kept['instructions']:
        raise Regression('no figure of it is kept: --keep takes new ones')
    new, old = costs['instructions'][outcome], kept['instructions'][outcome]
    for key in ('p50', 'mean'):
        if new[key] > old[key] * EL2_TOLERANCE:
            raise Regression('%s was %s' % (key, old[key]))
    return 'kept: %s' % old['p50']


def el2_cost(bench, row):
    """The median of one outcome, from the vector's first instruction to the exception return."""
    outcome, = row.first
    costs = el2_costs(bench)
    figures = costs['instructions'].get(outcome)
    if not figures:
        raise Regression('no fault of the sample comes to that')
    note = 'emulated, %d faults, mean %.1f' % (figures['n'], figures['mean'])
    if not bench.keep:
        note += '; ' + compare_with_kept(costs, outcome)
    return Result(figures['p50'], None, None, 'emulated instructions', note)


def el2_million(bench, row):
    """Seconds, from the command's start to its end."""
    begun = time.perf_counter()
    faults = hw_run(bench, bench.trace('small-1m'), '-p', 'page')['hw']['faults']
    seconds = time.perf_counter() - begun
    if faults < 1_000_000:
        raise Regression('EL1 took only %d aborts' % faults)
    return Result(seconds, None, None, 'seconds', '%d aborts taken, under emulation' % faults)


# ---- the benchmarks ----

REPLAY = ['{nvsim}', 'replay', '-q']
# Some are not sound, and found to be so: the exit status 1 is what is wanted.
EIGHT = ('page', 'kvm-7.3', 'kvm-6.11', 'gk-2022', 'kvm-v9', 'contig', 'coalesce', 'kvm-6.11-rc1')
COMPARE = ['sh', '-c', '"$0" "$@" || [ $? -eq 1 ]', '{nvsim}', 'compare', '-q'] + [
    word for policy in EIGHT for word in ('-p', policy)]
IMPORT = ['{nvsim}', 'import', '-q', '-o', '{tmp}/dat.zst', '{dat}']
TABLE = [
    Row('replay', 'replay of 10 million faults / zstd -dcq of the trace', wall,
        REPLAY + ['{10m}'], ['zstd', '-dcq', '{10m}'], 3.0, 2.0),
    Row('compare', '8 policies in one pass over 4 million faults / 1 policy', wall,
        COMPARE + ['{4m}'], REPLAY + ['{4m}'], 4.5),
    Row('check', 'replay of 4 million faults with the checker / without', wall,
        REPLAY + ['--check', '{4m}'], REPLAY + ['{4m}'], 3.0),
    Row('import', 'import of a recording / trace-cmd report of it', wall,
        IMPORT, ['trace-cmd', 'report', '-N', '-i', '{dat}'], 0.25),
    Row('memory', 'peak of replaying 100 million faults / 10 million', peak,
        REPLAY + ['{small-100m}'], REPLAY + ['{small-10m}'], 1.05),
    Row('length', 'CPU ns a fault, slowest of 1, 10, 100 million / fastest', flat, REPLAY, None, 1.10),
    Row('size', 'trace of a recording / its trace-cmd file', size,
        IMPORT, ['{tmp}/dat.zst', '{dat}'], 1 / 3),
    Row('bytes-recorded', 'bytes a fault, recorded, with truth', recorded_bytes,
        IMPORT, ['{tmp}/dat.zst']),
    Row('bytes-generated', 'bytes a fault, generated', bytes_a_fault, ['10m']),
    Row('instructions', 'instructions a fault, from 100 thousand to a million', instructions,
        REPLAY),
    Row('el2-map-page', 'instructions at EL2 that map a page in a table that is there', el2_cost,
        ['map_page'], None, 600),
    Row('el2-map-block', 'instructions at EL2 that map a block', el2_cost, ['map_block']),
    Row('el2-inject', 'instructions at EL2 that inject a translation fault', el2_cost,
        ['inject_translation'], None, 400),
    Row('el2-relax', 'instructions at EL2 that relax permissions', el2_cost, ['relax']),
    Row('el2-mmio', 'instructions at EL2 that find out an access to a device', el2_cost, ['mmio']),
    Row('el2-million', 'seconds for a million live faults under QEMU', el2_million, None, None, 120),
]


def judge(row, result):
    if row.target is None:
        return ''
    if row.goal is not None and result.value <= row.goal:
        return 'pass'
    if result.value <= row.target:
        return 'pass' if row.goal is None else 'pass (goal missed)'
    return 'short'


def show(row, result, verdict):
    value = '%.0f' % result.value if result.value >= 100 else '%.3f' % result.value
    if result.least is not None and result.least != result.most:
        value += ' (%.3f..%.3f)' % (result.least, result.most)
    target = '' if row.target is None else '<= %.3g' % row.target
    if row.goal is not None:
        target += ', goal %.3g' % row.goal
    print('%-16s %-27s %-18s %s' % (row.name, value, target, verdict))
    print('%16s %s%s' % ('', row.what, ': ' + result.note if result.note else ''), flush=True)


def measure(bench, row):
    """One benchmark: its line on the screen, and its object of the JSON."""
    told = {'name': row.name, 'what': row.what, 'target': row.target, 'goal': row.goal}
    try:
        result = row.measure(bench, row)
    except Skip as why:
        print('%-16s skipped: %s' % (row.name, why), flush=True)
        return dict(told, verdict='skipped', note=str(why))
    except Regression as why:
        print('%-16s regressed: %s' % (row.name, why), flush=True)
        return dict(told, verdict='regressed', note=str(why))
    verdict = judge(row, result)
    show(row, result, verdict)
    return dict(told, verdict=verdict, **result._asdict())


def context(bench):
    version = subprocess.check_output([bench.nvsim, '--version'], text=True).splitlines()[0]
    cpu = platform.processor() or platform.machine()
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as info:
            cpu = next(line.split(':')[1].strip() for line in info if 'model name' in line)
    except (OSError, StopIteration):
        pass
    return {'nvsim': version, 'cpu': cpu, 'cpus': len(os.sched_getaffinity(0)),
            'kernel': platform.release(), 'load': os.getloadavg()[0], 'turns': bench.turns}


def parse(arguments):
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('nvsim', metavar='NVSIM', help='the program to measure')
    p.add_argument('--dat', metavar='FILE', default=os.environ.get('NVSIM_BENCH_DAT'),
                   help='a recording, as a trace-cmd file (default: $NVSIM_BENCH_DAT)')
    p.add_argument('--only', metavar='NAME', action='append', default=[],
                   help='those alone whose names begin so; may be repeated')
    p.add_argument('--regressions', action='store_true',
                   help='only what got worse, not goals that are missed, makes it fail')
    p.add_argument('--keep', action='store_true',
                   help='write the instructions at EL2 to bench/el2-instructions.json, to be '
                   'compared with from now on')
    p.add_argument('--quick', action='store_true', help='nothing with 100 million faults')
    p.add_argument('--turns', metavar='N', type=int, default=TURNS, help='default %d' % TURNS)
    p.add_argument('--json', metavar='FILE', help='write the results there, too')
    options = p.parse_args(arguments)
    if options.turns < 1:
        p.error('--turns: at least 1')
    for name in options.only:
        if not any(row.name.startswith(name) for row in TABLE):
            p.error('--only: there is no %s' % name)
    if options.dat and not os.path.isfile(options.dat):
        p.error('--dat: %s: no such file' % options.dat)
    return options


def keep(costs):
    with open(EL2_KEPT + '.new', 'w', encoding='utf-8') as out:
        json.dump(costs, out, indent=1, sort_keys=True)
        out.write('\n')
    os.replace(EL2_KEPT + '.new', EL2_KEPT)


def main(options, folder):
    bench = Bench(options, folder)
    about = context(bench)
    print('%(nvsim)s on %(cpus)d x %(cpu)s, Linux %(kernel)s, %(turns)d turns' % about)
    if about['load'] > 0.5:
        print('The machine is busy (load %.1f): times, and with them ratios, suffer.'
              % about['load'])
    results = [measure(bench, row) for row in TABLE
               if not options.only or row.name.startswith(tuple(options.only))]
    if options.keep:
        keep(el2_costs(bench))
    if options.json:
        with open(options.json, 'w', encoding='utf-8') as out:
            json.dump({'schema': 'nvsim.bench/1', 'context': about, 'results': results}, out,
                      indent=1)
            out.write('\n')
    failing = ('regressed',) if options.regressions else ('short', 'regressed')
    return 1 if any(r['verdict'] in failing for r in results) else 0


if __name__ == '__main__':
    chosen = parse(sys.argv[1:])
    try:
        with tempfile.TemporaryDirectory(prefix='nvsim-bench-') as temporary:
            sys.exit(main(chosen, temporary))
    except subprocess.CalledProcessError as error:
        print('bench: %s: exit status %d' % (' '.join(error.cmd), error.returncode),
              file=sys.stderr)
    except OSError as error:
        print('bench: %s' % error, file=sys.stderr)
    sys.exit(4)
