"""OpenSpiel's side: python side_openspiel.py FILE REPEATS walks the whole tree of an extensive-form file."""

from __future__ import annotations

import json
import sys
import time


def main(file: str, repeats: int) -> int:
    """Print a JSON line for each repeat: seconds of the expected payoffs of uniform play, and what they are."""
    try:
        import pyspiel
    except ImportError:
        print("not installed", file=sys.stderr)
        return 1
    game = pyspiel.load_game(f"efg_game(filename={file})")
    state, uniform = game.new_initial_state(), pyspiel.UniformRandomPolicy(game)
    pyspiel.expected_returns(state, uniform, -1, False)
    for _ in range(repeats):
        begun = time.perf_counter()
        found = pyspiel.expected_returns(state, uniform, -1, False)
        print(json.dumps({"seconds": time.perf_counter() - begun, "payoffs": list(found)}), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2])))
