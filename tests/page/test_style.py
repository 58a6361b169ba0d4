#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The style sheet of all pages: text can be read, and steps of a heat map told apart, in both themes."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = ('ink', 'muted', 'accent', 'good', 'bad')
GROUNDS = ('ground', 'surface', 'cell')
READABLE = 4.5
APART = 1.2  # neighbours of a sequence that only grows: their order tells the rest


def colours(css):
    """Of the light and of the dark theme, by name."""
    light, dark = re.split(r'@media \(prefers-color-scheme: dark\)', css)
    found = re.compile(r'--([\w-]+): (#(?:[0-9a-f]{3}){1,2});')
    light = dict(found.findall(light))
    return {'light': light, 'dark': {**light, **dict(found.findall(dark))}}


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else ''.join(2 * c for c in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def wrong_with(theme, c):
    pairs = [(text, ground) for text in TEXT for ground in GROUNDS]
    for text, ground in pairs + [('emulated', 'emulated-ground')]:
        if contrast(c[text], c[ground]) < READABLE:
            yield '%s: %s on %s: %.2f' % (theme, text, ground, contrast(c[text], c[ground]))
    steps = ['cell'] + ['h%d' % i for i in range(1, 9)]
    falls = [luminance(c[a]) > luminance(c[b]) for a, b in zip(steps, steps[1:])]
    if len(set(falls)) != 1:
        yield '%s: the heat map does not go one way' % theme
    for a, b in zip(steps, steps[1:]):
        if contrast(c[a], c[b]) < APART:
            yield '%s: %s and %s are too near: %.2f' % (theme, a, b, contrast(c[a], c[b]))


def main():
    css = (ROOT / 'sim/page/page.css').read_text()
    themes = colours(css)
    wrong = [line for theme in themes for line in wrong_with(theme, themes[theme])]
    used = set(re.findall(r'var\(--([\w-]+)\)', css))
    wrong += ['--%s is not defined' % name for name in sorted(used - set(themes['light']))]
    print('\n'.join(wrong) or 'ok 1 - colours')
    return len(wrong) > 0


if __name__ == '__main__':
    sys.exit(main())
