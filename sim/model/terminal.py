"""What the end of the last round is worth: nature goes on for ever and nobody acts.

V(s) = sum over s' of P(s, s') [flow(s') + d V(s')], with P the law of nature: talks, arrests and the fading
of contact. The other dials stand still, so the chain is small. Arrests only ever raise the stock, so it is
solved from the fullest stock downwards, exactly, with one 9 x 9 system (talks x contact) for each level.
"""

from __future__ import annotations

import numpy as np

from sim.model.dials import CONTACT, DIALS, TALKS, Floats, Space


def idle_value(
    space: Space, flow: Floats, discount: Floats, *, talks: Floats, fade: float, arrests: tuple[int, float]
) -> Floats:
    """Return the expected discounted flow from every state when nobody ever acts again.

    Parameters
    ----------
    flow : shape (S_0, players), points a month.
    discount : shape (players,), each below 1.
    talks : the chain of the talks, shape (3, 3).
    fade : probability a month that envoy contact lapses.
    arrests : full lots arrested every month, and the probability of one more.

    Returns
    -------
    ndarray, shape (S_0, players), points of the month in which the first flow is received.
    """
    n_players, n_block = flow.shape[1], len(TALKS) * len(CONTACT)
    moved = np.moveaxis(flow.reshape(*space.shape, n_players), (-1, 5, 0, 4), (0, 1, 2, 3))
    by_stock = np.ascontiguousarray(moved).reshape(n_players, space.top + 1, n_block, -1)
    law = np.kron(talks, _fading(fade))
    weight = discount[:, None, None]
    full, more = arrests
    value = np.empty_like(by_stock)
    identity = np.eye(n_block)
    for lots in range(space.top, -1, -1):
        # probabilities of the stocks that can follow, all at least this one; the stock stops at the top
        following = [(min(lots + full, space.top), 1.0 - more), (min(lots + full + 1, space.top), more)]
        staying = sum(chance for after, chance in following if after == lots)
        known = staying * by_stock[:, lots]
        for after, chance in following:
            if after > lots:
                known = known + chance * (by_stock[:, after] + weight * value[:, after])
        value[:, lots] = np.linalg.solve(identity - weight * staying * law, law @ known)
    shape = (n_players, space.top + 1, len(TALKS), len(CONTACT), *space.shape[1:4])
    back = np.moveaxis(value.reshape(shape), (0, 1, 2, 3), (-1, len(DIALS) - 1, 0, 4))
    return np.ascontiguousarray(back).reshape(space.size, n_players)


def _fading(fade: float) -> Floats:
    law = np.eye(len(CONTACT))
    envoys, isolated = CONTACT.index("envoys"), CONTACT.index("isolated")
    law[envoys, envoys], law[envoys, isolated] = 1.0 - fade, fade
    return law
