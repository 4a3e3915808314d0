"""One sentence or two for each decision, written from its numbers and from nothing else."""

from __future__ import annotations

import math

from sim.forecast.explanation import ANSWER, PROPOSAL, Decision

MOST_TERMS = 3
"""Terms that a sentence names; what is left goes together."""
VISIBLE = 0.005
"""Points below which a number with two decimals is 0."""

# label -> what a capital does, would do, and is doing
_VERBS = {
    "hold": ("holds", "hold", "holding"),
    "release a handful unasked": (
        "releases a handful unasked",
        "release a handful unasked",
        "releasing a handful unasked",
    ),
    "crack down": ("cracks down", "crack down", "cracking down"),
    "snap back": ("snaps back", "snap back", "snapping back"),
    "tighten": ("tightens", "tighten", "tightening"),
    "tolerate": ("looks on", "look on", "looking on"),
    "support": ("supports Minsk", "support Minsk", "supporting Minsk"),
    "punish": ("punishes Minsk", "punish Minsk", "punishing Minsk"),
    "accept": ("accepts", "accept", "accepting"),
    "refuse": ("refuses", "refuse", "refusing"),
    "no offer": ("makes no offer", "make no offer", "making no offer"),
}


def capital(player: str) -> str:
    """Return a player's name as it stands in a sentence."""
    return player[:1].upper() + player[1:]


def signed(value: float) -> str:
    """Write points with their sign and two decimals; 0 where that would say nothing."""
    return f"{value:+.2f}" if abs(value) >= VISIBLE else "0"


def unsigned(value: float) -> str:
    """Write a size in points: `signed` without the sign."""
    return signed(abs(value)).lstrip("+")


def chance(value: float) -> str:
    """Write a probability in percent; never 0% or 100% for what is only near it."""
    if 0 < value < 0.005:
        return "<1%"
    if 0.995 < value < 1:
        return ">99%"
    return f"{value:.0%}"


def deal(package: str) -> str:
    """Return a package's label as it reads in a sentence: what is asked for without giving anything comes first."""
    given, _, got = package.partition(" for ")
    if given == "nothing":
        return f"{got} for nothing in return"
    return f"{package} in return" if got == "nothing" else package


def sentence(decision: Decision) -> str:
    """Say what is decided, what the runner-up would change for who decides, and what would tip it."""
    chosen = decision.option(decision.action)
    does, _, _ = _verbs(decision, decision.action)
    who = capital(decision.player)
    accepted = f"; accepted {chance(chosen.accepted)}" if decision.kind == PROPOSAL and chosen.accepted < 1 else ""
    head = f"{who} {does} ({chance(chosen.probability)}{accepted})"
    if not decision.other:
        return f"{head}: nothing else is possible."
    if decision.fixed:
        return f"{head}: it is set to, whatever it gains or loses by that."
    if decision.margin is None:
        return f"{head}: with lam 0 it {'tosses a coin' if decision.kind == ANSWER else 'goes by the weights alone'}."
    _, base, doing = _verbs(decision, decision.other)
    likely = chance(decision.option(decision.other).probability)
    return (
        f"{head}. {doing[:1].upper()}{doing[1:]} instead ({likely}) {_worth(decision)}{_terms(decision)}."
        f"{_tilt(decision)} {_tips(decision, who, base)}"
    )


def _verbs(decision: Decision, action: str) -> tuple[str, str, str]:
    if decision.kind == ANSWER:
        does, base, doing = _VERBS[action]
        return f"{does} {deal(decision.package)}, from {capital(decision.proposer)}", base, doing
    if action in _VERBS:
        return _VERBS[action]
    if decision.kind == PROPOSAL:
        what = deal(action)
        return f"proposes {what}", f"propose {what}", f"proposing {what}"
    return f"chooses {action}", f"choose {action}", f"choosing {action}"


def _worth(decision: Decision) -> str:
    total = sum(part.total for part in decision.difference)
    if signed(total) == "0":
        return "is worth the same to it"
    return f"is worth {unsigned(total)} points {'more' if total > 0 else 'less'} to it"


def _terms(decision: Decision) -> str:
    shown = [part for part in decision.difference if signed(part.total) != "0"]
    if not shown:
        return ""
    # "all else" in place of one term would be no shorter
    count = MOST_TERMS if len(shown) > MOST_TERMS + 1 else len(shown)
    texts = [f"{part.term} {signed(part.total)}" for part in shown[:count]]
    rest = sum(part.total for part in decision.difference if part not in shown[:count])
    if signed(rest) != "0":
        texts.append(f"all else {signed(rest)}")
    return f": {', '.join(texts)}"


def _tilt(decision: Decision) -> str:
    if signed(decision.weight) == "0":
        return ""
    more = "more" if decision.weight > 0 else "less"
    return f" The menu gives it {more} weight, which counts for {signed(decision.weight)}."


def _tips(decision: Decision, who: str, base: str) -> str:
    if decision.margin is None or decision.margin < VISIBLE:  # between two lots it can fall a little below 0
        return "The two are as good as level."
    needed = decision.needed
    even = "Both would be equally good" if math.isinf(decision.rationality) else f"{who} would {base} as often"
    if needed is None:
        more = f"{unsigned(decision.margin)} points more"
        return f"{even} if that were worth {more} to it, which no term could add by itself."
    return (
        f"{even} if {needed.term} rose by {unsigned(needed.by)} (from {signed(needed.before)} to {signed(needed.to)}), "
        "with everything else, including what follows, unchanged."
    )
