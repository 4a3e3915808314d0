"""Starts the dashboard's server: for this machine only unless told otherwise, without statistics or requests out."""

from __future__ import annotations

import os
from pathlib import Path

from sim.report.theme import TOKENS

HERE = Path(__file__).parent
PRIMARY = {"light": TOKENS["ink"].light, "dark": "#66717f"}
"""Neutral, so that a colour always means a capital; white can be read on both."""
WORDS: dict[str, dict[str, str]] = {
    "light": {"greenTextColor": "#006a54", "orangeTextColor": "#8a5200"},
    "dark": {},
}
"""Darker than the lines of the charts where words in a capital's colour could not be read."""
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
        # it holds every session up after every run of a page and every look of a fragment; Python collects by itself
        "runner.postScriptGC": False,
    }
    flags = {name.replace(".", "_"): value for name, value in (options | look()).items()}
    bootstrap.load_config_options(flags)
    bootstrap.run(str(HERE / "app.py"), False, [], flags)


def look() -> dict[str, object]:
    """Return Streamlit's theme in the colours of the reports: light and dark paper."""
    roles = {
        "backgroundColor": "paper",
        "secondaryBackgroundColor": "card",
        "textColor": "ink",
        "borderColor": "rule",
        "linkColor": "washington",
        "greenColor": "minsk",
        "blueColor": "washington",
        "orangeColor": "brussels",
        "redColor": "moscow",
        "grayColor": "muted",
        "greenTextColor": "minsk",
        "blueTextColor": "washington",
        "orangeTextColor": "brussels",
        "redTextColor": "moscow",
        "grayTextColor": "muted",
    }
    theme: dict[str, object] = {
        "theme.baseRadius": "small",
        "theme.baseFontSize": 15,
        "theme.metricValueFontSize": "1.6rem",
        "theme.headingFontSizes": ["1.5rem", "1.25rem", "1.1rem", "1rem", "1rem", "1rem"],
        "theme.paddingTop": "0.75rem",
        "theme.showWidgetBorder": True,
    }
    for paper in ("light", "dark"):
        theme[f"theme.{paper}.primaryColor"] = PRIMARY[paper]
        theme |= {f"theme.{paper}.{role}": getattr(TOKENS[token], paper) for role, token in roles.items()}
        theme |= {f"theme.{paper}.{role}": color for role, color in WORDS[paper].items()}
    return theme
