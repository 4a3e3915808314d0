"""README.md of the published cases, written from the cases themselves."""

from __future__ import annotations

from pathlib import Path

from tests.published import (
    alternating_offers,
    bargaining_solutions,
    chain_store,
    coalitional,
    hold_up,
    quantal_response,
    sanctions,
    unanimity,
    war_of_attrition,
)
from tests.published.case import Case, Family

README = Path(__file__).with_name("README.md")
FAMILIES: dict[str, Family] = {
    module.__name__.rpartition(".")[2]: module.FAMILY
    for module in (
        alternating_offers,
        unanimity,
        quantal_response,
        chain_store,
        hold_up,
        war_of_attrition,
        sanctions,
        bargaining_solutions,
        coalitional,
    )
}
CASES: dict[str, Case] = {case.id: case for family in FAMILIES.values() for case in family.cases}

HEAD = """# Published and closed-form cases

{count} cases in {families} families. Every case puts a question to our public functions and compares the answer with a
figure that they did not compute: a published one, one by hand, or one from a few lines of arithmetic that import
nothing of `sim` (`tests/oracles/`; what needs exponentials is worked out in decimal arithmetic of forty digits, in
`tests/oracles/logit_decimal.py`, and a test compares every such figure). Run them all with `python -m pytest
tests/published`; one by its id with `-k`.

The columns say what is asked, who published it, who computed the figure, how far our answer may be from it (an absolute
difference; "exact" is none at all), and what in our code would break it; what several cases share stands below their
table (S: source, W: who computed it, B: what would break it). This page is written from the cases by
`python -m tests.published`, and a test compares the two.

What is not here: the same games are solved by programs that others wrote ([tests/peers](../peers/README.md); `make
peers` runs them anew), and the program is broken on purpose to see these tests notice it
([tests/mutants](../mutants/README.md); `make mutants`). All that a sceptic may want to see at once, from these cases to
the records of the other programs, passes with `make convince`. `lam` infinite is compared, on random small games with
every kind of turn, with a search of the whole tree in fractions (`tests/solver/test_tree.py`), and every kernel with a
plain NumPy twin (`tests/solver/test_twin.py`).

**A limit.** All moves are seen by whoever moves next: simultaneous moves and private information are outside the class
of games that is solved here. See "Sanctions, in turn" for what that leaves out.
"""


def document() -> str:
    """Return the text of the README."""
    parts = [HEAD.format(count=len(CASES), families=len(FAMILIES))]
    for name, family in FAMILIES.items():
        place = f"{name}/" if README.with_name(name).is_dir() else f"{name}.py"
        parts.append(f"## {family.title}\n\n{family.about}\n\nModule: `{place}`.\n")
        notes = _notes(family)
        rows = [
            "| case | game | figure | tolerance | source | who computed it | what would break it |",
            "|" + "---|" * 7,
        ]
        rows += [_row(case, notes) for case in family.cases]
        parts.append("\n".join(rows) + "\n")
        if notes:
            parts.append("\n".join(f"- {label}: {text}" for text, label in notes.items()) + "\n")
    return "\n".join(parts)


def _notes(family: Family) -> dict[str, str]:
    """Return text -> label for what several cases of a family share: said once, below the table."""
    found: dict[str, str] = {}
    for letter, key in (("S", "source"), ("W", "by"), ("B", "breaks")):
        texts = [getattr(case, key) for case in family.cases]
        shared = [text for text in dict.fromkeys(texts) if texts.count(text) > 1 and len(text) > 40]
        found |= {text: f"{letter}{number}" for number, text in enumerate(shared, start=1)}
    return found


def _row(case: Case, notes: dict[str, str]) -> str:
    tolerance = "exact" if case.tolerance == 0 else f"{case.tolerance:g}"
    told = (notes.get(text, text) for text in (case.source, case.by, case.breaks))
    cells = (f"`{case.id}`", case.game, case.shown, tolerance, *told)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
