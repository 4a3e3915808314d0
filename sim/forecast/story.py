"""One sampled course told in plain words, month by month, with the deals' own numbers."""

from __future__ import annotations

from sim.forecast.histories import Histories
from sim.game import Chance, Move
from sim.model import Model

_MOVES = {
    ("minsk", "release"): "Minsk frees {n} {people} unasked.",
    ("minsk", "crack down"): "Minsk cracks down: about {a} new arrests.",
    ("washington", "snap back"): "Washington takes one step of relief back.",
    ("brussels", "tighten"): "Brussels takes one step of relief back.",
    ("moscow", "support"): "Moscow supports Minsk.",
    ("moscow", "punish"): "Moscow punishes Minsk.",
}
_TABLES = {
    "us-table": "Minsk and Washington agree",
    "eu-table": "Minsk and Brussels agree",
    "summit": "Minsk, Washington and Brussels agree",
}


def story(histories: Histories, number: int) -> str:
    """Return course ``number`` (from 0) as text, one paragraph a month in which something happened."""
    model = histories.model
    at = model.axes.label(int(histories.states["nature"][0, number]))
    lines = [f"Start: {_position(at)}."]
    total = histories.total("freed")[:, number]
    quiet = 0
    for t in range(histories.months):
        events = _events(model, histories, t, number, at)
        at = model.axes.label(int(histories.states["end"][t, number]))
        if not events:
            quiet += 1
            continue
        lines.append(f"Month {t + 1}: {' '.join(events)} Freed so far: {total[t]:.0f}.")
    if quiet:
        lines.append(f"In the other {quiet} month{'s' if quiet > 1 else ''} no deal, no move.")
    held = model.measures["prisoners"][histories.states["end"][-1, number]]
    lines.append(
        f"End of month {histories.months}: {_position(at)}; {total[-1]:.0f} freed in all, about {held:.0f} held."
    )
    return "\n".join(lines)


def _events(model: Model, histories: Histories, t: int, number: int, before: dict[str, str]) -> list[str]:
    events = []
    for turn in model.game.turns:
        choice = int(histories.choices[turn.name][t, number])
        if turn.name in model.packages:
            if choice:
                events.append(f"{_TABLES[turn.name]}: {model.packages[turn.name][choice].label}.")
        elif isinstance(turn, Move):
            effects = model.effects[turn.name]
            text = next(
                (
                    text
                    for (who, what), text in _MOVES.items()
                    if who == turn.name and turn.actions[choice].startswith(what)
                ),
                "",
            )
            if text:
                freed, arrested = round(effects.freed[choice]), round(effects.arrested[choice])
                events.append(text.format(n=freed, people="person" if freed == 1 else "people", a=arrested))
        elif isinstance(turn, Chance) and turn.name == "nature":
            after = model.axes.label(int(turn.next_state[histories.states["nature"][t, number], choice]))
            if after["talks"] != before["talks"]:
                events.append(f"The talks between Washington and Moscow are now {after['talks']}.")
            if after["contact"] != before["contact"]:
                events.append("Contact through envoys lapses.")
    return events


def _position(at: dict[str, str]) -> str:
    leaders = int(at["leaders"])
    return (
        f"about {at['prisoners']} people and {leaders} senior leader{'' if leaders == 1 else 's'} held, US relief "
        f"{at['us_relief']} of 3, EU relief {at['eu_relief']} of 2, contact {at['contact']}, talks {at['talks']}"
    )
