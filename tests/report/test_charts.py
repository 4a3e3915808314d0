"""Charts: what is drawn is what the record says, with a text alternative, the same bytes each time, and no network."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import altair as alt
import pytest

from sim.forecast.result import Option, Result
from sim.report import charts, rows, specs, svg, theme, words
from tests.report import synthetic

NAMESPACE = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script> & \x00\x08]]> "quoted" #00876c'
Maker = Callable[[Result], str]


def scenarios() -> list[Result]:
    return synthetic.results()


def frame() -> tuple[float, float, int]:
    return charts.common_frame(scenarios())


MAKERS: dict[str, Maker] = {
    "freed": lambda result: charts.freed_svg(result, synthetic.result(), frame(), "k"),
    "relief": lambda result: charts.relief_svg(result, frame(), "k"),
    "share": lambda result: charts.nearness_svg([result, synthetic.result()], "deal_share", "Share", "k"),
    "chances": lambda result: charts.relief_chances_svg([result, synthetic.result()], "Chances", "k"),
    "now": lambda result: charts.now_svg(result, "us-table", "k"),
    "band": lambda result: charts.band_svg(result, "k"),
    "first deals": lambda result: charts.first_deals_svg(result, "k"),
    "matrix": lambda result: charts.first_deals_matrix_svg([result, synthetic.result()], "k"),
}


def some() -> Result:
    return scenarios()[1]


def texts(drawing: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(drawing).iter(f"{NAMESPACE}text")]


def rectangles(drawing: str, token: str) -> list[float]:
    """Widths of the bars in one colour, by their paths ``M x,y h w ...`` or ``M...L``."""
    widths = []
    for path in ElementTree.fromstring(drawing).iter(f"{NAMESPACE}path"):
        if path.attrib.get("fill") == f"var(--{token})":
            numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path.attrib["d"])]
            horizontal = re.search(r"[Hh](-?\d+(?:\.\d+)?)", path.attrib["d"])
            widths.append(float(horizontal.group(1)) if horizontal else max(numbers[::2]) - min(numbers[::2]))
    return widths


@pytest.mark.parametrize("name", MAKERS)
def test_every_chart_has_a_text_alternative(name: str) -> None:
    root = ElementTree.fromstring(MAKERS[name](some()))
    title, description = root.find(f"{NAMESPACE}title"), root.find(f"{NAMESPACE}desc")
    assert root.attrib["role"] == "img"
    assert title is not None
    assert title.text
    assert description is not None
    assert re.search(r"\d", description.text or ""), "written from the numbers"
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {description.attrib['id']}"


@pytest.mark.parametrize("name", MAKERS)
def test_every_colour_follows_the_theme(name: str) -> None:
    for element in ElementTree.fromstring(MAKERS[name](some())).iter():
        for attribute in ("fill", "stroke"):
            value = element.attrib.get(attribute, "none")
            assert value in ("none", "transparent") or re.fullmatch(r"var\(--[a-z]+\)", value), element.attrib
        assert "style" not in element.attrib, "the page's policy allows no inline style"


@pytest.mark.parametrize("name", MAKERS)
def test_same_bytes_from_fresh_specifications(name: str) -> None:
    first = MAKERS[name](some())
    for cached in (specs.freed_spec, specs.relief_spec, specs.bars_spec, specs.dots_spec):
        cached.cache_clear()
    specs.band_spec.cache_clear()
    specs.matrix_spec.cache_clear()
    assert MAKERS[name](some()) == first


def test_same_bytes_from_another_process() -> None:
    code = (
        "from tests.report import synthetic; from sim.report import charts; import hashlib, sys;"
        "r = synthetic.results(); f = charts.common_frame(r);"
        "print(hashlib.sha256((charts.freed_svg(r[1], r[0], f, 'k') + charts.first_deals_matrix_svg(r, 'k'))"
        ".encode()).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


@pytest.mark.parametrize("name", MAKERS)
def test_another_result_gives_another_drawing(name: str) -> None:
    assert MAKERS[name](some()) != MAKERS[name](scenarios()[5])


@pytest.mark.parametrize("name", ["freed", "relief", "share", "chances", "matrix", "band", "first deals", "now"])
def test_hostile_text_stays_text(name: str) -> None:
    drawing = MAKERS[name](synthetic.result("x", HOSTILE, HOSTILE))
    root = ElementTree.fromstring(drawing)
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= {
        "svg", "g", "path", "line", "rect", "text", "tspan", "title", "desc", "defs", "clipPath",
    }  # fmt: skip
    assert "<script" not in drawing
    assert "#00876c" in drawing, "a colour code in somebody's text is text"


def test_hostile_actions_and_kinds_stay_text() -> None:
    option = Option(HOSTILE, HOSTILE, 0.5, 1.0, 0.5)
    result = synthetic.result(now={HOSTILE: (option,)}, first_deals={HOSTILE: 0.6, "none": 0.4})
    drawings = [charts.now_svg(result, HOSTILE, "k"), charts.first_deals_svg(result, "k")]
    drawings.append(charts.first_deals_matrix_svg([result, some()], "k"))
    for drawing in drawings:
        ElementTree.fromstring(drawing)
        assert "<script" not in drawing


def test_panels_share_one_size_whatever_their_numbers() -> None:
    for maker in (MAKERS["freed"], MAKERS["relief"]):
        boxes = {ElementTree.fromstring(maker(result)).attrib["viewBox"] for result in scenarios()}
        widths = {float(box.split()[2]) for box in boxes}
        assert max(widths) - min(widths) <= 12, "they stand in one grid"
        assert len({box.split()[3] for box in boxes}) == 1


def test_no_chart_is_wider_than_a_telephone() -> None:
    for name, maker in MAKERS.items():
        if name != "matrix":  # it scrolls in its own box
            assert float(ElementTree.fromstring(maker(some())).attrib["viewBox"].split()[2]) <= 358, name


def test_freed_panel_labels_its_ends_in_whole_persons() -> None:
    drawn = texts(charts.freed_svg(synthetic.result(freed=149.27361), None, (200.0, 1500.0, 24), "k"))
    assert "149" in drawn
    assert not [text for text in drawn if re.search(r"\d\.\d", text)]


def test_bars_are_as_long_as_their_numbers() -> None:
    moves = {"moscow": tuple(Option("moscow", f"move {i}", p, 1.0, p) for i, p in enumerate((0.6, 0.3, 0.1)))}
    drawing = charts.now_svg(synthetic.result(now=moves), "moscow", "k")
    widths = sorted({round(width) for width in rectangles(drawing, "moscow")} - {0})
    for width in (33, 99, 198):
        assert any(abs(width - drawn) <= 1 for drawn in widths), widths


def test_offers_show_proposed_and_accepted() -> None:
    offers = {"us-table": (Option("minsk", "a leader for contact", 0.5, 0.2, 0.1),)}
    drawing = charts.now_svg(synthetic.result(now=offers), "us-table", "k")
    widths = [round(width) for width in rectangles(drawing, "minsk")]
    assert any(abs(width - 165) <= 1 for width in widths)
    assert any(abs(width - 33) <= 1 for width in widths)
    assert "proposed 50%" in drawing


def test_reference_is_drawn_in_every_panel_but_its_own() -> None:
    reference = synthetic.result()
    quiet = "var(--quiet)"
    assert quiet in charts.freed_svg(some(), reference, frame(), "k")
    assert quiet not in charts.freed_svg(reference, reference, frame(), "k")
    assert quiet not in charts.freed_svg(some(), None, frame(), "k")


def test_matrix_rows_add_up() -> None:
    results = scenarios()
    kinds = rows.kinds(results)
    assert kinds[-1] == words.NO_DEAL
    for result in results:
        assert sum(rows.grouped(result, kinds).values()) == pytest.approx(sum(result.first_deals.values()))


def test_labels_are_moved_apart_and_keep_their_order() -> None:
    places = rows.apart([0.5, 0.5, 0.51, 0.02], gap=0.1, low=0.0, high=1.0)
    ordered = sorted(places)
    assert all(b - a >= 0.1 - 1e-9 for a, b in itertools.pairwise(ordered))
    assert max(range(4), key=lambda i: places[i]) == 2
    assert min(range(4), key=lambda i: places[i]) == 3
    assert all(0 <= place <= 1 for place in rows.apart([1.0, 1.0, 1.0], gap=0.1, low=0.0, high=1.0))


@pytest.mark.parametrize(("peak", "top"), [(0.0, 1.0), (1.0, 1.0), (17.3, 20.0), (604.0, 800.0), (1281.0, 1500.0)])
def test_scales_end_on_round_numbers(peak: float, top: float) -> None:
    assert rows.nice(peak) == top


@pytest.mark.parametrize("months", [1, 2, 5, 24, 36])
def test_other_horizons_can_be_drawn(months: int) -> None:
    result = synthetic.result(months=months)
    one = charts.common_frame([result])
    for drawing in (charts.freed_svg(result, None, one, "k"), charts.band_svg(result, "k")):
        assert f"month {months}" in texts(drawing)


def test_notebook_charts_are_altair_charts() -> None:
    results = scenarios()[:3]
    made = [
        charts.freed_chart(results, results[0]),
        charts.freed_chart(results[:1]),
        charts.relief_chart(results),
        charts.nearness_chart(results),
        charts.nearness_chart(results, "p_grand_deal"),
        charts.relief_chances_chart(results),
        charts.now_chart(results[0], "moscow"),
        charts.band_chart(results[0]),
        charts.first_deals_chart(results[0]),
        charts.first_deals_matrix(results),
    ]
    for chart in made:
        assert isinstance(chart, alt.TopLevelMixin)
        assert len(svg.to_svg(chart, title="t", description="d")) > 1500, "marks are drawn"


def test_many_panels_in_one_chart_show_every_scenario() -> None:
    results = scenarios()[:5]
    drawn = texts(svg.to_svg(charts.freed_chart(results, results[0]), title="t", description="d"))
    for result in results:
        assert result.title in drawn
        assert words.persons(result.at("freed", 24)) in drawn


def test_a_standalone_file_carries_its_colours() -> None:
    drawing = svg.to_svg(charts.band_chart(some()), title="t", description="d", standalone=True)
    root = ElementTree.fromstring(drawing)
    assert "prefers-color-scheme" in (root.findtext(f"{NAMESPACE}style") or "")
    assert float(root.attrib["width"]) > 0


def test_a_chart_that_asks_for_an_address_is_refused() -> None:
    chart = alt.Chart(alt.UrlData("https://example.org/data.csv")).mark_point().encode(x="a:Q")
    with pytest.raises(ValueError, match=r"(?i)url|denied|allowed"):
        svg.to_svg(chart, title="t", description="d")


def test_ids_of_two_charts_differ() -> None:
    ids = [set(re.findall(r'\bid="([^"]+)"', charts.relief_svg(some(), frame(), key))) for key in ("one", "two")]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_glyphs_of_all_capitals_have_their_shape() -> None:
    assert {shape for *_, shape in rows.RELIEF} == {
        theme.CAPITALS["washington"].shape,
        theme.CAPITALS["brussels"].shape,
        "circle",
    }
