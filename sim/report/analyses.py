"""The sections of a page on one scenario that come from its dossier (`sim.analyse.dossier`, as a JSON object).

Each function returns the inside of one section as HTML. A section that was not asked for is left out; one that could
not be computed says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sim.report import again, section_claims, section_deals, section_flip, section_scenario, section_space, section_why
from sim.report import analysis_words as say
from sim.report.parts import esc

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
TITLES = {
    "why": "Why",
    "flip": "What would flip it",
    "sweep": "How far one or two assumptions move it",
    "sure": "How sure this is",
    "sobol": "Which assumptions matter when all move at once",
    "discover": "Where in the assumptions the answer turns",
    "people": "What it means for the people held",
    "deals": "Who gains and who blocks",
    "power": "Whose consent matters",
    "path": "How offers move",
    "stability": "What would stay put",
    "claims": "The article's claims, put to the test",
    "evidence": "What evidence would change the answer",
    "sources": "What the numbers rest on",
}
SHORT = {
    "why": "Why",
    "flip": "What would flip it",
    "sweep": "How far it moves",
    "sure": "How sure",
    "sobol": "All at once",
    "discover": "Where it turns",
    "people": "People held",
    "deals": "Deals",
    "power": "Power",
    "path": "Offers",
    "stability": "Stability",
    "claims": "Claims",
    "evidence": "Evidence",
    "sources": "Sources",
}


def sections(result: Result, dossier: Record, manifest: Record) -> list[tuple[str, str, str, str]]:
    """Return (anchor, title, short title, HTML) of every section of the dossier, in its order."""
    source = str(section_scenario.entry(manifest, result).get("source") or result.scenario)
    commands = again.lines(dossier, manifest, source, result.seed)
    made = []
    for name in dossier["sections"]:
        write = _WRITERS[name]
        if name in dossier["missing"]:
            inside = f'<p class="note">This could not be computed here: {esc(dossier["missing"][name])}</p>'
        else:
            inside = write(result, dossier)
        lines = "".join(f"<code>{esc(line)}</code>" for line in commands[name])
        foot = f'<p class="again"><span>The same again:</span>{lines}</p>' if lines else ""
        made.append((f"a-{name}", TITLES[name], SHORT[name], f"{inside}{foot}"))
    return made


def answer(result: Result, dossier: Record) -> str:
    """The answer in a few sentences, for the first screen."""
    sentences = [say.held_answer(result), say.relief_answer(result)]
    if dossier["inverse"] is not None and "flip" not in dossier["missing"]:
        sentences.append(say.flip_answer(dossier))
    return "".join(f'<p class="lead">{_strong(text)}</p>' for text in sentences)


def _strong(text: str) -> str:
    """Escape a sentence and set its numbers strong, so that the eye finds them."""
    made = []
    for word in esc(text).split(" "):
        core = word.strip(".,;:()")
        figures = core.replace(",", "").replace("%", "").replace("&lt;", "").replace("&gt;", "").replace(".", "")
        made.append(word.replace(core, f"<b>{core}</b>", 1) if figures.isdigit() else word)
    return " ".join(made)


_WRITERS: dict[str, Callable[[Any, Record], str]] = {
    "why": section_why.why,
    "flip": section_flip.flip,
    "sweep": section_space.sweep,
    "sobol": section_space.sobol,
    "discover": section_space.discover,
    "sure": section_flip.sure,
    "people": section_why.people,
    "deals": section_deals.deals,
    "power": section_deals.power,
    "path": section_deals.path,
    "stability": section_deals.stability,
    "claims": section_claims.claims,
    "evidence": section_flip.evidence,
    "sources": section_claims.sources,
}
