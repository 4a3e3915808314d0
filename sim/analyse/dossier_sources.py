"""Where the numbers of one scenario come from: every parameter with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.analyse.dossier_record import Sourced

if TYPE_CHECKING:
    from sim.scenario import Scenario


def sourced(base: Scenario) -> tuple[Sourced, ...]:
    """Return every parameter of a scenario that has a number, with its source."""
    from sim.scenario import parameter_info
    from sim.scenario.evidence import resolve

    own = base.parameters()
    rows = []
    for name, info in parameter_info().items():
        entry: Any = None if info.source == "assumption" else resolve(info.source)
        says = next((getattr(entry, key) for key in ("says", "claim", "what") if hasattr(entry, key)), "")
        rows.append(
            Sourced(
                name=name,
                meaning=info.meaning,
                value=own[name],
                shipped=info.value,
                unit=info.unit,
                low=info.low,
                high=info.high,
                source=info.source,
                paragraphs=() if entry is None else tuple(entry.paragraphs),
                says=says,
                reason=info.reason or "",
            )
        )
    return tuple(rows)


def article() -> str:
    """Return the reference of the article that the scenarios are drawn from, in one line."""
    from sim.scenario import evidence

    return evidence().article.reference
