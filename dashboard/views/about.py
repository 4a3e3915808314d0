"""About: the model in full, the words it uses, its limits, how to cite it, and what it runs on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.components import document, frame
from dashboard.components.tables import listed
from dashboard.keys import Key
from sim.scenario import evidence

TITLE = "What is this, and what is it not?"
SHORT, MODEL, GLOSSARY, CITE = "In short", "The model in full", "Glossary", "Cite, versions"
CHAPTER, SECTION = Key.ABOUT.of("chapter"), Key.ABOUT.of("section")
NAME, AUTHORS = "Grand Deal: a negotiation simulator", "The Grand Deal contributors"
INTRODUCTION = """
Minsk holds political prisoners; Washington and Brussels hold sanctions; Moscow watches. One opinion article of June
2025 tells what each capital wants, what it can give and what it fears. This program turns that reading into a game that
can be solved: month by month each capital picks what serves it, foreseeing that the others do the same, and choosing
better options more often than worse ones, though not always.

**It explores a model; it predicts nothing.** What it can do: show what follows from what one assumes, which assumptions
an answer hangs on, and where the article's claims hold or fail inside the model. Change any payoff and see.

- **Explore** changes payoffs and shows the forecast, what each capital would do now, and why.
- **Deals** looks at every package: who gains, who blocks, at what price.
- **Power and stability** asks what each capital could change, and which positions would stay put.
- **What would flip it** looks for the assumptions that an answer hangs on.
- **Batch** opens the results of a run on the command line.
- **Evidence** keeps apart what the article says, what we assume, and what the model shows.

The prisoners are people. Here they appear as counts, because the model cannot tell them apart.
"""
OWN_WORDS = {
    "capital, player": "Minsk, Washington, Brussels or Moscow, each with payoffs of its own",
    "package, deal": "one complete offer: people and leaders freed against relief and contact",
    "relief": "easing of sanctions, in steps: three of the United States, two of the European Union",
    "grand deal": "full relief by both, no leaders held, at most a quarter of the starting number still held",
    "points": "the unit of one capital's payoff; points of two capitals cannot be compared",
    "claim": "a causal statement of the article, put to the test by a comparison fixed beforehand",
    "assumption": "a number that no passage of the article supports; every one is marked",
    "tipping point": "a value at which an outcome crosses a level, or a capital changes its mind",
}


def view() -> None:
    """Draw the page."""
    frame.frame(TITLE, frame.NOTHING, scenario=False)
    chapter = st.segmented_control(
        "Look at",
        [SHORT, MODEL, GLOSSARY, CITE],
        default=SHORT,
        key=CHAPTER,
        required=True,
        label_visibility="collapsed",
    )
    with st.container(key="document"):
        {MODEL: _model, GLOSSARY: _glossary, CITE: _cite}.get(str(chapter), _short)()


def _short() -> None:
    st.markdown(INTRODUCTION)
    st.markdown("## Limits")
    st.markdown(document.sections()[0].text)
    st.caption(f"The one source: {evidence().article.reference}")


def _model() -> None:
    sections = document.sections()
    chosen = st.selectbox(
        "Section", range(len(sections)), format_func=lambda number: sections[number].title, key=SECTION, width=420
    )
    section = sections[chosen or 0]
    st.markdown(f"## {section.title}\n\n{section.text}")
    with st.container(horizontal=True, gap="small"):
        for label, step in (("← Before", -1), ("Next →", 1)):
            there = 0 <= (chosen or 0) + step < len(sections)
            st.button(
                label,
                key=SECTION + label,
                disabled=not there,
                on_click=_turn,
                args=((chosen or 0) + step,),
            )


def _turn(number: int) -> None:
    st.session_state[SECTION] = number


def _glossary() -> None:
    listed(["Word", "Meaning here"], [[word, meaning] for word, meaning in OWN_WORDS.items()])
    section = next(each for each in document.sections() if "glossary" in each.title.lower())
    st.markdown(section.text)


def _cite() -> None:
    found = versions()
    program = found["grand-deal"]
    st.markdown("## How to cite")
    st.markdown("Name the version, and the scenario hash that stands beside your figures in every export.")
    st.code(f"{AUTHORS}. {NAME}, version {program}.", language=None, wrap_lines=True)
    st.code(
        f"@software{{grand_deal,\n  title = {{{{{NAME}}}}},\n  author = {{{{{AUTHORS}}}}},\n"
        f"  version = {{{program}}}\n}}",
        language="bibtex",
        wrap_lines=True,
    )
    st.caption("Licence: MIT. CITATION.cff in the repository says the same for machines.")
    st.markdown("## Versions behind the figures")
    listed(["Part", "Version"], [[name, version] for name, version in found.items()])
    st.markdown("## Source")
    st.markdown(f"The one source: {evidence().article.reference}")


def versions() -> Mapping[str, str]:
    """Return the versions of this program, of Python and of what computes and draws."""
    from importlib.metadata import version

    from sim.batch.plan import versions as of_numbers

    return {**of_numbers(), **{name: version(name) for name in ("streamlit", "altair", "pyarrow")}}
