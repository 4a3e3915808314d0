"""Logit agent play of the published cases by its definition, in decimal arithmetic of forty digits.

Each function writes one game out by hand, node by node from the last, in the numbers of the case; nothing is shared
with ``sim`` or with the game that the case builds. `FIGURES` holds what the cases expect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Context, Decimal, localcontext

DIGITS = 40
D = Decimal
Row = tuple[Decimal, ...]


def logit(lam: str, values: Sequence[Decimal], weights: Sequence[Decimal] | None = None) -> Row:
    """Return the chance of each action: its weight times exp(lam value), over their sum."""
    powers = [w * (D(lam) * v).exp() for w, v in zip(weights or [D(1)] * len(values), values, strict=True)]
    return tuple(power / sum(powers) for power in powers)


def yes(lam: str, stake: Decimal) -> Decimal:
    """Return the chance that an answering party accepts what is worth ``stake`` more to it than a refusal."""
    return 1 / (1 + (-D(lam) * stake).exp())


def centipede(lam: str) -> Row:
    """The four-move centipede: the chance of taking at each node."""
    value, found = (D("6.40"), D("1.60")), []
    for mover, taken in ((1, ("0.80", "3.20")), (0, ("1.60", "0.40")), (1, ("0.20", "0.80")), (0, ("0.40", "0.10"))):
        take = yes(lam, D(taken[mover]) - value[mover])
        value = (take * D(taken[0]) + (1 - take) * value[0], take * D(taken[1]) + (1 - take) * value[1])
        found.append(take)
    return tuple(reversed(found))


def ultimatum(lam: str) -> Row:
    """Four units in two moves: the chance of each offer 0 to 4, and of each being accepted."""
    accepted = [yes(lam, D(x)) for x in range(5)]
    return (*logit(lam, [(4 - x) * accepted[x] for x in range(5)]), *accepted)


def ultimatum_as_offer(lam: str) -> Row:
    """The same where making no offer, worth nothing, is the first of six choices."""
    accepted = [yes(lam, D(x)) for x in range(5)]
    return (*logit(lam, [D(0), *((4 - x) * accepted[x] for x in range(5))]), *accepted)


def split_node(lam: str, payoffs: tuple[str, str, str]) -> Row:
    """One player among three payoffs: at one node; then the first against "one of the others", and which of them."""
    first, *others = (D(p) for p in payoffs)
    inner = logit(lam, others)
    worth = sum((p * v for p, v in zip(inner, others, strict=True)), D(0))
    top = logit(lam, [first, worth])
    return (*logit(lam, [first, *others]), top[0], *(top[1] * p for p in inner))


def split_deal(lam: str) -> Row:
    """A deal worth 1 to both against no offer: told once; as copies of 1/4 and 3/4 of its weight; of weight 1 each."""
    worth = yes(lam, D(1))
    told = [(D(1),), (D("0.25"), D("0.75")), (D(1), D(1))]
    return tuple(sum(logit(lam, [D(0), *[worth] * len(w)], [D(1), *w])[1:], D(0)) for w in told)


def answers_in_a_row(lam: str) -> Row:
    """The proposer, then two answers that gain .5 and .25: the earlier one counts with the chance of the later yes."""
    last = yes(lam, D("0.25"))
    return (D(1), yes(lam, last * D("0.5")), last)


def chain_store(lam: str, markets: int) -> Row:
    """Markets that do not touch each other: values of chain and entrants, entry and cooperation, first and last."""
    answer = logit(lam, [D(2), D(0)])
    inside = (2 * answer[0], 2 * answer[0])
    enter = yes(lam, inside[1] - 1)
    chain, entrant = enter * inside[0] + (1 - enter) * 5, enter * inside[1] + (1 - enter) * 1
    return (markets * chain, markets * entrant, enter, answer[0], enter, answer[0])


def attrition(lam: str) -> Row:
    """One round, prize 3, cost 1, a before b, to be paid if both stay: who stays and concedes, and both values."""
    # b's turn: staying costs both 1; conceding gives a the prize, and costs nobody anything
    concede = yes(lam, D(1))
    after = (concede * 3 - (1 - concede), -(1 - concede))
    # a's turn: staying leads to b's; conceding gives b the prize
    stay = yes(lam, after[0])
    return (stay, concede, stay * after[0], stay * after[1] + (1 - stay) * 3)


def sanctions(lam: str, penalty: str) -> Row:
    """The target moves first: the chance of a violation, and of a sanction after one and after none."""
    after, without = yes(lam, D(1)), yes(lam, D(-1))
    violate = yes(lam, after * -D(penalty) + (1 - after) * 2)
    return (violate, after, without)


def _worked(function: Callable[..., Row], *given: object) -> Row:
    with localcontext(Context(prec=DIGITS)):
        return function(*given)


FIGURES: dict[str, Row] = {
    **{
        f"centipede-lam-{lam}-{form}": _worked(centipede, lam)
        for lam in ("0", "0.5", "1", "2", "5")
        for form in ("one-node-a-round", "four-turns-in-a-round")
    },
    "centipede-lam-1-six-digits": _worked(centipede, "1"),
    **{f"ultimatum-lam-{lam}": _worked(ultimatum, lam) for lam in ("0", "0.5", "1", "2", "5")},
    "ultimatum-as-an-offer-lam-1": _worked(ultimatum_as_offer, "1"),
    **{
        f"splitting-a-node-changes-play-lam-{lam}": _worked(split_node, lam, ("2", "1", "1")) for lam in ("0", "1", "3")
    },
    "splitting-a-node-with-unequal-payoffs-lam-1": _worked(split_node, "1", ("2", "3", "0")),
    "splitting-a-package-that-shares-its-weight-changes-nothing": _worked(split_deal, "2"),
    "answers-in-a-row-lam-2": _worked(answers_in_a_row, "2"),
    **{f"chain-store-lam-{lam}": _worked(chain_store, lam, 20) for lam in ("1", "2")},
    "attrition-one-round-lam-1": _worked(attrition, "1"),
    **{f"sanctions-target-first-lam-1-penalty-{penalty}": _worked(sanctions, "1", penalty) for penalty in ("1", "4")},
}
"""Id of a case in ``tests/published`` -> what it expects."""
