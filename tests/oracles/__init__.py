"""Independent programs for the answers of the solver, written from the definitions and sharing no code with ``sim``.

plain : reads a `sim.game.Game` into plain arrays, so that nothing of ``sim`` runs in an oracle
twin : backward values and policies in plain NumPy, for every kind of turn, precision and fixed policy
tree : brute-force search of the unrolled tree, in rational numbers
bargaining : alternating offers on a grid of shares, in rational numbers
unanimity : bargaining under unanimity with random recognition, in rational numbers
logit_decimal : the published cases of logit play by the definition, in decimal arithmetic of forty digits
centipede : logit play of the four-move centipede, node by node
"""
