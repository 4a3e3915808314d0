"""How ``deals`` prints what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sim.cli.output import decimal, out, percent, signed, table, width

if TYPE_CHECKING:
    from rich.table import Table

    from sim.forecast.deal_records import Deal, Deals

_NARROW = 100  # below this many columns the gains of capitals that do not sign are left to --json
_SHORT = {"minsk": "Minsk", "washington": "Washington", "brussels": "Brussels", "moscow": "Moscow"}


def show(found: Deals) -> None:
    """Print what `deals` found."""
    from sim.forecast.deal_records import UNITS

    signing = _and([_SHORT[name] for name in found.signatories])
    what = "Combined packages" if found.space == "combined" else f"The packages of {found.space}"
    out(
        f"{found.title} ({found.scenario})",
        f"{what}, signed by {signing}, struck in month {found.month} {found.struck}.",
        f"Position: {found.position}.",
        UNITS,
        "",
        *_asked(found),
        *_zone(found),
        "",
        _picks(found),
        _draws(found),
    )
    deals_shown = _shown(found)
    out(_top(found), _blocked(deals_shown), *_likeliest(found), *_prices(found))


def _asked(found: Deals) -> list[Any]:
    """Tell the package that was asked about."""
    deal = found.asked
    if deal is None:
        return []
    rows = table(
        f"The package asked about: {deal.label}",
        *("capital", "gain over no deal, points", "signs", "what would bring it in", "others give up"),
        numbers=("gain over no deal, points", "others give up"),
    )
    change = {item.blocker: item for item in deal.sweeteners}
    for name, gain in deal.gains.items():
        signs = "yes" if name in found.signatories else "no"
        if name in deal.blockers:
            signs = f"blocks ({_loss(deal.blockers[name])})"
        item = change.get(name)
        remedy = (
            "-" if item is None else item.change + ("" if item.package is None or item.agreed else " (not the others)")
        )
        cost = "-" if item is None or item.cost is None else decimal(item.cost)
        rows.add_row(_SHORT[name], signed(gain), signs, remedy, cost)
    if not deal.blockers:
        verdict = "No signatory loses by it." if deal.label != "no deal" else "That is no deal: nobody gains or loses."
    else:
        verdict = f"Who loses: {_losers(deal)}."
    efficient = "No other package is better for one signatory and no worse for the others." if deal.efficient else ""
    return [
        rows,
        f"{verdict} Moscow punishes in the same month with a chance of {percent(deal.punished)}. {efficient}".rstrip(),
        "",
    ]


def _zone(found: Deals) -> list[str]:
    lines = [
        f"Packages: {found.packages:,}. Every signatory gains from {found.zone:,} (zone of possible agreement), "
        f"all four capitals from {found.zone_all:,}. "
        f"One capital alone gains from: {_and([f'{_SHORT[n]} {c:,}' for n, c in found.gaining.items()])}.",
        f"Efficient for the signatories: {found.efficient:,}; for all four: {found.efficient_all:,}.",
    ]
    if found.punished_range is None:
        lines.append(
            f"No zone of agreement: {found.reason}. The packages below are those closest to one. "
            f"Without a deal Moscow punishes this month with a chance of {percent(found.punished_no_deal)}."
        )
    else:
        low, high = found.punished_range
        lines.append(
            f"Moscow punishes in the same month with a chance of {percent(low)} to {percent(high)} in the zone "
            f"({percent(found.punished_no_deal)} without a deal); more likely than not after "
            f"{found.zone_punished:,} of {found.zone:,}."
        )
    return lines


def _capitals(found: Deals) -> list[str]:
    if width() < _NARROW:
        return list(found.signatories)
    return list(found.gaining)


def _gain_cells(found: Deals, gains: Mapping[str, float]) -> list[str]:
    return [signed(gains[name]) for name in _capitals(found)]


def _picks(found: Deals) -> Table:
    from sim.bargain.picks import COMPARES_UNITS, RULE_LABELS

    names = [_SHORT[name] for name in _capitals(found)]
    numbers = [*names, "Moscow punishes"]
    rows = table("One package by each rule (gains over no deal, points)", "rule", "package", *numbers, numbers=numbers)
    for rule, deal in found.picks.items():
        label = RULE_LABELS[rule] + (" (compares units)" if rule in COMPARES_UNITS else "")
        if deal is None:
            rows.add_row(label, "none: no zone of agreement", *["-"] * len(numbers))
            continue
        tied = found.tied[rule]
        text = deal.label + (f" (and {tied - 1} more, equally good)" if tied > 1 else "")
        rows.add_row(label, text, *_gain_cells(found, deal.gains), percent(deal.punished))
    return rows


def _draws(found: Deals) -> Table:
    from sim.bargain.picks import COMPARES_UNITS, RULE_LABELS

    names = [_SHORT[name] for name in _capitals(found)]
    rows = table(
        "The same if the parties can agree on a draw (expected gains, points)",
        *("rule", "draw", *names, "Moscow punishes"),
        numbers=[*names, "Moscow punishes"],
    )
    for rule, draw in found.lotteries.items():
        label = RULE_LABELS[rule] + (" (compares units)" if rule in COMPARES_UNITS else "")
        if draw is None:
            rows.add_row(label, "none: no draw helps every signatory either", *["-"] * (len(names) + 1))
        else:
            text = "; ".join(f"{percent(p)} {package}" for p, package in draw.parts)
            rows.add_row(label, text, *_gain_cells(found, draw.gains), percent(draw.punished))
    return rows


def _top(found: Deals) -> Table:
    names = [_SHORT[name] for name in _capitals(found)]
    rows = table(
        "Closest to an agreement" if found.reason else "The frontier: largest Nash product first, then closest to it",
        *("package", *names, "Moscow punishes", "who loses"),
        numbers=[*names, "Moscow punishes"],
    )
    for deal in found.top:
        rows.add_row(deal.label, *_gain_cells(found, deal.gains), percent(deal.punished), _losers(deal))
    return rows


def _losers(deal: Deal) -> str:
    blocks = [f"{_SHORT[name]} blocks ({_loss(loss)})" for name, loss in deal.blockers.items()]
    hurt = [f"{_SHORT[name]}, who does not sign ({_loss(loss)})" for name, loss in deal.hurt.items()]
    return ", ".join(blocks + hurt) or "nobody"


def _loss(loss: float) -> str:
    return f"{loss:.2f}" if loss >= 0.005 else "<0.01"


def _shown(found: Deals) -> list[Deal]:
    deals = {deal.label: deal for deal in (*found.picks.values(), *found.top) if deal is not None}
    return [deal for deal in deals.values() if deal.blockers]


def _blocked(deals: Sequence[Deal]) -> Table | str:
    if not deals:
        return ""
    rows = table(
        "What would bring a blocker in: the cheapest single change",
        *("package", "blocker", "change", "others give up", "then nobody blocks"),
        numbers=("others give up",),
    )
    for deal in deals:
        for change in deal.sweeteners:
            cost = "-" if change.cost is None else f"{change.cost:.2f}"
            agreed = "-" if change.package is None else "yes" if change.agreed else "no"
            rows.add_row(deal.label, _SHORT[change.blocker], change.change, cost, agreed)
    rows.caption = "Given up: losses of the other signatories as shares of their largest gains, added up."
    rows.caption_justify = "left"
    return rows


def _likeliest(found: Deals) -> list[Any]:
    from sim.bargain.picks import RULE_LABELS

    if found.likeliest is None:
        return ["No deal is open at this month's tables."]
    likeliest = found.likeliest
    rows = table(
        "How far the likeliest deal is from each pick",
        *("pick", "distance", "the pick contains"),
        numbers=("distance",),
    )
    for name, distance in likeliest.distance.items():
        rule = name.removeprefix("lottery: ")
        label = RULE_LABELS[rule] + (", draw" if rule != name else "")
        rows.add_row(label, f"{distance:.2f}", _difference(likeliest.difference[name]))
    rows.caption = "Distance: Euclidean, each signatory's gain as a share of its largest gain."
    rows.caption_justify = "left"
    gains = _gains_in_words(likeliest.deal.gains)
    at_table = f" Struck at the table itself: {_gains_in_words(likeliest.table_gains)}."
    return [
        f"The equilibrium makes this deal likeliest in the month: {likeliest.deal.label} ({likeliest.table}, "
        f"{percent(likeliest.probability)}). Gains, struck where the packages above are: {gains}. Who loses: "
        f"{_losers(likeliest.deal)}.{at_table if found.space == 'combined' else ''}",
        rows if likeliest.distance else "",
    ]


def _gains_in_words(gains: Mapping[str, float]) -> str:
    return _and([f"{_SHORT[name]} {signed(gain)}" for name, gain in gains.items()])


def _difference(difference: Mapping[str, float]) -> str:
    names = {
        "prisoners": "prisoners",
        "leaders": "leaders",
        "us": "steps of US relief",
        "eu": "steps of EU relief",
        "contact": "steps of contact",
        "pressing": "pressing",
    }
    parts = [f"{change:+.4g} {names[name]}" for name, change in difference.items() if abs(change) > 1e-9]
    return ", ".join(parts) or "the same"


def _prices(found: Deals) -> list[Any]:
    if not found.prices:
        return []
    sellers = [_SHORT[name] for name in found.prices[0].fewest]
    heads = [f"{name} wants at least" for name in sellers]
    numbers = ["Minsk frees at most", *heads, "all sign from"]
    rows = table("Reservation prices in prisoners, all else as it is", "for", *numbers, numbers=numbers)
    for price in found.prices:
        wanted = ["no number" if n is None else f"{n:,}" for n in price.fewest.values()]
        most = "refuses it for nobody freed" if price.most is None else f"{price.most:,}"
        both = "never" if price.everybody is None else f"{price.everybody[0]:,} to {price.everybody[1]:,}"
        rows.add_row(price.step, most if price.most != price.held else f"all {price.held:,}", *wanted, both)
    return [rows]


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
