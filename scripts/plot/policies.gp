# SPDX-License-Identifier: GPL-2.0-only
# $data: row, label, faults, text, share in percent, text. Bars to the right: names are of any length.
bottom = 100 + 24 * rows
height = bottom + 56
@begin
left = 24 + character * label_width
middle = (width + left) / 2
set tmargin at screen y(96)
set bmargin at screen y(bottom)
set yrange [rows - 0.4 : -0.6]
set grid noytics xtics
set ytics scale 0
set style fill solid 1.0 border lt -1

set lmargin at screen x(left)
set rmargin at screen x(middle - 24)
scale = unit(faults_most)
set xrange [0 : room(middle - 24 - left, digits(faults_most) + 2 * bound) * (faults_most > 0 ? faults_most / scale : 1)]
set xlabel unit_word(faults_most).'faults'.(bound ? ' (≥: a lower bound)' : '')
set label 3 'Shadow faults' at screen x(left), y(82) left
plot $data using (0):1:(0):($3 / scale):($1 - 0.36):($1 + 0.36):yticlabel(2) with boxxyerror lc rgb colour[1] lw 0.5, \
     '' using (valid(3) ? $3 / scale : 0):1:4 with labels left offset 0.6, 0
@once
unset label 3

set lmargin at screen x(middle + 24)
set rmargin at screen x(width - 16)
set xrange [0 : 100 * room(width - 40 - middle, 5)]
set xtics 0, 20, 100
set xlabel '% of bytes mapped'
set label 3 'Bytes under blocks '.when at screen x(middle + 24), y(82) left
set format y ''
plot $data using (0):1:(0):5:($1 - 0.36):($1 + 0.36) with boxxyerror lc rgb colour[2] lw 0.5, \
     '' using (valid(5) ? $5 : 0):1:6 with labels left offset 0.6, 0
unset multiplot
