"""The page: complete, escaped, self-contained, the same bytes each time, and every number in it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from sim.forecast.result import OUTCOME_LABELS, Option, Result
from sim.report import parts, render, section_scenario, words
from tests.report import synthetic

HOSTILE = """</title></style></svg><script>alert(1)</script><img src=x onerror="alert(1)"> ' " & \x00"""
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """What stands in a page: elements with attributes, visible text, nesting errors."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.style = ""
        self.open: list[str] = []
        self.errors: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.errors.append(f"</{tag}> closes {self.open[-3:]}")
        elif self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def visible(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return synthetic.results()


@pytest.fixture(scope="module")
def text(results: list[Result]) -> str:
    return render(results, synthetic.manifest(results), title="Scenarios of June 2025")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_well_formed_and_ids_unique(page: Page) -> None:
    assert page.errors == []
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_links_lead_somewhere(page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    targets = {attributes["href"].removeprefix("#") for attributes in page.all("a")}
    assert len(targets) > 20
    assert targets <= ids
    labels = {name for _, a in page.elements for name in a.get("aria-labelledby", "").split()}
    assert labels <= ids


def test_structure(page: Page, results: list[Result]) -> None:
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1
    assert len(page.all("article")) == len(results)
    assert ("html", {"lang": "en"}) in page.elements
    assert any(a.get("name") == "viewport" for a in page.all("meta"))
    for section in ("people", "relief", "near", "first", "scenarios", "reading", "sources"):
        assert any(a.get("id") == section for a in page.all("section"))


def test_nothing_is_fetched_and_nothing_runs(text: str, page: Page) -> None:
    for tag, attributes in page.elements:
        for name in ("href", "src", "xlink:href", "action", "data", "srcset", "poster"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "iframe", "object", "embed", "img", "base", "form", "image", "use", "foreignobject"}
    assert "url(" not in page.style
    assert "@import" not in page.style
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_policy_allows_exactly_this_style(text: str, page: Page) -> None:
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "script-src" not in policy, "default-src forbids scripts"


def test_same_bytes_twice(text: str, results: list[Result]) -> None:
    assert render(results, synthetic.manifest(results), title="Scenarios of June 2025") == text


def test_order_of_the_results_does_not_matter(text: str, results: list[Result]) -> None:
    manifest = synthetic.manifest(results)
    assert render(results[::-1], manifest, title="Scenarios of June 2025") == text


def test_every_drawing_has_a_text_alternative_or_is_decoration(page: Page, results: list[Result]) -> None:
    drawings = page.all("svg")
    charts = [a for a in drawings if a.get("role") == "img"]
    assert all(a.get("aria-labelledby") for a in charts)
    assert all(a.get("aria-hidden") == "true" for a in drawings if a not in charts)
    turns = sum(len(result.now) for result in results)
    assert len(charts) == 4 * len(results) + turns + 4, "nothing is left out"


def test_every_headline_number_appears_in_the_ranking(text: str, results: list[Result]) -> None:
    table = text[text.index('<table class="rank"') : text.index("</table>")]
    rows = {match[0]: match[1] for match in re.findall(r'<a href="#\w+">([^<]+)</a>(.*?)</tr>', table, re.S)}
    assert len(rows) == len(results)
    for result in results:
        cells = re.findall(r"<td[^>]*>(.*?)</td>", rows[parts.esc(result.title)], re.S)
        shown = [re.sub(r"<svg.*?</svg>", "", cell, flags=re.S) for cell in cells]
        kind, chance = words.top_kind(result)
        assert shown == [
            parts.esc(item)
            for item in (
                words.persons(result.at("freed", 12)),
                words.persons(result.at("freed", 24)),
                words.persons(result.at("prisoners", 24)),
                words.percent(result.at("p_us_relief", 24)),
                words.percent(result.at("p_eu_relief", 24)),
                words.percent(result.at("p_grand_deal", 24)),
                words.percent(result.at("deal_share", 24)),
                words.percent(result.at("p_punished", 24)),
                f"{words.deal_name(kind)}, {words.percent(chance)}",
            )
        ]


def test_ranked_by_people_freed(text: str, results: list[Result]) -> None:
    table = text[text.index('<table class="rank"') : text.index("</table>")]
    titles = re.findall(r'<a href="#\w+">([^<]+)</a>', table)
    ranked = sorted(results, key=lambda result: -result.at("freed", 24))
    assert titles == [parts.esc(result.title) for result in ranked]


def test_no_outcome_is_without_a_column() -> None:
    assert set(parts.COLUMNS) == set(OUTCOME_LABELS)


def test_every_number_of_every_month_appears(text: str, results: list[Result]) -> None:
    result = results[3]
    start = text.index(f"All numbers by month: {parts.esc(result.title)}")
    table = text[start : text.index("</table>", start)]
    rows = re.findall(r"<tr><th scope=\"row\">(\d+)</th>(.*?)</tr>", table)
    assert [int(month) for month, _ in rows] == list(result.months)
    for index, (_, row) in enumerate(rows):
        cells = re.findall(r"<td>(.*?)</td>", row)
        expected = [parts.esc(write(result.outcomes[name][index])) for name, (_, _, write) in parts.COLUMNS.items()]
        assert cells[: len(expected)] == expected


def test_questions_changes_commands_and_hashes_appear(page: Page, results: list[Result]) -> None:
    for result in results:
        assert result.question in page.visible
        assert f"grand-deal run {result.scenario} --grid default --seed 0" in page.visible
        assert result.scenario_hash[:16] in page.visible
    manifest = synthetic.manifest(results)
    assert manifest["command"] in page.visible
    assert manifest["created"] in page.visible
    assert "numpy 2.4.6" in page.visible
    assert page.visible.count("brussels.relief_cost.1") == len(results) - 1


def test_limits_are_stated(page: Page) -> None:
    assert "This explores a model; it predicts nothing" in page.visible
    assert "no common unit" in page.visible


def test_small_enough(text: str) -> None:
    assert len(text.encode()) < 4_000_000


def test_hostile_text_everywhere_stays_text() -> None:
    option = Option(HOSTILE, HOSTILE, 0.5, 0.5, 0.25)
    hostile: list[Result] = [
        synthetic.result(
            HOSTILE,
            HOSTILE,
            HOSTILE,
            freed=freed,
            now={HOSTILE: (option,)},
            first_deals={HOSTILE: 0.7, "none": 0.3},
            versions={HOSTILE: HOSTILE},
            payoffs={HOSTILE: 1.0},
            payoffs_total={HOSTILE: 1.0},
            rationality={HOSTILE: 3.0, "b": 4.0},
            grid=HOSTILE,
            scenario_hash=HOSTILE,
        )
        for freed in (30.0, 40.0)
    ]
    manifest: dict[str, Any] = {
        "command": HOSTILE,
        "created": HOSTILE,
        "versions": {HOSTILE: HOSTILE, "grand-deal": HOSTILE},
        "grid": HOSTILE,
        "seed": HOSTILE,
        "rationality": HOSTILE,
        "overrides": {HOSTILE: HOSTILE},
        "scenarios": [
            {
                "id": HOSTILE,
                "source": HOSTILE,
                "hash": HOSTILE,
                "seconds": 1.0,
                "reused": False,
                "paragraphs": [HOSTILE],
                "changes": {HOSTILE: [HOSTILE, HOSTILE]},
            }
        ],
        "failed": [{"source": HOSTILE, "error": HOSTILE}],
    }
    for shown in (hostile, hostile[:1], []):
        made = Page(render(shown, manifest, title=HOSTILE))
        assert made.errors == []
        assert "script" not in {tag for tag, _ in made.elements}
        assert "img" not in {tag for tag, _ in made.elements}
        assert not [a for _, a in made.elements if "onerror" in a]
        assert "<script>alert(1)</script>" in made.visible, "it can be read, as text"


def test_failed_scenarios_are_listed(results: list[Result]) -> None:
    failed = [
        {"source": "mine.toml", "error": "mine.toml: minsk.trade_value: found 'a'; allowed: a number"},
        {"source": "other.toml", "error": "other.toml: no such file"},
    ]
    made = Page(render(results[:2], synthetic.manifest(results[:2], failed=failed)))
    assert "2 scenarios failed and are missing here" in made.visible
    for item in failed:
        assert item["error"] in made.visible


def test_no_failure_no_notice(page: Page) -> None:
    assert "missing here" not in page.visible


def test_a_page_without_any_result_says_so() -> None:
    made = Page(render([], {"failed": [{"source": "mine.toml", "error": "not readable"}]}))
    assert "No scenario finished" in made.visible
    assert "not readable" in made.visible
    assert made.errors == []


def test_a_single_result() -> None:
    result = synthetic.result()
    made = Page(render([result], synthetic.manifest([result])))
    assert made.errors == []
    assert result.question in made.visible
    assert "262" in made.visible
    assert len(made.all("article")) == 1
    assert not [a for a in made.all("table") if a.get("class") == "rank"], "one scenario has no ranking"
    assert len([a for a in made.all("svg") if a.get("role") == "img"]) == 4 + len(result.now)
    ids = [a["id"] for _, a in made.elements if "id" in a]
    assert len(ids) == len(set(ids))


def test_a_bare_manifest_is_enough(results: list[Result]) -> None:
    made = Page(render(results[:2], {}))
    assert made.errors == []
    assert "grand-deal run baseline --grid default --seed 0" in made.visible


def test_the_reproducing_command_is_quoted_and_complete() -> None:
    result = synthetic.result()
    manifest = synthetic.manifest([result], overrides={"minsk.trade_value": 12}, rationality="inf")
    manifest["scenarios"][0]["source"] = "my files/a scenario.toml"
    assert section_scenario.command(result, manifest) == (
        "grand-deal run 'my files/a scenario.toml' --grid default --seed 0 --rationality inf --set minsk.trade_value=12"
    )


def test_two_results_of_one_scenario_have_their_own_sections() -> None:
    twice = [synthetic.result(), synthetic.result(freed=300.0, scenario_hash="b" * 64)]
    made = Page(render(twice, synthetic.manifest(twice)))
    assert len(made.all("article")) == 2
    assert "b" * 16 in made.visible
    ids = [a["id"] for _, a in made.elements if "id" in a]
    assert len(ids) == len(set(ids))


def test_where_the_grand_deal_is_out_of_reach_a_sentence_says_so() -> None:
    shown = [synthetic.result(deal=0.0), synthetic.result("b", "B", deal=0.004)]
    made = Page(render(shown, synthetic.manifest(shown)))
    assert "The chance of the grand deal stays below 1% in all of them" in made.visible
    assert "below 1% in every scenario" in made.visible


def test_records_read_back_from_json_give_the_same_page(results: list[Result]) -> None:
    import json

    back = [Result.from_record(json.loads(json.dumps(result.to_record()))) for result in results[:2]]
    manifest = synthetic.manifest(results[:2])
    assert render(back, manifest) == render(results[:2], manifest)


def test_months_other_than_24() -> None:
    shown = [synthetic.result(months=6), synthetic.result("b", "B", months=36)]
    made = Page(render(shown, synthetic.manifest(shown)))
    assert made.errors == []
    assert "the last month" in made.visible
