# SPDX-License-Identifier: GPL-2.0-only
# What all kinds of plots share. A script sets `height`, and goes on with @begin.
set encoding utf8
width = 900.0
# Of a character, in pixels: the widest sans-serif that a browser is likely to have.
character = 7.8
# Colours of Okabe and Ito, which the colour-blind can tell apart; those of lines differ from white
# and from black. Lines differ in their dashes, too, and areas in their hatches.
array colour[8] = ['#0072B2', '#E69F00', '#009E73', '#D55E00', '#56B4E9', '#CC79A7', '#F0E442', '#999999']
array hatch[8] = [3, 6, 7, 1, 2, 4, 5, 0]
terminal = format eq 'svg' ? \
	"svg size 900,height font 'sans-serif,13' background '#ffffff' noenhanced" : \
	"pngcairo size 900,height font 'sans-serif,10' background '#ffffff' noenhanced"

# Pixels from the left and from above, as parts of the whole.
x(pixels) = pixels / width
y(pixels) = 1 - pixels / (1.0 * height)

# Title and subtitle, which no plot of several would draw again: it forgets them after the first.
begin = "set terminal @terminal; set multiplot; \
	set label 1 title at screen x(16), y(24) left; \
	set label 2 subtitle.(strlen(clock) ? (strlen(subtitle) ? ' ' : '').'('.clock[1:8].')' : '') at screen x(16), y(44) left"
once = "unset label 1; unset label 2; unset key"

# Figures of the size of `v` read best in this unit: what to divide by, and how it is called.
unit(v) = v >= 2e9 ? 1e9 : v >= 2e6 ? 1e6 : v >= 2e3 ? 1e3 : 1
unit_word(v) = v >= 2e9 ? 'billions of ' : v >= 2e6 ? 'millions of ' : v >= 2e3 ? 'thousands of ' : ''

set border 3
set tics nomirror scale 0.4
set grid lc rgb '#bbbbbb' lt 1 lw 0.5
unset key
