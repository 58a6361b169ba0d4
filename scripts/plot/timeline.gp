# SPDX-License-Identifier: GPL-2.0-only
# $series1, ...: seconds, block share and injection rate in percent, whether it is one point. $legend: a text for each.
# $marks: number, seconds, text; the first 12 of `mark_count`.
scale = seconds >= 2 ? 1 : seconds >= 2e-3 ? 1e-3 : 1e-6
scale_name = seconds >= 2 ? 's' : seconds >= 2e-3 ? 'ms' : 'us'
listed = mark_count > 12 ? 12 : mark_count
list_rows = (listed + 1) / 2 + (mark_count > listed)
legend_rows = rows > 1 ? rows : 0
top = 96 + 18 * legend_rows
panel = 150
second = top + panel + 40
bottom = second + panel
height = bottom + 56 + (listed ? 36 + 18 * list_rows : 0)
@begin
do for [i = 1:legend_rows] {
	set label 10 + i word($legend[i], 1) at screen x(56), y(48 + 18 * i) left
	set arrow 10 + i from screen x(16), y(48 + 18 * i) to screen x(48), y(48 + 18 * i) nohead lc rgb paint(i) dt i lw 2
}
# In two columns, below the axis.
place = bottom + 76
if (listed) { set label 30 'Marks' at screen x(16), y(place) left }
do for [i = 1:listed] {
	line = sprintf('%s   %.1f %s   %s', word($marks[i], 1), word($marks[i], 2) / scale, scale_name, word($marks[i], 3))
	set label 30 + i line at screen x(i % 2 ? 16 : 458), y(place + 18 * ((i + 1) / 2)) left
}
if (mark_count > listed) {
	set label 49 sprintf('and %d more, not shown', mark_count - listed) at screen x(16), y(place + 18 * list_rows) left
}

set lmargin at screen x(72)
set rmargin at screen x(width - 24)
set xrange [0 : seconds > 0 ? seconds / scale : 1]
do for [i = 1:listed] {
	at = word($marks[i], 2) / scale
	set arrow 50 + i from at, graph 0 to at, graph 1 nohead dt 2 lw 0.8
	set label 50 + i word($marks[i], 1) at at, graph (i % 2 ? 1.05 : 1.13) center
}
set tmargin at screen y(top)
set bmargin at screen y(top + panel)
set yrange [-2 : 104]
set ytics 0, 25, 100
set ylabel 'bytes under blocks (%)'
set format x ''
plot for [i = 1:rows] '$series'.i using ($1 / scale):2 with lines lc rgb paint(i) dt i lw 2, \
     for [i = 1:rows] '$series'.i using ($4 == 1 ? $1 / scale : NaN):2 with points lc rgb paint(i) pt 7 ps 0.7
@once
do for [i = 10:49] { unset label i; unset arrow i }
do for [i = 1:listed] { unset label 50 + i }

set tmargin at screen y(second)
set bmargin at screen y(bottom)
most = injected_most > 0 ? injected_most : 1
set yrange [-0.02 * most : 1.04 * most]
set ytics autofreq
set ylabel 'faults injected (%)'
set format x
set xlabel clock.'time since the beginning of the stream ('.scale_name.')'
plot for [i = 1:rows] '$series'.i using ($1 / scale):3 with lines lc rgb paint(i) dt i lw 2, \
     for [i = 1:rows] '$series'.i using ($4 == 1 ? $1 / scale : NaN):3 with points lc rgb paint(i) pt 7 ps 0.7
unset multiplot
