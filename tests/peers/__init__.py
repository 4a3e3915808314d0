"""Comparisons with programs that we did not write; see README.md in this folder."""
