#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""seal [NAME=VALUE...]: a console's output out of a script of it on standard input.

    ! TYPE key=value...   a frame, with the next sequence number and its checksum
    !damaged TYPE ...     one with a bit changed behind the checksum's back
    !lost                 one that does not arrive
    !again                the last line once more
    !restart              the board starts anew: sequence numbers, too
    anything else         as it is; # at the beginning of a line is a comment

@NAME@ stands for a value, of the arguments or of the file `values` here.
"""
import os
import sys
import zlib

values = {}
if os.path.exists('values'):
    with open('values') as f:
        values.update(line.rstrip('\n').split('=', 1) for line in f)
values.update(arg.split('=', 1) for arg in sys.argv[1:])


def frame(sequence, text):
    body = 'nv1 %d %s ' % (sequence, text)
    return '~%s~%08x' % (body, zlib.crc32(body.encode()))


def say(line):
    sys.stdout.buffer.write(line.encode('latin-1') + b'\r\n')


sequence = 0
last = ''
for line in sys.stdin:
    line = line.rstrip('\n')
    for name, value in values.items():
        line = line.replace('@%s@' % name, value)
    word = line.split(' ', 1)[0]
    if word == '!restart':
        sequence = 0
    elif word == '!lost':
        sequence += 1
    elif word == '!again':
        say(last)
    elif word in ('!', '!damaged'):
        last = frame(sequence, line.split(' ', 1)[1])
        if word == '!damaged':
            middle = len(last) // 2
            last = last[:middle] + chr(ord(last[middle]) ^ 2) + last[middle + 1:]
        sequence += 1
        say(last)
    elif not line.startswith('#'):
        say(line)
