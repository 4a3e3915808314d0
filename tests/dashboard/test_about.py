"""About: the model's document is shown whole, its equations as Streamlit takes them; the citation is the file's."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from dashboard.components import document
from dashboard.views import about as page
from tests.dashboard.conftest import Bench
from tests.dashboard.pages import open_view, text

ROOT = Path(__file__).parents[2]
MODEL = (ROOT / "sim" / "model" / "MODEL.md").read_text(encoding="utf-8")


def test_no_section_is_lost_and_none_keeps_a_comment_or_a_link_into_the_file() -> None:
    titles = re.findall(r"^## (.+)$", MODEL, re.MULTILINE)
    assert [section.title for section in document.sections()] == titles
    for section in document.sections():
        assert "<!--" not in section.text
        assert "](#" not in section.text
    whole = "\n".join(section.text for section in document.sections())
    assert whole.count("|") == MODEL.partition("\n## ")[2].count("|")


def test_equations_are_closed_and_keep_to_their_line_or_stand_alone() -> None:
    for section in document.sections():
        prose = re.sub(r"```.*?```", "", section.text, flags=re.DOTALL)
        prose = re.sub(r"`[^`\n]*`", "", prose)
        assert prose.count("$$") % 2 == 0, section.title
        for paragraph in re.sub(r"\$\$.*?\$\$", "", prose, flags=re.DOTALL).split("\n\n"):
            assert paragraph.count("$") % 2 == 0, paragraph[:200]
        for row in (line for line in prose.splitlines() if line.startswith("|")):
            for formula in re.findall(r"\$(.*?)\$", row):
                assert "|" not in formula  # a bar would end the table's cell


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("### A part\ntext", "### A part\ntext"),
        ("see [section 3](#3-a-month) and [this](https://x.org)", "see section 3 and [this](https://x.org)"),
        ("<!-- terms:begin -->\nx<!-- end -->", "x"),
        ("a :red[word] stays", "a \\:red[word] stays"),
    ],
)
def test_markdown_is_turned_into_what_the_page_takes(written: str, shown: str) -> None:
    assert document.shown(written) == shown


def test_the_document_can_be_read_from_section_to_section(bench: Bench) -> None:
    app = open_view("about")
    assert "predicts nothing" in text(app)
    app.button_group(page.CHAPTER).set_value(page.MODEL).run()
    sections = document.sections()
    assert sections[0].title in text(app)
    for number in range(1, 4):
        app.button(page.SECTION + "Next →").click().run()
        assert not app.exception
        assert f"## {sections[number].title}" in text(app)
    app.selectbox(page.SECTION).set_value(len(sections) - 1).run()
    assert app.button(page.SECTION + "Next →").disabled
    assert not app.button(page.SECTION + "← Before").disabled


def test_the_citation_says_what_the_file_says(bench: Bench) -> None:
    file = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'title: "{page.NAME}"' in file
    assert f"name: {page.AUTHORS}" in file
    app = open_view("about")
    app.button_group(page.CHAPTER).set_value(page.CITE).run()
    words = text(app)
    assert f"{page.NAME}, version {version('grand-deal')}" in words
    assert version("numpy") in words
    assert version("streamlit") in words


def test_the_glossary_has_the_documents_words_too(bench: Bench) -> None:
    app = open_view("about")
    app.button_group(page.CHAPTER).set_value(page.GLOSSARY).run()
    words = text(app)
    assert all(word in words for word in page.OWN_WORDS)
    assert "recognition" in words
