#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The instructions at EL2 against those that are kept: what is a regression, and what is not."""
import copy
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'bench'))
import bench  # pylint: disable=wrong-import-position

KEPT = {'compiler': 'gcc 12', 'trace': 'aa',
        'instructions': {'relax': {'n': 10, 'p50': 500, 'mean': 510.0, 'max': 600}}}


class Regressions(unittest.TestCase):
    def setUp(self):
        handle, bench.EL2_KEPT = tempfile.mkstemp()
        with open(handle, 'w', encoding='utf-8') as out:
            json.dump(KEPT, out)
        self.costs = copy.deepcopy(KEPT)
        self.relax = self.costs['instructions']['relax']

    def tearDown(self):
        os.unlink(bench.EL2_KEPT)

    def compare(self):
        return bench.compare_with_kept(self.costs, 'relax')

    def test_equal_figures(self):
        self.assertEqual(self.compare(), 'kept: 500')

    def test_two_percent_are_tolerated(self):
        self.relax.update(p50=510, mean=520.2, max=9000)
        self.compare()

    def test_a_median_of_more_is_a_regression(self):
        self.relax['p50'] = 511
        self.assertRaises(bench.Regression, self.compare)

    def test_a_mean_of_more_is_a_regression(self):
        self.relax['mean'] = 520.3
        self.assertRaises(bench.Regression, self.compare)

    def test_another_compiler_is_not_compared(self):
        self.relax['p50'] = 5000
        self.costs['compiler'] = 'gcc 13'
        self.assertIn('gcc 12', self.compare())

    def test_another_trace_needs_new_figures(self):
        self.costs['trace'] = 'bb'
        self.assertRaises(bench.Regression, self.compare)

    def test_an_outcome_that_is_not_kept_needs_new_figures(self):
        self.costs['instructions']['mmio'] = self.relax
        with self.assertRaises(bench.Regression):
            bench.compare_with_kept(self.costs, 'mmio')

    def test_what_is_kept_is_read_again(self):
        self.relax['p50'] = 400
        bench.keep(self.costs)
        self.assertEqual(self.compare(), 'kept: 400')


if __name__ == '__main__':
    unittest.main()
