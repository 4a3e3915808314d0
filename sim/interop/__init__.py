"""The game in formats that other programs read: Gambit's extensive form, a table of the state graph, GraphViz.

See INTEROP.md in this folder for what stands in a file and how to check Grand Deal with programs of others.
"""

from sim.interop.dot import DOT_EDGES, dot_lines, to_dot
from sim.interop.efg import efg_lines, to_efg
from sim.interop.files import write_lines
from sim.interop.graph import columns, graph_rows, row_count, state_graph, write_graph
from sim.interop.names import Names, names_of
from sim.interop.tree import MAX_NODES, Node, behaviour, check_size, node_count, nodes
from sim.interop.truncate import find_choices, truncate

__all__ = [
    "DOT_EDGES",
    "MAX_NODES",
    "Names",
    "Node",
    "behaviour",
    "check_size",
    "columns",
    "dot_lines",
    "efg_lines",
    "find_choices",
    "graph_rows",
    "names_of",
    "node_count",
    "nodes",
    "row_count",
    "state_graph",
    "to_dot",
    "to_efg",
    "truncate",
    "write_graph",
    "write_lines",
]
