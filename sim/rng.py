"""Named random streams.

Each use of chance has a stream of its own, named by words; a new draw in one place disturbs no other.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random generator that belongs to ``seed`` and these names.

    Parameters
    ----------
    seed : whole number, 0 or above.
    names : words or whole numbers that say what the draws are for.

    Returns
    -------
    numpy.random.Generator : the same for the same arguments on every machine; independent for different names.
    """
    import numpy as np

    key = "\x1f".join(f"{type(name).__name__}:{name}" for name in names)
    digest = hashlib.sha256(key.encode()).digest()
    words = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4))
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=words)))
