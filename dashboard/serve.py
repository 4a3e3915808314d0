"""Starts the dashboard's server: for this machine only unless told otherwise, without statistics or requests out."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).parent
ROOT_VARIABLE = "GRAND_DEAL_RESULTS"
"""Names the one folder whose results the dashboard may open."""


def serve(*, address: str = "127.0.0.1", port: int = 8501, root: Path | None = None, browser: bool = True) -> None:
    """Serve the dashboard until interrupted.

    Parameters
    ----------
    address, port : where to listen.
    root : folder under which results of batch runs may be opened; None: none can.
    browser : whether to open the page in the default browser.
    """
    from streamlit.web import bootstrap

    if root is not None:
        os.environ[ROOT_VARIABLE] = str(root.resolve())
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": not browser,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": 1,  # MB: a scenario file has a few kB
        "server.showEmailPrompt": False,
        "browser.gatherUsageStats": False,
        "browser.serverAddress": "localhost" if address == "127.0.0.1" else address,
        "browser.serverPort": port,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "global.disableWidgetStateDuplicationWarning": True,
    }
    flags = {name.replace(".", "_"): value for name, value in options.items()}
    bootstrap.load_config_options(flags)
    bootstrap.run(str(HERE / "app.py"), False, [], flags)
