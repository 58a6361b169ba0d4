# SPDX-License-Identifier: GPL-2.0-only
# What all kinds of plots share. A script sets `height`, and goes on with @begin.
set encoding utf8
width = 900.0
# Of a character, in pixels: the widest sans-serif that a browser is likely to have.
character = 7.8
# Colours of Okabe and Ito, which the colour-blind can tell apart; black is the text's. Lines differ in
# their dashes, too, and areas in their hatches.
array colour[9] = ['#0072B2', '#E69F00', '#009E73', '#D55E00', '#56B4E9', '#CC79A7', '#F0E442', '#999999', '#0072B2']
# Drawn over the colour; 0 is none.
array hatch[9] = [0, 0, 4, 0, 5, 0, 0, 4, 1]
# A line of yellow would hardly be seen on white. More lines than colours begin anew, with other dashes.
paint(i) = (i - 1) % 8 == 6 ? '#806C00' : colour[(i - 1) % 8 + 1]
# Of area `p`, counted from 0: its colour, and over it, as layer 1, its hatch.
area = "fs transparent pattern (layer ? hatch[p + 1] : 3) border lt -1 fc rgb (layer ? '#000000' : colour[p + 1]) lw 0.5"
terminal = format eq 'svg' ? \
	"svg size 900,height font 'sans-serif,13' background '#ffffff' noenhanced" : \
	"pngcairo size 900,height font 'sans-serif,10' background '#ffffff' noenhanced"

title_font = format eq 'svg' ? 'sans-serif,16' : 'sans-serif,12'

# Pixels from the left and from above, as parts of the whole.
x(pixels) = pixels / width
y(pixels) = 1 - pixels / (1.0 * height)

# Title and subtitle, which no plot of several would draw again: it forgets them after the first.
begin = "set terminal @terminal; set multiplot; \
	set label 1 title at screen x(16), y(24) left font title_font; \
	set label 2 subtitle.(strlen(clock) ? (strlen(subtitle) ? ' ' : '').'('.clock[1:8].')' : '') at screen x(16), y(44) left"
once = "unset label 1; unset label 2; unset key"

# What an axis of that many pixels has to be longer than its data, for a text of figures behind a bar.
room(pixels, chars) = pixels / (pixels - character * chars - 12.0)
# Characters of a count with its commas.
digits(v) = int(1.34 * strlen(sprintf('%.0f', v)) + 0.5)

# Figures of the size of `v` read best in this unit: what to divide by, and how it is called.
unit(v) = v >= 2e9 ? 1e9 : v >= 2e6 ? 1e6 : v >= 2e3 ? 1e3 : 1
unit_word(v) = v >= 2e9 ? 'billions of ' : v >= 2e6 ? 'millions of ' : v >= 2e3 ? 'thousands of ' : ''

# The same of bytes.
byte_unit(v) = v >= 2.0**31 ? 2.0**30 : v >= 2.0**21 ? 2.0**20 : v >= 2.0**11 ? 2.0**10 : 1
byte_word(v) = v >= 2.0**31 ? 'GiB' : v >= 2.0**21 ? 'MiB' : v >= 2.0**11 ? 'KiB' : 'bytes'

# Of a logarithmic axis x from `lowest` to `highest`: 1, 2, 5, 10, and powers of 10 where that is too much.
decades = "set xtics () format '%.12g'; \
	set for [e = -1:18] xtics add (10.0**e); \
	set for [e = -1:(highest / lowest < 1000 ? 18 : -2)] xtics add (2 * 10.0**e, 5 * 10.0**e)"

set border 3
set tics nomirror scale 0.4
set grid lc rgb '#bbbbbb' lt 1 lw 0.5
unset key
