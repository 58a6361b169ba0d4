# SPDX-License-Identifier: GPL-2.0-only
# $data: faults of the trace, row, name, median and that as text, both ends of its interval; up to
# `most`. Traces are from `shortest` to `longest`.
bottom = 340
height = bottom + 60
@begin
set lmargin at screen x(84)
set rmargin at screen x(width - 48)
set tmargin at screen y(84)
set bmargin at screen y(bottom)
set yrange [0 : 1.2 * (most > 0 ? most : 1)]
set logscale x
set xrange [shortest / 2 : longest * 2]
set xtics ('1K' 1e3, '10K' 1e4, '100K' 1e5, '1M' 1e6, '10M' 1e7, '100M' 1e8, '1G' 1e9, '10G' 1e10)
set xlabel 'faults in the trace'
set ylabel clock.unit_name
plot $data using 1:4 with lines lc rgb colour[1] lw 2, \
     '' using 1:6:(0):($7 - $6) with vectors heads size screen 0.004, 90 lc rgb colour[1] lw 2, \
     '' using 1:4 with points lc rgb colour[1] pt 7 ps 0.6, \
     '' using 1:7:5 with labels center offset 0, 0.9
unset multiplot
