"""What is around every page: the document with its style and policy, the header, the failures, the footer."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from sim.report import theme, words
from sim.report.parts import esc


def page(title: str, body: str, *sheets: str) -> str:
    """Return a complete document; ``sheets`` are style sheets beside ``page.css``."""
    style = theme.variables() + "".join(
        files("sim.report").joinpath(sheet).read_text(encoding="utf-8") for sheet in ("page.css", *sheets)
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        f'<title>{esc(title)}</title>\n<style>{style}</style>\n</head>\n<body id="top">\n'
        f'<a class="skip" href="#main">To the results</a>\n{body}</body>\n</html>\n'
    )


def header(title: str, lead: str, links: Sequence[tuple[str, str]], eyebrow: str = "", answer: str = "") -> str:
    """Heading and links; ``lead``, ``eyebrow`` and ``answer`` are HTML, an ``answer`` stands instead of the lead."""
    nav = "".join(f'<li><a href="#{anchor}">{esc(name)}</a></li>' for anchor, name in links)
    return (
        f'<header><p class="eyebrow">{eyebrow or "Grand Deal, a negotiation simulator"}</p><h1>{esc(title)}</h1>'
        + (answer or f'<p class="lead">{lead}</p>')
        + '<p class="caveat">This explores a model; it predicts nothing. The people it counts are real.</p>'
        + (f'<nav aria-label="On this page"><ul>{nav}</ul></nav>' if nav else "")
        + "</header>\n"
    )


def failures(manifest: Mapping[str, Any]) -> str:
    """The scenarios that failed, with their errors; nothing where all finished."""
    failed = manifest.get("failed") or ()
    if not failed:
        return ""
    rows = "".join(
        f"<li><b>{esc(item.get('source', ''))}</b><pre>{esc(item.get('error', ''))}</pre></li>\n" for item in failed
    )
    return (
        f'<div class="failed" role="note"><h2>{words.plural(len(failed), "scenario")} failed and '
        f"{'is' if len(failed) == 1 else 'are'} missing here</h2><ul>{rows}</ul></div>\n"
    )


def footer(manifest: Mapping[str, Any]) -> str:
    """The program's version and the disclaimer."""
    version = (manifest.get("versions") or {}).get("grand-deal", "")
    return (
        f"<footer>Grand Deal {esc(version)}. This explores a model; it predicts nothing. The page is complete in "
        "itself: it loads nothing and runs no script.</footer>\n"
    )
