# SPDX-License-Identifier: GPL-2.0-only
# $labels: row, label, walks that reached a leaf and those as text, walks that failed and as text.
# $reached, $failed: row, descriptors, share of the row's walks in percent, the same as text.
# A histogram a row; how many walks it is of stands beside it.
step = rows == 1 ? 180 : 52
top = 96
bottom = top + step * rows
height = bottom + 56
@begin
left = 24 + character * (label_width > 6 ? label_width : 6)
panel = (width - left - 192) / 2
second = left + panel + 96
base(row) = row + 1
bar(share) = share / 100 * (step - 24.0) / step
small = format eq 'svg' ? 'sans-serif,11' : 'sans-serif,8.5'
set tmargin at screen y(top)
set bmargin at screen y(bottom)
set yrange [rows : 0]
set xrange [0.4 : (deepest > 4 ? deepest : 4) + 0.6]
set xtics 1, 1
set ytics scale 0
set border 1
set grid noxtics noytics
set style fill solid 1.0 border lt -1
set xlabel 'descriptors read'

do for [i = 1:rows] {
	set arrow i from graph 0, first base(i - 1) to graph 1, first base(i - 1) nohead lw 0.5
	set label 10 + i word($labels[i], 4) at screen x(left + panel + 76), first base(i - 1) - 0.18 right
}
set lmargin at screen x(left)
set rmargin at screen x(left + panel)
set label 3 '% of walks to a leaf' at screen x(left), y(82) left
set label 4 'walks' at screen x(left + panel + 76), y(82) right
plot $reached using 2:(base($1)):($2 - 0.36):($2 + 0.36):(base($1)):(base($1) - bar($3)) with boxxyerror lc rgb colour[1] lw 0.5, \
     '' using 2:(base($1) - bar($3) - 9.0 / step):4 with labels font small center, \
     $labels using (-9):(base($1) - 0.18):yticlabel(2) with points
@once
set format y ''
do for [i = 1:rows] { set label 10 + i word($labels[i], 6) at screen x(second + panel + 76), first base(i - 1) - 0.18 right }
set lmargin at screen x(second)
set rmargin at screen x(second + panel)
set label 3 '% of walks that failed' at screen x(second), y(82) left
set label 4 'walks' at screen x(second + panel + 76), y(82) right
plot $failed using 2:(base($1)):($2 - 0.36):($2 + 0.36):(base($1)):(base($1) - bar($3)) with boxxyerror lc rgb colour[2] lw 0.5, \
     '' using 2:(base($1) - bar($3) - 9.0 / step):4 with labels font small center, \
     NaN notitle
unset multiplot
