"""From a chart to a small, accessible SVG that follows the reader's light or dark setting. No network, no browser."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.report import theme

if TYPE_CHECKING:
    import altair as alt

_SVG = "{http://www.w3.org/2000/svg}"
_TOKEN_OF = {token.light: name for name, token in theme.TOKENS.items()}
# What the renderer writes although it is the default, or has no use outside its own viewer.
_DEFAULTS = {
    ("opacity", "1"),
    ("stroke-opacity", "1"),
    ("fill-opacity", "1"),
    ("stroke-width", "1"),
    ("pointer-events", "none"),
    ("version", "1.1"),
}
_DROPPED = {"class", "role", "style", "aria-hidden", "aria-roledescription", "aria-label", "font-family"}
_NUMBER = re.compile(r"-?\d*\.\d{3,}(?:e-?\d+)?")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text: object) -> str:
    """Return text without the characters that neither XML nor HTML may hold."""
    return _NOT_XML.sub("�", str(text))


def to_svg(
    chart: alt.TopLevelMixin | Mapping[str, Any],
    *,
    title: str,
    description: str,
    key: str = "chart",
    standalone: bool = False,
) -> str:
    """Return ``chart`` as SVG text, byte-identical from run to run.

    Parameters
    ----------
    chart : an Altair chart or a Vega-Lite specification that carries its data
    title, description : the text alternative: what the chart is, and what its numbers say
    key : prefix of the ids inside, unique on a page
    standalone : carry the colours along, for a file of its own; otherwise the page must define `theme.variables`
    """
    import vl_convert

    spec = dict(chart) if isinstance(chart, Mapping) else chart.to_dict()
    # No address is allowed: a chart that asks for one must fail here rather than fetch it.
    raw = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    root = ElementTree.fromstring(raw)
    _tidy(root, key)
    width, height = root.attrib["width"], root.attrib["height"]
    if not standalone:
        del root.attrib["width"], root.attrib["height"]
    root.attrib.update(
        {
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
            "aria-labelledby": f"{key}-t {key}-d",
        }
    )
    for position, (name, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{_SVG}{name}", {"id": f"{key}-{name[0]}"})
        element.text = clean(text)
        root.insert(position, element)
    if standalone:
        style = ElementTree.Element(f"{_SVG}style")
        style.text = f"{theme.variables()}text{{font-family:var(--sans)}}"
        root.insert(0, style)
    ElementTree.register_namespace("", _SVG[1:-1])
    return ElementTree.tostring(root, encoding="unicode")


def to_png(chart: Mapping[str, Any], *, scale: float = 2.0) -> bytes:
    """Return a Vega-Lite specification that carries its data as a PNG picture, on light paper."""
    import vl_convert

    spec = {**chart, "background": theme.color("paper")}
    picture: bytes = vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
    return picture


def with_rows(spec: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return a specification with other rows under the name its data have (see `sim.report.charts`)."""
    (name,) = spec["datasets"]
    return {**spec, "datasets": {name: list(rows)}, **changes}


def _tidy(element: ElementTree.Element, key: str) -> None:
    """Shorten numbers, drop what says nothing, make ids unique and colours follow the theme; in place."""
    attributes = {}
    for name, value in element.attrib.items():
        if name in _DROPPED or (name, value) in _DEFAULTS:
            continue
        if name in ("fill", "stroke") and value.lower() in _TOKEN_OF:
            value = f"var(--{_TOKEN_OF[value.lower()]})"
        elif name == "id":
            value = f"{key}-{value}"
        elif "url(#" in value:
            value = value.replace("url(#", f"url(#{key}-")
        elif name in ("d", "transform", "x", "y", "x2", "y2", "width", "height", "points", "viewBox"):
            value = _NUMBER.sub(_short, value)
        attributes[name] = value
    if attributes.get("transform") == "translate(0,0)":
        del attributes["transform"]
    element.attrib.clear()
    element.attrib.update(attributes)
    for child in list(element):
        _tidy(child, key)
        drawing = child.tag in (f"{_SVG}path", f"{_SVG}g")
        unseen = child.attrib.get("display") == "none" or (child.tag == f"{_SVG}path" and not _painted(child, element))
        if drawing and (unseen or (child.tag == f"{_SVG}g" and not len(child))):
            element.remove(child)


def _painted(path: ElementTree.Element, parent: ElementTree.Element) -> bool:
    """Return whether a path can be seen: groups here set no paint, so its own fill or stroke decides."""
    paint = (path.attrib.get(name, "none") for name in ("fill", "stroke"))
    return bool(path.attrib.get("d")) and (
        parent.tag == f"{_SVG}clipPath" or any(value not in ("none", "transparent") for value in paint)
    )


def _short(match: re.Match[str]) -> str:
    text = f"{float(match.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
