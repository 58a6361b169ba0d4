# SPDX-License-Identifier: GPL-2.0-only
# $data: place, label, number of the invalidation policy, entries visited and bytes unmapped by an
# unmap of the host: entries as figure and text, bytes.
bottom = 100 + 24 * rows
height = bottom + 56
@begin
left = 24 + character * label_width
middle = (width + left) / 2
set tmargin at screen y(96)
set bmargin at screen y(bottom)
set yrange [rows - 0.4 : -0.6]
set ytics scale 0
set grid noytics xtics

set lmargin at screen x(left)
set rmargin at screen x(middle - 24)
scale = unit(visited_most)
set xrange [0 : room(middle - 24 - left, digits(visited_most) + 2) * (visited_most > 0 ? visited_most / scale : 1)]
set xlabel unit_word(visited_most).'descriptors'
set label 3 'Descriptors visited by an unmap of the host' at screen x(left), y(82) left
plot for [p = 0:3] for [layer = 0:1] $data using (0):($3 == p ? $1 : NaN):(0):($4 / scale):($1 - 0.36):($1 + 0.36) with boxxyerror @area, \
     $data using ($4 / scale):1:5:yticlabel(2) with labels left offset 0.6, 0
@once
unset label 3

set lmargin at screen x(middle + 24)
set rmargin at screen x(width - 16)
set xrange [0 : room(width - 40 - middle, 11) * (unmapped_most > 0 ? unmapped_most / byte_unit(unmapped_most) : 1)]
set xlabel byte_word(unmapped_most)
set label 3 'Bytes unmapped by it' at screen x(middle + 24), y(82) left
set format y ''
plot for [p = 0:3] for [layer = 0:1] $data using (0):($3 == p ? $1 : NaN):(0):($6 / byte_unit(unmapped_most)):($1 - 0.36):($1 + 0.36) with boxxyerror @area, \
     '' using ($6 / byte_unit(unmapped_most)):1:(sprintf('%.1f %s', $6 / byte_unit($6), byte_word($6))) with labels left offset 0.6, 0
unset multiplot
