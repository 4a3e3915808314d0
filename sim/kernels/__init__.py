"""Compiled inner loops: plain arrays in, plain arrays out; the only place that imports numba.

Every function works on a block of states and touches no other, so that the same bits come out for any number of
threads. The reference is a plain NumPy twin in the tests.
"""
