"""The sections of a page on one scenario: every number in words and pictures, none cut off, and the commands work."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.report import (
    again,
    analyses,
    render,
    rows_deals,
    rows_flip,
    rows_power,
    rows_stability,
    rows_why,
    section_deals,
    words,
)
from sim.report import analysis_charts as draw
from sim.report import analysis_specs as specs
from sim.report import analysis_words as say
from sim.report.analysis_values import VISIBLE, meanings
from sim.report.ladder import text_width, wrap
from sim.report.rows_stability import _given
from sim.report.specs import WIDE
from sim.report.svg import clean
from tests.report import synthetic
from tests.report import synthetic_dossier as made
from tests.report.test_html import HOSTILE, Page

RESULT = synthetic.result()
MANIFEST = synthetic.manifest([RESULT])


def page(**changes: Any) -> str:
    return render([RESULT], MANIFEST, dossier=made.dossier(**changes))


@pytest.fixture(scope="module")
def whole() -> str:
    return page()


class TestPage:
    def test_every_section_has_heading_link_and_command(self, whole: str) -> None:
        read = Page(whole)
        assert read.errors == []
        ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), "ids are unique"
        links = {attributes["href"] for attributes in read.all("a")}
        for name in made.SECTIONS:
            assert f"a-{name}" in ids
            assert f"#a-{name}" in links
            assert analyses.TITLES[name].replace("'", "&#x27;") in whole
        for link in links:
            assert link.removeprefix("#") in ids
        assert read.visible.count("The same again:") == len(made.SECTIONS)

    def test_same_bytes_each_time_and_from_a_file(self, whole: str) -> None:
        assert page() == whole
        read_back = json.loads(json.dumps(made.dossier()))
        assert render([RESULT], MANIFEST, dossier=read_back) == whole

    def test_nothing_is_fetched_and_nothing_runs(self, whole: str) -> None:
        assert "<script" not in whole
        assert not re.search(r'(?:src|href)="(?!#|data:)', whole)

    def test_only_the_sections_asked_for(self) -> None:
        text = page(sections=["people"], tornado=None, inverse=None, tipping=[], claims=None, power=None)
        assert 'id="a-people"' in text
        assert 'id="a-why"' not in text
        assert "assumptions, each moved alone" not in text, "no flip answer without its analysis"

    def test_what_could_not_be_computed_says_why(self) -> None:
        text = page(power=None, missing={"power": "months: found 24; allowed: 1 to 4"})
        section = text[text.index('id="a-power"') : text.index('id="a-path"')]
        assert "months: found 24; allowed: 1 to 4" in section
        assert "grand-deal power" in section

    def test_hostile_words_stay_words(self) -> None:
        hostile = made.dossier()
        for row in hostile["sources"]:
            row["meaning"] = row["says"] = row["reason"] = HOSTILE
        for row in hostile["claims"]["findings"]:
            row["says"] = row["note"] = row["status"] = row["baseline"] = HOSTILE
        for decision in hostile["explanation"]["decisions"]:
            decision["sentence"] = decision["turn"] = HOSTILE
            decision["other"] = HOSTILE
        hostile["deals"]["picks"]["nash"]["label"] = HOSTILE
        hostile["article"] = HOSTILE
        for brief in (False, True):
            text = render([RESULT], MANIFEST, dossier=hostile, brief=brief)
            assert "<script" not in text
            assert "<img" not in text
            assert Page(text).errors == []

    def test_a_dossier_belongs_to_its_result(self) -> None:
        with pytest.raises(ValueError, match="beside 2 results"):
            render([RESULT, synthetic.result("no-buyer")], MANIFEST, dossier=made.dossier())
        with pytest.raises(ValueError, match="the result it was made with"):
            render([RESULT], MANIFEST, dossier=made.dossier(scenario_hash="0" * 64))
        with pytest.raises(ValueError, match="found no dossier"):
            render([RESULT], MANIFEST, brief=True)

    def test_the_answer_says_held_not_only_freed(self, whole: str) -> None:
        head = whole[: whole.index("</header>")]
        # 1,120 held now; the synthetic course ends at 1,183 held, 262 freed
        held = RESULT.outcomes["prisoners"][-1]
        assert words.persons(held) in head
        assert f"<b>{words.persons(held - 1120)}</b> more than now" in head
        assert "<b>262</b> are freed" in head
        assert "<b>Two</b>" not in head
        assert "Two of <b>5</b> assumptions" in head

    def test_claims_show_what_fails_and_how_robust(self, whole: str) -> None:
        section = Page(whole[whole.index('id="a-claims"') :]).visible
        assert "4 checks: 1 holds, 1 fails, 1 built in and 1 not yet" in section
        assert "in the baseline: holds" in section
        assert "83%" in section
        assert "79% to 86%" in section
        assert "498.0 → 39.5" in section

    def test_every_parameter_has_unit_and_source(self, whole: str) -> None:
        section = whole[whole.index('id="a-sources"') : whole.index('id="course"')]
        for name, _, _, unit, low, high, source, paragraphs, *_ in made.PARAMETERS:
            row = section[section.index(f"<code>{name}</code>") :].partition("</tr>")[0]
            assert unit in row
            assert f"{low:g} to {high:g}" in row
            assert ("Assumption." in row) == (source == "assumption")
            assert all(f"¶{number}" in row for number in paragraphs)
        assert "set here; baseline 1.022" in section


class TestBrief:
    def test_two_sheets_with_answer_and_sources(self) -> None:
        text = render([RESULT], MANIFEST, dossier=made.dossier(), brief=True)
        assert text.count('class="sheet"') == 2
        assert "grand-deal report baseline --brief --grid default" in text
        assert "Page 2 of 2" in text
        assert "predicts nothing" in text
        assert Page(text).errors == []

    def test_without_the_long_analyses(self) -> None:
        text = render([RESULT], MANIFEST, dossier=made.dossier(tornado=None, inverse=None, tipping=[], claims=None, deals=None), brief=True)  # fmt: skip  # noqa: E501
        assert text.count('class="sheet"') == 2
        assert "What would flip it" not in text


class TestCommands:
    def test_every_line_is_one_that_the_program_takes(self) -> None:
        import typer

        from sim.cli.app import app

        manifest = MANIFEST | {"overrides": {"minsk.trade_value": 12, "menu.releases": [0, 70]}, "rationality": "inf"}
        found = again.lines(made.dossier(), manifest, "baseline", 0)
        program = typer.main.get_command(app)
        with program.make_context("grand-deal", ["list"]) as context:
            for section in made.SECTIONS:
                assert found[section], section
                for line in found[section]:
                    name, *rest = shlex.split(line)[1:]
                    command = program.get_command(context, name)  # type: ignore[attr-defined]
                    assert command is not None, f"{name} is no command"
                    made_context = command.make_context(name, list(rest), parent=context)
                    assert "inf" in line or made_context.command.name in ("stability", "show")

    def test_goal_and_grid_are_those_of_the_analysis(self) -> None:
        found = again.lines(made.dossier(), MANIFEST, "a file.toml", 7)
        assert found["evidence"] == [
            "grand-deal tipping 'a file.toml' --inverse --outcome prisoners --level 1120 --at 24 --no-check --grid fast"
        ]
        assert found["people"] == ["grand-deal run 'a file.toml' --seed 7 --grid default"]
        assert len(found["flip"]) == 1 + 3, "the tornado and each course"


def charts() -> dict[str, str]:
    """Every chart of the synthetic dossier."""
    found = made.dossier()
    reach = dict.fromkeys(made.PLAYERS, 2.5)
    drawn = {
        "terms": draw.terms_svg(made.decision(), "a"),
        "tornado": draw.tornado_svg(found, "a"),
        "other tornado": draw.tornado_svg(found, "a", "p_eu_relief"),
        "stock": draw.stock_svg(RESULT, "a"),
        "gains": draw.gains_svg("a package", made.package()["gains"], reach, "a"),
        "gaining": draw.gaining_svg(found["deals"], "a"),
        "values": draw.values_svg(found["power"]["own"]["banzhaf"], "Banzhaf value", "a"),
        "together": draw.together_svg(found["power"], "prisoners", "persons", "t", "a"),
        "us path": draw.path_svg(found["path"], "us-table", "a"),
        "eu path": draw.path_svg(found["path"], "eu-table", "a"),
        "price": draw.price_svg(found["path"], "a"),
        "map": draw.map_svg(found["stability"], "a"),
        "courses": draw.courses_svg(found, found["sweeps"][0], "a"),
        "heat": draw.heat_svg(found, found["sweeps"][1], "a"),
        "shares": draw.shares_svg(found, "a"),
        "trade": draw.trade_svg(found["discovery"]["boxes"][0], "a"),
    }
    drawn |= {f"plane {number}": draw.plane_svg(window, "a") for number, window in enumerate(found["planes"])}
    return drawn | {f"curve {number}": draw.curve_svg(found, item, "a") for number, item in enumerate(found["tipping"])}


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return charts()


class TestCharts:
    def test_same_bytes_each_time(self, drawn: dict[str, str]) -> None:
        assert charts() == drawn

    def test_text_alternative_and_colours_that_follow_the_paper(self, drawn: dict[str, str]) -> None:
        for name, svg in drawn.items():
            root = ElementTree.fromstring(svg)
            texts = {child.tag.partition("}")[2]: child.text or "" for child in root[:2]}
            assert len(texts["title"]) > 0, name
            assert re.search(r"\d", texts["desc"]), f"{name}: the alternative tells the numbers"
            paints = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
            assert {paint for paint in paints if paint.startswith("#")} == set(), name

    def test_no_label_is_cut_off(self, drawn: dict[str, str]) -> None:
        for name, svg in drawn.items():
            assert "…" not in svg, name
            width = float(ElementTree.fromstring(svg).attrib["viewBox"].split()[2])
            assert 270 <= width <= 345, f"{name} is {width} wide: a telephone shows it at about that width"

    def test_specifications_are_kept(self) -> None:
        assert specs.diverging_spec() is specs.diverging_spec()
        assert specs.plane_spec((-1.0, 1.0), (-1.0, 2.0), "A", "B") is specs.plane_spec(
            (-1.0, 1.0), (-1.0, 2.0), "A", "B"
        )


class TestRows:
    def test_terms_add_up_to_the_margin(self) -> None:
        decision = made.decision()
        shown = rows_why.terms(decision)
        assert sum(value for _, value in shown) == pytest.approx(decision["margin"], abs=VISIBLE)
        assert len(shown) == rows_why.TERMS_SHOWN
        assert ("weights of the menu", 0.97) in shown
        rows = [row for row in rows_why.term_rows(decision) if row["series"] == "bar"]
        # contact 3.6 speaks for the other option and is the longest bar: all the way to the left
        assert min(row["to"] for row in rows) == pytest.approx(0.0)
        assert rows[-1]["to"] == pytest.approx(0.5 + decision["margin"] / 3.6 / 2, abs=0.002)

    def test_tornado_marks_base_level_and_ends_on_one_scale(self) -> None:
        bars = [row for row in rows_flip.tornado_rows(made.dossier()) if row["series"] == "bar"]
        assert len(bars) == len(made.PARAMETERS)
        first = bars[0]
        # from 905 to 1,190 with 2% of room at both ends: 285 * 1.04 wide, starting at 905 - 5.7
        scale = 285 * 1.04
        assert first["zero"] == pytest.approx((1026 - 899.3) / scale)
        assert first["level"] == pytest.approx((1120 - 899.3) / scale)
        assert first["to"] == pytest.approx((1190 - 899.3) / scale)
        assert first["to_pale"] == pytest.approx((905 - 899.3) / scale)
        assert all(0 <= row[end] <= 1 for row in bars for end in ("zero", "to", "to_pale", "level"))

    def test_a_level_out_of_reach_is_not_drawn(self) -> None:
        far = made.dossier()
        far["question"] = far["question"] | {"level": 30_000.0}
        assert all("level" not in row for row in rows_flip.tornado_rows(far))

    @pytest.mark.parametrize("crossings", [0, 1, 3])
    def test_all_crossings_are_marked_or_none(self, crossings: int) -> None:
        found = made.tipping(crossings=crossings)
        rows, x, y = rows_flip.curve(found)
        marks = [row for row in rows if row["series"] == "point" and row["shape"] == "diamond"]
        assert [row["x"] for row in marks] == [item["value"] for item in found["crossings"]]
        assert all(row["y"] == 1120.0 for row in marks)
        assert x == (2.0, 12.0)
        assert y[0] <= min(row["y"] for row in rows) <= max(row["y"] for row in rows) <= y[1]
        text = say.tipping_text(made.dossier(), found)
        assert ("no crossing of 1,120" in text) == (crossings == 0)

    def test_points_at_one_place_share_their_mark(self) -> None:
        named = [row for row in rows_deals.plane_rows(made.window()) if row["series"] == "named"]
        assert sorted(row["text"] for row in named) == ["L", "N K", "U"]
        assert [row["shape"] for row in named if row["text"] == "L"] == ["diamond"]

    def test_the_frontier_stays_in_the_window(self) -> None:
        edge = [row for row in rows_deals.plane_rows(made.window()) if row["series"] == "frontier"]
        assert [(row["x"], row["y"]) for row in edge] == [(0.0, 1.4), (0.7, 1.2), (1.2, 0.8)]

    def test_cells_shade_where_all_four_gain(self) -> None:
        cells = [row for row in rows_deals.plane_rows(made.window(binned=True)) if row["series"] == "cell"]
        assert [row["token"] for row in cells] == ["quiet", "heat", "heat"]
        assert max(row["share"] for row in cells) == 1.0

    def test_map_places_positions_by_what_was_given(self) -> None:
        levels = made.stability()["levels"]
        start = {"prisoners": 1120, "leaders": 2, "us_relief": 0, "contact": "envoys", "eu_relief": 0}
        assert _given(start, levels) == (0.0, 0.0)
        grand = {"prisoners": 280, "leaders": 0, "us_relief": 3, "contact": "envoys", "eu_relief": 2}
        assert _given(grand, levels) == (pytest.approx(2 / 3, abs=1e-4), 1.0)
        half = {"prisoners": 560, "leaders": 2, "us_relief": 3, "contact": "envoys", "eu_relief": 0}
        assert _given(half, levels) == (
            pytest.approx(1 / 3, abs=1e-4),
            pytest.approx(560 / 840 / 2, abs=1e-4),
        )
        rows = rows_stability.map_rows(made.stability())
        assert sum(row["series"] == "nash" for row in rows) == 1
        assert sum(row["series"] == "answered" for row in rows) == 2

    def test_bars_of_values_go_both_ways(self) -> None:
        rows = rows_power.value_rows({"minsk": 3.0, "washington": -1.0, "brussels": 0.0, "moscow": -0.001})
        bars = {row["token"]: row for row in rows if row["series"] == "bar"}
        assert (bars["minsk"]["from"], bars["minsk"]["to"]) == (pytest.approx(0.25), pytest.approx(1.0))
        assert (bars["washington"]["from"], bars["washington"]["to"]) == (pytest.approx(0.25), pytest.approx(0.0))
        texts = [row["text"] for row in rows if "points" in str(row.get("text"))]
        assert texts == ["+3.00 points", "−1.00 points", "0 points", "0 points"]
        assert rows_power.value_rows(dict.fromkeys(bars, 0.0))

    def test_the_map_says_what_it_leaves_out(self) -> None:
        found = made.stability()
        dossier = {"stability": {**found, "arcs_left_out": 1234}}
        page = section_deals.stability(None, dossier)
        assert "1,234 more, between other stable positions, are left out" in page
        assert "left out" not in section_deals.stability(None, {"stability": found})
        assert "the mean of US relief, EU relief and contact" in page

    def test_chances_of_more_and_of_few_held(self) -> None:
        stock = {"levels": (0, 280, 560, 1120, 1148), "probability": ((0.0,) * 5, (0.1, 0.2, 0.3, 0.25, 0.15))}
        more, few = say.held_chances(synthetic.result(stock=stock))
        assert (more, few) == (pytest.approx(0.15), pytest.approx(0.3))

    @given(st.text(max_size=120), st.floats(40, WIDE), st.sampled_from([10.5, 12.0]))
    def test_wrapped_lines_fit_and_keep_every_letter(self, text: str, room: float, size: float) -> None:
        lines = wrap(text, room, size)
        assert all(text_width(line, size) <= room or len(line) <= 2 for line in lines)
        assert "".join("".join(lines).split()) == "".join(clean(text).split())


class TestWords:
    def test_no_flip_is_said_as_such(self) -> None:
        text = say.flip_answer(made.dossier(inverse=made.inverse(flips=False)))
        assert text.startswith("No single assumption out of 5")

    def test_a_search_among_some_says_among_which(self) -> None:
        some = made.inverse() | {"without": made.inverse()["without"][:1]}
        text = say.flip_answer(made.dossier(inverse=some))
        assert text.startswith("Two of the 3 assumptions that move it most (of 5)")
        (line,) = again.lines(made.dossier(inverse=some), MANIFEST, "baseline", 0)["evidence"]
        names = [made.PARAMETERS[number][0] for number in (1, 2, 0)]
        assert " ".join(f"--parameter {name}" for name in names) in line
        assert "None of the 1 assumptions" in say.flip_answer(made.dossier(inverse=some | {"flips": []}))

    def test_the_other_side_is_below_where_the_base_is_above(self) -> None:
        above = made.inverse() | {"base_figure": 1126.0}
        assert "below 1,120" in say.flip_answer(made.dossier(inverse=above))
        assert "1,120 or more" in say.flip_answer(made.dossier())

    def test_no_zone_of_agreement(self) -> None:
        text = page(deals=made.deals(zone=0))
        assert "There is no zone of possible agreement" in text
        assert "Closest to an agreement" in text
        assert "one more step of contact" in text

    def test_meanings_are_short_and_say_whose(self) -> None:
        meaning = meanings(made.dossier())
        assert meaning["minsk.trade_us_share"] == "Minsk: weight of US relief in reopening trade"
        assert meaning["world.arrests"] == "World: new prisoners"
