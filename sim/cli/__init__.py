"""The command line ``grand-deal``. Data goes to stdout, progress and messages to stderr.

Exit codes: 0 done, 1 finished with failures, 2 wrong usage, 3 invalid scenario, 130 interrupted. Nothing heavy is
imported before a command needs it, so that help and completion come at once.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line on this process's arguments, and exit."""
    import sys

    from sim.cli.app import app

    if sys.stderr is not None and sys.stderr.isatty():
        import logging

        log = logging.getLogger("sim")
        log.addHandler(logging.StreamHandler())
        log.setLevel(logging.INFO)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a title in letters that this terminal or file cannot hold is no defect
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="grand-deal")
