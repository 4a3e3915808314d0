"""The command line ``grand-deal``. Data goes to stdout, progress and messages to stderr.

Exit codes: 0 done, 1 finished with failures, 2 wrong usage, 3 invalid scenario, 130 interrupted. Nothing heavy is
imported before a command needs it, so that help and completion come at once.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line on this process's arguments, and exit."""
    from sim.cli.app import app

    app(prog_name="grand-deal")
