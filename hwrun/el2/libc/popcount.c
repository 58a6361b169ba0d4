/* SPDX-License-Identifier: GPL-2.0-only */
/* What gcc calls for __builtin_popcount where it may not use the registers of floating point. */

int __popcountdi2(unsigned long long v);
int __popcountdi2(unsigned long long v)
{
	int count = 0;

	for (; v; v &= v - 1)
		count++;
	return count;
}
