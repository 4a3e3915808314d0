"""Deliberate faults and standard mutants: does the fast part of the tests notice when the program is broken?"""
