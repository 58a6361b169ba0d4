#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The image for EL2 under QEMU against the simulator: same decisions, right data.

A case is a run of one trace on one board under one policy. In both modes its
digest is that of `nvsim replay`; in live mode it finds something where `nvsim
check` does, and nothing where that finds nothing. Damaged images and machines
that hang follow. --full: every policy, sample, board and CPU with each other.
TAP on standard output.
"""
import argparse
import collections
import concurrent.futures
import functools
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
NVSIM = os.path.abspath(os.environ.get('NVSIM', ROOT / 'build/nvsim'))
IMAGE = pathlib.Path(NVSIM).parent / 'hwrun/nvsim-el2.elf'
CLANG_IMAGE = pathlib.Path(NVSIM).parent / 'hwrun-clang/nvsim-el2.elf'
QEMU = 'qemu-system-aarch64'
SAMPLES = sorted(path.stem for path in (ROOT / 'traces/samples').glob('*.zst'))
SAMPLE = SAMPLES[0]
SOUND = ('page', 'kvm-6.11', 'kvm-7.3', 'contig', 'coalesce')
UNSOUND = ('kvm-v6', 'review-a1', 'review-a2', 'gk-2022', 'kvm-v9', 'kvm-6.11-rc1', 'unclamped')
DEFAULT = 'kvm-7.3'
# Recordings that are short enough for every day: of class observed, forwarded faults, logging.
ONCE = ('l0-dirtylog-on', 'l0-notifier', 'l1-64k', 'l1-dirtylog', 'thp-thp')
MODES = ('replay', 'live')
# Of these an access that was made comes to one.
ENDS = ('completed', 'injections', 'mmio', 'exits', 'astray', 'open')
# What the MMU itself must notice, not only the checker that runs along.
CAUGHT_BY_MMU = ('unclamped', 'review-a1')
FIRMWARE = {'u-boot': '/usr/lib/u-boot/qemu_arm64/u-boot.bin',
            'uefi': '/usr/share/qemu-efi-aarch64/QEMU_EFI.fd'}
CPUS = ('cortex-a53', 'cortex-a72', 'cortex-a57', 'cortex-a76', 'neoverse-n1', 'max')
RUN_SECONDS = 300

Case = collections.namedtuple('Case', 'trace policy mode board options',
                              defaults=('qemu-virt', ()))


class Skip(Exception):
    """Why a case cannot be run here. No pass."""


class Wrong(Exception):
    """What is not as it should be."""


# ---- traces, and what the simulator says of them ----

# Made as they are needed: hosts with larger pages, for which there are no samples.
GENERATED = {
    'host-16K': ['--host-page', '16K', '--l1-granule', '16K', '--footprint', '64M'],
    'host-64K': ['--host-page', '64K', '--l1-granule', '64K', '--footprint', '256M'],
}
GENERATE = ['--seed', '3', '--faults', '9000', '--vcpus', '2', '--guests', '2', '--pa-bits', '40',
            '--fwb', '0', '--dic', '0', '--mmio', '3', '--leaf-page', '50', '--leaf-block', '50',
            '--back-base', '20', '--back-thp', '80', '--unmaps', '40', '--remaps', '40',
            '--host-unmap-every', '4500']


def output_of(*words):
    return subprocess.run([NVSIM, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


class Traces:
    def __init__(self, folder):
        self.folder = folder
        for name, options in GENERATED.items():
            output_of('gen', '-q', '-o', self.path(name), *GENERATE, *options)

    def path(self, name):
        if name in GENERATED:
            return os.path.join(self.folder, name + '.zst')
        place = 'tests/corpus' if name.startswith('good_') else 'traces/samples'
        return str(ROOT / place / (name + '.zst'))

    @functools.lru_cache(maxsize=None)
    def digest(self, name, policy):
        return output_of('replay', '--digest', '-p', policy, self.path(name)).strip()

    @functools.lru_cache(maxsize=None)
    def is_sound(self, name, policy):
        status = subprocess.run([NVSIM, 'check', '-q', '-p', policy, self.path(name)],
                                stdout=subprocess.DEVNULL, check=False).returncode
        if status not in (0, 1):
            raise Wrong('nvsim check -p %s %s ends with %d' % (policy, name, status))
        return status == 0


# ---- one run ----

@functools.lru_cache(maxsize=None)
def machines():
    return subprocess.run([QEMU, '-M', 'help'], check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def demand(board):
    """Raises Skip where the board cannot be run here."""
    if not shutil.which(QEMU):
        raise Skip('no ' + QEMU)
    if board in FIRMWARE and not os.path.exists(FIRMWARE[board]):
        raise Skip('no ' + FIRMWARE[board])
    if board.startswith('raspi') and board not in machines():
        raise Skip('this QEMU has no ' + board)


def hw_run(traces, case, **environment):
    """Exit status, the result as JSON or None, and the last line of standard error."""
    command = [NVSIM, 'hw', 'run', case.board, traces.path(case.trace), '-p', case.policy,
               '--mode', case.mode, '--json', *case.options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=RUN_SECONDS, check=False,
                          env={**os.environ, **environment})
    try:
        result = json.loads(done.stdout)
    except ValueError:
        result = None
    return done.returncode, result, (done.stderr.strip().splitlines() or [''])[-1]


def expect(what, got, wanted):
    if got != wanted:
        raise Wrong('%s is %s, not %s' % (what, got, wanted))


def judge_live(case, hw, sound):
    if sound != (hw['findings'] == []):
        raise Wrong('findings: %s' % hw['findings'])
    skipped = sum(hw['skipped'].values())
    expect('accesses made, or skipped for a reason,', hw['performed'] + skipped,
           hw['delivered'] + hw['avoided'])
    expect('the sum of all ends of accesses', sum(hw[end] for end in ENDS), hw['performed'])
    if sound and case.trace == SAMPLE:
        expect('the number of touches that never complete', hw['open'], 0)
    if sound and hw['astray']:
        raise Wrong('%d accesses went astray' % hw['astray'])
    if not hw['performed'] or case.trace == SAMPLE and skipped:
        raise Wrong('%d accesses made, skipped %s' % (hw['performed'], hw['skipped']))
    kinds = {finding['kind'] for finding in hw['findings']}
    if case.trace == SAMPLE and case.policy in CAUGHT_BY_MMU and \
            not kinds & {'data', 'granted', 'refused', 'mmu'}:
        raise Wrong('the MMU noticed nothing, only %s' % kinds)


def run_case(traces, case):
    demand(case.board)
    status, result, error = hw_run(traces, case)
    sound = case.mode == 'replay' or traces.is_sound(case.trace, case.policy)
    if result is None:
        raise Wrong('no result, exit status %d: %s' % (status, error))
    expect('the digest', result['digest'], traces.digest(case.trace, case.policy))
    expect('context.emulated', result['context']['emulated'], True)
    if not case.options:
        expect('the number of CPUs at work', result['context']['cpus_running'], 1)
    if '--smp' in case.options:
        expect('the number of CPUs at work', result['context']['cpus_running'], 2)
    if case.mode == 'live':
        judge_live(case, result['hw'], sound)
    expect('the exit status', status, 0 if sound else 1)


def run_clang(traces):
    if not CLANG_IMAGE.exists():
        raise Skip('no %s: make hwrun-clang' % CLANG_IMAGE)
    run_case(traces, Case(SAMPLE, DEFAULT, 'live', options=('--image', str(CLANG_IMAGE))))


# Of one fault, where instructions are counted: the checker's own are no part of it.
FEW_INSTRUCTIONS = 10
PAUSED = ('demand-scattered', 'good_access_flag_by_hardware')


def costs(traces, name, options):
    status, result, error = hw_run(traces, Case(name, DEFAULT, 'replay', options=options))
    if result is None:
        raise Wrong('no result, exit status %d: %s' % (status, error))
    return {(kind, phase): units['instructions']['mean']
            for kind, phases in result['metrics']['handler_cost']['by_class'].items()
            for phase, units in phases.items()}


def run_costs(traces, name, options):
    """Costs are the same whether or not the checker runs along."""
    demand('qemu-virt')
    alone = costs(traces, name, ('--icount',) + options)
    checked = costs(traces, name, ('--icount', '--check') + options)
    expect('the set of classes and phases', sorted(checked), sorted(alone))
    compare(alone, checked, 'with the checker')


def run_phases(traces, name):
    """All phases together cost what the whole does when it is not cut into phases."""
    demand('qemu-virt')
    whole = costs(traces, name, ('--icount', '--no-phases'))
    apart = costs(traces, name, ('--icount',))
    compare(whole, apart, 'told apart')


def compare(means, others, how):
    for what, mean in means.items():
        if abs(others[what] - mean) > FEW_INSTRUCTIONS:
            raise Wrong('%s: %.1f instructions, %.1f %s' %
                        (' '.join(what), mean, others[what], how))


# ---- images that are damaged, machines that hang ----

# In the place of QEMU: changes the image first, or what is done with it.
WRAPPER = '''#!/usr/bin/env python3
import os, struct, sys
arguments = sys.argv[1:]
if 'help' not in arguments:
    where = arguments.index('-kernel') + 1
    image = bytearray(open(arguments[where], 'rb').read())
    blob = image.rindex(b'NVSIMBLB')
    %s
    open(arguments[where], 'wb').write(image)
os.execv(%r, [%r] + arguments)
'''
BLOBS = {
    'a flipped byte': ('image[len(image) - 1000] ^= 0x20', 'damaged'),
    'a truncated file': ('del image[blob + (len(image) - blob) // 2:]', 'damaged'),
    'another version': ("image[blob + 8] += 1", 'another version'),
    'more than there is memory': ("image[blob + 16:blob + 24] = struct.pack('<Q', 1 << 40)",
                                  'larger than memory'),
    'a trace beyond its end': ("image[blob + 40:blob + 48] = struct.pack('<Q', 1 << 30)",
                               'beyond its end'),
    'no trace': ("image[blob:blob + 8] = bytes(8)", 'no trace'),
}


def with_wrapper(folder, text):
    """The PATH with a QEMU of our own in front."""
    place = tempfile.mkdtemp(dir=folder)
    wrapper = os.path.join(place, QEMU)
    with open(wrapper, 'w', encoding='ascii') as out:
        out.write(text)
    os.chmod(wrapper, 0o755)
    return place + ':' + os.environ['PATH']


def run_bad_blob(traces, name):
    demand('qemu-virt')
    change, reason = BLOBS[name]
    path = with_wrapper(traces.folder, WRAPPER % (change, shutil.which(QEMU), QEMU))
    status, _, error = hw_run(traces, Case(SAMPLE, DEFAULT, 'replay'), PATH=path)
    expect('the exit status', status, 3)
    if reason not in error:
        raise Wrong('the reason is "%s"' % error)


# cpu_start of head.S, which begins as the image itself does.
STARTED_CPU = struct.pack('<II', 0xd5034fdf, 0xaa0003f4)  # msr daifset, #0xf; mov x20, x0
STUCK_CPU = 'at = image.rindex(%r); image[at:at + 4] = %r' % (
    STARTED_CPU, struct.pack('<I', 0x14000000))  # b .


def run_absent_cpu(traces):
    """PSCI has started a CPU, and it does not arrive: the run is that of the others."""
    demand('qemu-virt')
    path = with_wrapper(traces.folder, WRAPPER % (STUCK_CPU, shutil.which(QEMU), QEMU))
    for mode in MODES:
        case = Case(SAMPLE, DEFAULT, mode, options=('--smp', '2'))
        status, result, error = hw_run(traces, case, PATH=path)
        if result is None:
            raise Wrong('no result, exit status %d: %s' % (status, error))
        expect('the number of CPUs at work', result['context']['cpus_running'], 1)
        expect('the digest', result['digest'], traces.digest(SAMPLE, DEFAULT))
        expect('the exit status', status, 0)
        if 'does not arrive' not in result['hw']['absent'].get('cpus', ''):
            raise Wrong('what is absent: %s' % result['hw']['absent'])


def frame(text):
    body = 'nv1 ' + text
    return '~%s ~%08x' % (body, zlib.crc32((body + ' ').encode()))


def alive(marker):
    """Whether a process with this in its command line is left."""
    for path in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        try:
            if marker.encode() in path.read_bytes():
                return True
        except OSError:
            pass
    return False


def run_hang(traces, text, wanted):
    """A machine that says no more: noticed after --timeout, told with its last frame, ended."""
    demand('qemu-virt')
    path = with_wrapper(traces.folder, text)
    begun = time.monotonic()
    status, _, error = hw_run(traces, Case(SAMPLE, DEFAULT, 'replay',
                                           options=('--timeout', '2')), PATH=path)
    expect('the exit status', status, 4)
    if wanted not in error:
        raise Wrong('the message is "%s"' % error)
    if time.monotonic() - begun > 20:
        raise Wrong('it took %.0f s' % (time.monotonic() - begun))
    if alive(path.split(':')[0]):
        raise Wrong('the machine is left running')


def run_stopped(traces):
    run_hang(traces, '#!/bin/sh\nexec %s "$@" -S -name "$0"\n' % shutil.which(QEMU), 'no frame')


def run_silent(traces):
    last = frame('0 progress events=4711 accesses=11')
    run_hang(traces, "#!/bin/sh\n[ \"$2\" = help ] && exec %s \"$@\"\necho '%s'\nexec tail -f \"$0\"\n"
             % (shutil.which(QEMU), last), 'events=4711')


# ---- what is run ----

def cases(full):
    yield from (Case(SAMPLE, policy, mode) for policy in SOUND + UNSOUND for mode in MODES)
    boards = ('raspi3b', 'raspi4b', 'u-boot', 'uefi')
    policies = SOUND + UNSOUND if full else (DEFAULT,)
    yield from (Case(SAMPLE, policy, mode, board)
                for board in boards for policy in policies for mode in MODES)
    yield from (Case(SAMPLE, policy, 'live', 'qemu-virt', ('--cpu', cpu))
                for cpu in (CPUS if full else CPUS[:2]) for policy in policies)
    yield from (Case(SAMPLE, policy, 'live', 'qemu-virt', ('--smp', '2')) for policy in policies)
    for sample in SAMPLES[1:] if full else ONCE:
        yield from (Case(sample, policy, mode) for policy in policies
                    for mode in (MODES if full else MODES[1:]))
    for trace in GENERATED:
        yield from (Case(trace, policy, 'live') for policy in
                    (policies if full else (DEFAULT, 'unclamped')))


def plan(traces, full):
    """Pairs of a name and what to call."""
    for case in cases(full):
        name = ' '.join((case.board, case.trace, case.policy, case.mode) + case.options)
        yield name, functools.partial(run_case, traces, case)
    yield 'the image that clang builds', functools.partial(run_clang, traces)
    for name in PAUSED:
        for options in ((), ('--no-phases',)):
            yield ' '.join(('costs without the checker:', name) + options), functools.partial(
                run_costs, traces, name, options)
    for name in PAUSED:
        yield 'costs of phases together: ' + name, functools.partial(run_phases, traces, name)
    for blob in BLOBS:
        yield 'refused: ' + blob, functools.partial(run_bad_blob, traces, blob)
    yield 'a CPU that never arrives', functools.partial(run_absent_cpu, traces)
    yield 'a machine that never begins', functools.partial(run_stopped, traces)
    yield 'a machine that falls silent', functools.partial(run_silent, traces)


def attempt(pair):
    """Whether the test passed, and what stands behind its number."""
    name, call = pair
    begun = time.monotonic()
    try:
        call()
    except Skip as why:
        return True, '%s # SKIP %s' % (name, why)
    except (Wrong, KeyError, TypeError, subprocess.SubprocessError) as why:
        return False, '%s\n# %s: %s' % (name, type(why).__name__, why)
    return True, '%s (%.1f s)' % (name, time.monotonic() - begun)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--full', action='store_true', help='everything with everything')
    parser.add_argument('--only', metavar='TEXT', default='', help='cases with this in their name')
    options = parser.parse_args()
    if not IMAGE.exists():
        print('1..0 # SKIP no %s: make hwrun' % IMAGE)
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix='nvsim-matrix-') as folder, \
            concurrent.futures.ThreadPoolExecutor(2) as two:
        tests = [pair for pair in plan(Traces(folder), options.full) if options.only in pair[0]]
        print('1..%d' % len(tests))
        failed = False
        for number, (passed, line) in enumerate(two.map(attempt, tests), 1):
            print('%s %d - %s' % ('ok' if passed else 'not ok', number, line), flush=True)
            failed |= not passed
    sys.exit(failed)


if __name__ == '__main__':
    main()
