"""``deals``: which deals everybody would take, which is best, who blocks, and at what price."""

from __future__ import annotations

import difflib
import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import DISCLAIMER, busy, note, out, out_json, percent, table, warn_of_range, width

if TYPE_CHECKING:
    from rich.table import Table

    from sim.forecast.deal_records import Deal, Deals

_TABLES = ("us-table", "eu-table", "summit")
_KINDS = (".parquet", ".csv")
_NARROW = 100  # below this many columns the gains of capitals that do not sign are left to --json
_SHORT = {"minsk": "Minsk", "washington": "Washington", "brussels": "Brussels", "moscow": "Moscow"}


def parties(text: str | None) -> tuple[str, ...] | None:
    """Return ``--parties minsk,washington`` as names; None where it was not given. (The model refuses wrong ones.)"""
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def weights(text: str | None) -> dict[str, float]:
    """Return ``--weights minsk=2,washington=1`` as capital -> weight; empty where it was not given.

    Raises
    ------
    typer.BadParameter : a part that is not capital=number above 0, or a capital named twice.
    """
    found: dict[str, float] = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not name or name in found or not (math.isfinite(value) and value > 0):
            raise typer.BadParameter(
                f"found {part.strip()!r}; allowed: capital=number above 0, each capital once, as in minsk=2"
            )
        found[name] = value
    return found


def _check_weights(text: str | None) -> str | None:
    weights(text)
    return text


def _check_table(value: str | None) -> str | None:
    if value is not None and value not in _TABLES:
        near = difflib.get_close_matches(value, _TABLES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise typer.BadParameter(f"found {value!r}; allowed: {', '.join(_TABLES)}{hint}")
    return value


def _check_out(value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() not in _KINDS:
        raise typer.BadParameter(f"found {value.name!r}; allowed: a file that ends in {' or '.join(_KINDS)}")
    return value


def deals(
    scenario: options.Source,
    overrides: options.Set = None,
    grid: options.Grid = "default",
    rationality: options.Rationality = None,
    month: options.Month = 0,
    state: options.State = None,
    signing: Annotated[
        str | None,
        options.optional(
            "--parties",
            "CAPITAL,...",
            "Who signs the combined packages: minsk with washington, brussels or both; moscow may be added. "
            "Default: minsk,washington,brussels.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        options.optional(
            "--table",
            "TABLE",
            "Look at this table's own packages instead: us-table, eu-table or summit.",
            callback=_check_table,
            autocompletion=lambda incomplete: [name for name in _TABLES if name.startswith(incomplete)],
        ),
    ] = None,
    nash_weights: Annotated[
        str | None,
        options.optional(
            "--weights",
            "CAPITAL=NUMBER,...",
            "Weights of the Nash product, 1 where not given.",
            callback=_check_weights,
        ),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", min=0, metavar="NUMBER", help="Tell so many packages of the frontier in full.")
    ] = 10,
    as_json: options.Json = False,
    file: Annotated[
        Path | None,
        options.optional(
            "--out",
            "FILE",
            "Write all packages with everybody's gains to FILE.parquet or FILE.csv.",
            callback=_check_out,
        ),
    ] = None,
) -> None:
    """Look at every deal: who gains, who blocks, at what price.

    Gains are over no deal, from the equilibrium of the model; nothing here is a prediction.
    """
    from sim.scenario import load

    loaded = load(scenario, options.overrides(overrides))
    warn_of_range([loaded])
    with busy(f"Working out the deals of {loaded.id} ..."):
        from sim.forecast.deals import deals as work_out

        found = work_out(
            loaded,
            grid=grid,
            rationality=options.rationality(rationality),
            month=month,
            state=options.dials(state),
            parties=parties(signing),
            table=at,
            weights=weights(nash_weights),
            top=top,
        )
    if file is not None:
        write(file, found.columns())
        note(f"Wrote {found.packages + 1:,} packages (the first is no deal) to {file}.")
    if as_json:
        out_json(found.to_json())
        return
    chosen = {"--parties": signing, "--table": at, "--weights": nash_weights, "--state": state}
    _print(found)
    again = ["grand-deal", "deals", scenario]
    for pair in overrides or ():
        again += ["--set", pair]
    again += ["--grid", grid, *(["--rationality", rationality] if rationality is not None else [])]
    again += [
        "--month",
        str(month),
        *(word for key, value in chosen.items() if value is not None for word in (key, value)),
    ]
    again += ["--top", str(top), *(["--out", str(file)] if file is not None else [])]
    out(
        f"{DISCLAIMER} Scenario hash {found.scenario_hash[:12]}, version {found.versions.get('grand-deal', '?')}.",
        f"The same again: {shlex.join(again)}{' < FILE' if scenario == '-' else ''}",
    )


def write(file: Path, columns: Mapping[str, Any]) -> None:
    """Write columns to a Parquet or a CSV file, by its ending."""
    import pyarrow as pa

    file.parent.mkdir(parents=True, exist_ok=True)
    rows = pa.table(dict(columns))
    if file.suffix.lower() == ".csv":
        import pyarrow.csv as csv

        csv.write_csv(rows, str(file))
    else:
        import pyarrow.parquet as pq

        pq.write_table(rows, str(file), compression="zstd")


def _print(found: Deals) -> None:
    from sim.forecast.deal_records import UNITS

    signing = _and([_SHORT[name] for name in found.signatories])
    what = "Combined packages" if found.space == "combined" else f"The packages of {found.space}"
    out(
        f"{found.title} ({found.scenario})",
        f"{what}, signed by {signing}, struck in month {found.month} {found.struck}.",
        f"Position: {found.position}.",
        UNITS,
        "",
        *_zone(found),
        "",
        _picks(found),
        _draws(found),
    )
    deals_shown = _shown(found)
    out(_top(found), _blocked(deals_shown), *_likeliest(found), *_prices(found))


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
    return [f"{gains[name]:+.2f}" for name in _capitals(found)]


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
    gains = _and([f"{_SHORT[name]} {gain:+.2f}" for name, gain in likeliest.deal.gains.items()])
    return [
        f"The equilibrium makes this deal likeliest in the month: {likeliest.deal.label} ({likeliest.table}, "
        f"{percent(likeliest.probability)}). Gains: {gains}. Who loses: {_losers(likeliest.deal)}.",
        rows if likeliest.distance else "",
    ]


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
