"""``dashboard``: the application in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import options
from sim.errors import UsageError


def dashboard(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, metavar="NUMBER", help="Where to listen.")] = 8501,
    address: Annotated[
        str,
        typer.Option(
            "--address",
            metavar="ADDRESS",
            help="Where to listen; the usual address admits this machine only. For others, put a login proxy first.",
        ),
    ] = "127.0.0.1",
    root: Annotated[
        Path | None,
        options.optional(
            "--results",
            "FOLDER",
            "Results of batch runs under this folder can be opened (default: ./results, if it is there).",
        ),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Open the dashboard in a browser; Ctrl-C ends it."""
    if root is not None and not root.is_dir():
        raise UsageError(f"--results: found {str(root)!r}; allowed: a folder that is there")
    usual = Path("results")
    from dashboard.serve import serve

    serve(address=address, port=port, root=root or (usual if usual.is_dir() else None), browser=not no_browser)
