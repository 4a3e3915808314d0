"""The model's document as the page shows it: section by section, with its equations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\(#[^)]*\)")
_DIRECTIVE = re.compile(r":(?=[a-z_-]+\[)")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the document: its title with its number, and its text in Markdown."""

    title: str
    text: str


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """Return the document's sections in order; the list of contents is left out, since the page has its own."""
    text = (files("sim") / "model" / "MODEL.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return tuple(Section(title.strip(), shown(body)) for title, _, body in (part.partition("\n") for part in parts[1:]))


def shown(text: str) -> str:
    """Return Markdown as Streamlit takes it: no comments, no links within the document."""
    return _DIRECTIVE.sub(r"\\:", _LINK.sub(r"\1", _COMMENT.sub("", text))).strip()
