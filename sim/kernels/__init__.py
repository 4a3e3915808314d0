"""Compiled inner loops: plain arrays in, plain arrays out; the only place that imports numba.

Every function works on a block of states and touches no other, so that the same bits come out for any number of
threads. The reference is a plain NumPy twin in the tests.

Numba keeps compiled code by the file of the kernel alone: after an edit of `lanes` or `mathematics` the code kept for
the kernels that use them is stale, so clear it (``NUMBA_CACHE_DIR`` names a fresh place).
"""
