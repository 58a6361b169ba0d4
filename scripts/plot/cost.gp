# SPDX-License-Identifier: GPL-2.0-only
# $series1, ... to `series`: cost, share in percent. $legend: a text for each, up to `legend_width`.
# The cost, in `unit_name`, is from `lowest` to `highest`.
columns = legend_width > 46 ? 1 : legend_width > 28 ? 2 : 3
legend_rows = (series + columns - 1) / columns
top = 72 + 20 * legend_rows
bottom = top + 300
height = bottom + 60
@begin
do for [i = 1:series] {
	from = 16 + (width - 24) / columns * ((i - 1) % columns)
	line = 68 + 20 * ((i - 1) / columns)
	set arrow i from screen x(from), y(line) to screen x(from + 40), y(line) nohead lc rgb paint(i) dt i lw 2
	set label 10 + i word($legend[i], 1) at screen x(from + 48), y(line) left
}
set lmargin at screen x(84)
set rmargin at screen x(width - 24)
set tmargin at screen y(top)
set bmargin at screen y(bottom)
set yrange [-2 : 102]
set ytics 0, 25, 100
set logscale x
set xrange [lowest * 0.95 : highest * 1.05]
@decades
set xlabel 'cost of a fault ('.clock.unit_name.')'
set ylabel 'faults that cost no more (%)'
plot for [i = 1:series] '$series'.i using 1:2 with steps lc rgb paint(i) dt i lw 2
unset multiplot
