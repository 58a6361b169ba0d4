# SPDX-License-Identifier: GPL-2.0-only
# $data: row, label, median and that as text, both ends of its interval.
bottom = 100 + 22 * rows
height = bottom + 56
@begin
left = 24 + character * label_width
set lmargin at screen x(left)
set rmargin at screen x(width - 96)
set tmargin at screen y(76)
set bmargin at screen y(bottom)
set yrange [rows - 0.4 : -0.6]
set ytics scale 0
set logscale x
set xrange [lowest * 0.8 : highest * 1.25]
@decades
set xlabel clock.unit_name.' (median and its 95% interval)'
do for [i = 1:rows] { set label 10 + i word($data[i], 4) at screen x(width - 16), first i - 1 right }
begin(low) = low > 0 ? low : lowest
plot $data using (begin($5)):1:($6 - begin($5)):(0):yticlabel(2) with vectors heads size screen 0.004, 90 lc rgb colour[1] lw 2, \
     '' using 3:1 with points lc rgb colour[1] pt 7 ps 0.6
unset multiplot
