"""Bargaining over arrays of gains: picks, frontiers, coalitions, and the graph model. Knows no capital."""
