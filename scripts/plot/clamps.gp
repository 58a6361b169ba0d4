# SPDX-License-Identifier: GPL-2.0-only
# $labels: row, label. $causes: number, name, of the `cause_count` that occur. $faults, $bytes: row,
# begin and end of a part of its bar, number of the cause.
columns = 5
legend_rows = (cause_count + columns - 1) / columns
top = 106 + 22 * legend_rows
bottom = top + 24 * rows
height = bottom + 56
@begin
left = 24 + character * label_width
middle = (width + left) / 2
# The first number is 0.
do for [i = 1:cause_count] {
	c = int(word($causes[i], 1)) + 1
	from = 16 + 172 * ((i - 1) % columns)
	line = 68 + 22 * ((i - 1) / columns)
	set object i rect from screen x(from), y(line + 7) to screen x(from + 28), y(line - 7) fs solid 1.0 border lt -1 fc rgb colour[c] lw 0.5
	set object 20 + i rect from screen x(from), y(line + 7) to screen x(from + 28), y(line - 7) fs transparent pattern hatch[c] noborder fc rgb '#000000'
	set label 10 + i word($causes[i], 2) at screen x(from + 36), y(line) left
}
set tmargin at screen y(top)
set bmargin at screen y(bottom)
set yrange [rows - 0.4 : -0.6]
set ytics scale 0
set grid noytics xtics

set lmargin at screen x(left)
set rmargin at screen x(middle - 24)
set xrange [0 : 1.02 * (faults_most > 0 ? faults_most / unit(faults_most) : 1)]
set xlabel unit_word(faults_most).'faults'
set label 3 'Faults that mapped' at screen x(left), y(top - 14) left
plot for [p = 0:8] for [layer = 0:1] $faults using (0):($4 == p ? $1 : NaN):($2 / unit(faults_most)):($3 / unit(faults_most)):($1 - 0.36):($1 + 0.36) \
	with boxxyerror @area, \
     $labels using (-9):1:yticlabel(2) with points
@once
do for [i = 1:cause_count] { unset object i; unset object 20 + i; unset label 10 + i }
set lmargin at screen x(middle + 24)
set rmargin at screen x(width - 24)
set xrange [0 : 1.02 * (bytes_most > 0 ? bytes_most / byte_unit(bytes_most) : 1)]
set xlabel byte_word(bytes_most)
set label 3 'Bytes mapped' at screen x(middle + 24), y(top - 14) left
set format y ''
plot for [p = 0:8] for [layer = 0:1] $bytes using (0):($4 == p ? $1 : NaN):($2 / byte_unit(bytes_most)):($3 / byte_unit(bytes_most)):($1 - 0.36):($1 + 0.36) \
	with boxxyerror @area
unset multiplot
