"""The forecast: outcomes month by month, and first deals."""

from __future__ import annotations

from tests.mutants.mutant import Fault

OUTCOMES = "sim/forecast/outcomes.py"

FAULTS = (
    Fault(
        "cumulated-no-more",
        OUTCOMES,
        "(np.cumsum(_counted(model, forward, name)) for",
        "(_counted(model, forward, name) for",
        "Freed, leaders freed and arrested are those of one month, shown as if since the start.",
    ),
    Fault(
        "months-begun-not-ended",
        OUTCOMES,
        "at_end = forward.boundary[1:]",
        "at_end = forward.boundary[:-1]",
        "What is said to hold at a month's end held at its beginning.",
    ),
    Fault(
        "arrests-beyond-capacity",
        OUTCOMES,
        'if turn == "nature" and name == "arrested":',
        "if False:",
        "Arrests are counted where there is no room for them.",
    ),
    Fault(
        "support-counts-as-punishment",
        OUTCOMES,
        'PUNISH = "punish"',
        'PUNISH = "support"',
        "The probability that Moscow has punished is that it has supported.",
    ),
    Fault(
        "price-of-gestures",
        OUTCOMES,
        "effects.freed * (relief > 0)",
        "effects.freed",
        "The going price of relief counts the people freed for no relief.",
    ),
    Fault(
        "first-deals-not-first",
        OUTCOMES,
        'forward.flux(t, table, among="deal")[1:]',
        "forward.flux(t, table)[1:]",
        "Every deal counts as a first deal.",
    ),
    Fault(
        "all-propose-at-once",
        OUTCOMES,
        "policy.propose[:, r] * recognition[:, r, None]",
        "policy.propose[:, r]",
        "What each party would propose is not weighed by its chance to.",
    ),
    Fault(
        "stock-along-another-dial",
        OUTCOMES,
        "axis=tuple(i + 1 for i in others)",
        "axis=tuple(i for i in others)",
        "The distribution of people held is added up over months.",
    ),
)
