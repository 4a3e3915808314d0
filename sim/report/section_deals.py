"""The sections on deals, power, the path of offers, and stability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import analysis_charts as draw
from sim.report import analysis_words as say
from sim.report import parts, theme, words
from sim.report.analysis_values import signed, written
from sim.report.parts import dot, esc, figure, scrolling, table, who
from sim.report.rows_deals import PICKS

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]
COMMITTED = {
    "removed": "removed: no offers, refuses everything, does nothing",
    "silent": "silent: no offers, does nothing by itself, answers as it likes best",
    "hold": "hold: accepts only what asks nothing of it",
    "ease": "ease: accepts everything, offers all it can for nothing",
    "punish": "punish: no offers, refuses everything, strikes wherever it can",
}
SWEETENED = 3
SHARP = (
    "The same at lam infinite, where every coalition does its best, is left out of the report: grand-deal power shows "
    "it beside these."
)
MAP_AXES = (
    "A mark stands for all positions at which both sides have given as much: across, the mean of US relief, EU relief "
    "and contact, each as a share of the most there is; upwards, the mean of people and leaders freed, as shares of "
    "those held at the start. Whether Moscow punishes is not drawn: a stable position may hold with or without it."
)
MINOR = 0.0005
"""Changes of a probability below this are nothing."""


def deals(result: Result, dossier: Record) -> str:
    """The deal space: who gains, the picks, the planes, prices."""
    found = dossier["deals"]
    signers = words.listed([theme.capital(name).name for name in found["signatories"]])
    texts = [
        f"{say.gaining_text(found)} A package needs the consent of {signers}; gains are over no deal, with what would "
        "follow, in points of each capital.",
        zone(found),
    ]
    counts = figure("From how many packages each gains", draw.gaining_svg(found, "deals-gaining"))
    shown = told(found)
    reach: dict[str, float] = {}
    for _, _, deal in shown:
        for player, value in deal["gains"].items():
            reach[player] = max(reach.get(player, 1e-12), abs(value))
    gains = "".join(
        figure(
            f"{esc(title)}: {esc(deal['label'])}",
            draw.gains_svg(deal["label"], deal["gains"], reach, f"deals-gain-{number}"),
            f"{esc(note)}each capital's bar has its own scale",
        )
        for number, (title, note, deal) in enumerate(shown)
    )
    planes = "".join(
        figure(
            f"{esc(say.name(window['players'][0]))} and {esc(say.name(window['players'][1]))}",
            draw.plane_svg(window, f"plane-{number}"),
            _beyond(window),
        )
        for number, window in enumerate(dossier["planes"])
    )
    key = "; ".join(f"<b>{letter}</b> {esc(text)}" for letter, text in PICKS.values())
    legend = (
        f'<p class="note">{dot("heat")} packages (or cells with such) from which all four capitals gain; '
        f"{dot('quiet')} all others; shaded: both of these two gain; dotted: no deal; line: the frontier, on which "
        f"these two cannot both improve. {key}. The egalitarian and the utilitarian pick compare points of different "
        "capitals, which have no common unit; the normalised one counts shares of what each could gain.</p>"
    )
    body = "".join(f"<p>{esc(text)}</p>" for text in texts if text)
    return (
        f'{body}<div class="wide">{counts}{gains}</div><h3>Two capitals at a time</h3>{legend}'
        f'<div class="wide planes">{planes}</div>{_picks(found)}{_prices(found)}'
    )


def zone(found: Record) -> str:
    """Say how large the zone of possible agreement is, what Moscow would do, and whose consent is rare."""
    if not found["zone"]:
        blocked = _blocking(found)
        return f"There is no zone of possible agreement: no package brings every signatory a gain.{blocked}"
    low, high = found["punished_range"]
    punished = found["zone_punished"]
    return (
        f"The zone of possible agreement holds {words.plural(found['zone'], 'package')}. After "
        f"{f'{punished:,}' if punished else 'none'} of them Moscow is more likely than not to punish in the same "
        "month (probability "
        f"{words.percent(low)} to {words.percent(high)}; without a deal {words.percent(found['punished_no_deal'])})."
        f"{_blocking(found)}"
    )


def _blocking(found: Record) -> str:
    signing = {name: found["gaining"][name] for name in found["signatories"]}
    rare = min(signing, key=lambda name: signing[name])
    return (
        f" Consent is hardest to have from {theme.capital(rare).name}, which gains from only "
        f"{signing[rare]:,} of {found['packages']:,}."
    )


def told(found: Record) -> list[tuple[str, str, Record]]:
    """The likeliest deal and the packages that rules pick, each once."""
    shown: list[tuple[str, str, Record]] = []
    if found["likeliest"] is not None:
        chance = f"struck this month {words.percent(found['likeliest']['probability'])}, at the {_table(found)}; "
        if found.get("space", "combined") == "combined":
            chance += "valued here as if struck where the other packages are; "
        shown.append(("Likeliest", chance, found["likeliest"]["deal"]))
    by_label: dict[str, list[str]] = {}
    deals: dict[str, Record] = {}
    for rule, deal in found["picks"].items():
        if deal is not None:
            by_label.setdefault(deal["label"], []).append(PICKS[rule][1] if rule in PICKS else rule)
            deals[deal["label"]] = deal
    for label, rules in by_label.items():
        title = "Picked by all rules" if len(rules) > 4 else f"Picked as {words.listed(rules)}"
        shown.append((title, "", deals[label]))
    if not by_label and found["top"]:
        shown.append(("Closest to an agreement", "", found["top"][0]))
    return shown


def _table(found: Record) -> str:
    name = words.turn_name(found["likeliest"]["table"])
    return name.removeprefix("At the ")


def _beyond(window: Record) -> str:
    outside = window["outside"]
    shown = f"{window['inside']:,} packages"
    return esc(f"{shown}; {outside:,} more lie further out" if outside else shown)


def _picks(found: Record) -> str:
    rows = []
    for title, _, deal in told(found):
        gains = [esc(signed(value)) for value in deal["gains"].values()]
        blockers = words.listed([theme.capital(name).name for name in deal["blockers"]]) or "nobody"
        change = "; ".join(
            f"{theme.capital(item['blocker']).name}: {item['change']}" for item in deal["sweeteners"][:SWEETENED]
        )
        rows.append([esc(title), esc(deal["label"]), *gains, esc(blockers), esc(change or "–")])
    if not rows:
        return ""
    names = [who(name) for name in next(iter(told(found)))[2]["gains"]]
    head = ["", "Package", *names, "Blocked by", "What would bring it in"]
    content = table(
        head, rows, kind="cards", text=(1, len(names) + 2, len(names) + 3), caption="Gains over no deal, own points."
    )
    return f"<h3>The packages in numbers</h3>{scrolling(content, 'Packages that are likely or picked')}"


def _prices(found: Record) -> str:
    if not found["prices"]:
        return ""
    others = [name for name in found["signatories"] if name not in ("minsk", "moscow")]
    rows = []
    for price in found["prices"]:
        fewest = ["never" if (n := price["fewest"].get(name)) is None else f"{n:,}" for name in others]
        most = "not even nobody" if price["most"] is None else f"{price['most']:,}"
        both = "none" if price["everybody"] is None else "{:,} to {:,}".format(*price["everybody"])
        rows.append([esc(price["step"]), most, *fewest, both])
    head = ["For this", f"{who('minsk')} frees at most", *[f"{who(name)} takes at least" for name in others]]
    head.append("all agree on")
    caption = "Persons freed. All else as it is; every number from 0 to all held was tried."
    listed = table(head, rows, kind="cards", caption=caption)
    return f"<h3>Reservation prices</h3>{scrolling(listed, 'Reservation prices')}"


def power(result: Result, dossier: Record) -> str:
    """What each capital can change alone, what coalitions would reach, and indices with their caveat."""
    found = dossier["power"]
    asked = dossier["question"]["outcome"]
    unit = dossier["question"]["unit"]
    label = f"{say.upper(dossier['question']['label'])} at month {found['months']}"
    single = found["own"]["coalitions"][0]["outcomes"]
    together = figure(
        f"{esc(label)} if capitals acted as one",
        draw.together_svg(found, asked, unit, label, "power-together"),
        f"black line: {esc(written(single[asked], unit))}, each on its own",
    )
    pivotal = found["own"]["pivotal"]
    if max(abs(value) for value in pivotal.values()) < MINOR:
        pivot = (
            "Nobody is pivotal for the grand deal: whoever joins whom, on average its chance changes by less than a "
            "twentieth of a percentage point."
        )
    else:
        listed = words.listed(
            [f"{say.name(name)} {100 * value:+.1f}".replace("-", "−") for name, value in pivotal.items()]
        )
        pivot = f"Mean change of the chance of the grand deal as each joins the others, in percentage points: {listed}."
    rules = {"Shapley value": "shapley", "Banzhaf value": "banzhaf"}
    drawn = "".join(
        figure(
            title, draw.values_svg(found["own"][rule], title, f"power-{rule}"), "weighted points, below 0 to the left"
        )
        for title, rule in rules.items()
    )
    index = found["own"]["banzhaf_index"]
    rows = [
        [
            who(name),
            *(signed(found["own"][rule][name]) for rule in rules.values()),
            "–" if index is None else f"{index[name]:z.2f}".replace("-", "−"),
        ]
        for name in pivotal
    ]
    caption = "Weighted points over all orders of joining; they depend on the weights, here 1 each. Index: its share."
    shares = table(["Capital", *rules, "Banzhaf index"], rows, kind="wraps", caption=caption)
    sharp = "" if found.get("sharp") is not None else esc(SHARP)
    return (
        "<p>Without comparing utilities: what changes if one capital alone is removed, silent, or bound in "
        "advance, and "
        "all others know it and answer.</p>"
        f"{_alone(found, asked, unit)}<p>{esc(pivot)}</p><p>{esc(_core(found))}</p>"
        f'<div class="wide">{together}<div>{drawn}{shares}'
        f'<p class="note">{esc(found["note"])} Method: {esc(found["method"])}. {sharp}</p></div></div>'
    )


def _alone(found: Record, asked: str, unit: str) -> str:
    rows = []
    names = list(dict.fromkeys((asked, "p_us_relief", "p_eu_relief", "p_punished")))
    for item in found["alone"]:
        cells = []
        for name in names:
            if name == asked and unit == "persons":
                change = item["changes"][name]
                cells.append(f"{change:+,.0f}".replace("-", "−") if abs(change) >= 0.5 else "0")
            else:
                cells.append(words.points(100 * item["changes"][name]))
        own = signed(item["own_change"])
        rows.append([who(item["capital"]), esc(COMMITTED.get(item["commitment"], item["commitment"])), *cells, own])
    head = ["Capital", "does this", *[_change_title(name) for name in names], "its own payoff, points"]
    caption = f"Change against the forecast, month {found['months']}."
    return scrolling(
        table(head, rows, kind="wraps cards", text=(1,), caption=caption), "What each capital can change alone"
    )


def _change_title(name: str) -> str:
    title, unit, _ = parts.COLUMNS[name]
    return f"{esc(title)}, {'% points' if unit in ('probability', 'share') else esc(unit)}"


def _core(found: Record) -> str:
    core = found["own"]["core"]
    if core.get("empty"):
        return (
            "The core is empty at these weights: however all four shared what they reach together, some would "
            "do better apart."
        )
    return "The core is not empty at these weights: all four together could share so that no group does better apart."


def path(result: Result, dossier: Record) -> str:
    """Month by month what each side offers, what is accepted, and how the price moves."""
    found = dossier["path"]
    tables = list(dict.fromkeys(side["table"] for side in found["sides"]))
    figures = "".join(
        figure(
            esc(words.turn_name(name)),
            draw.path_svg(found, name, f"path-{name}"),
            " ".join(who(party) for party in dict.fromkeys(s["party"] for s in found["sides"] if s["table"] == name)),
        )
        for name in tables
    )
    if any(value is not None for value in found["price"]):
        price = figure(
            "The price", draw.price_svg(found, "path-price"), "people freed in deals that carry relief, per step"
        )
    else:
        price = f"<p>{esc(say.price_text(found))}</p>"
    total = sum(found["deals"])
    return (
        f"<p>Over {words.plural(len(found['deals']), 'month')} {total:.1f} deals are expected in all. Offers are "
        "averaged "
        "over where play may have come to by each month.</p>"
        f'<div class="wide">{figures}{price}</div>'
    )


def stability(result: Result, dossier: Record) -> str:
    """The map of positions with the stable ones, and why the start and the grand deal are or are not among them."""
    found = dossier["stability"]
    picture = figure(
        "Map of positions",
        draw.map_svg(found, "map"),
        f"{dot('minsk')} filled: stable, nobody can better itself alone; ring: stable because steps away would be "
        "answered; small dots: all other positions; lines: moves that pay who makes them, in its colour"
        f"{_left_out(found)}. {MAP_AXES}",
    )
    reasons = "".join(
        f"<div><h4>{title}</h4><ul>{_reasons(found, found[key])}</ul></div>"
        for title, key in (("The start", "start"), ("The grand deal", "grand_deal"))
    )
    return f'<p>{esc(say.map_text(found))}</p><p>{esc(found["note"])}</p><div class="wide">{picture}{reasons}</div>'


def _reasons(found: Record, state: int) -> str:
    given = found["reasons"].get(str(state), {}).get("seq", {})
    group = found.get("group_reasons", {}).get(str(state), {}).get("seq")
    every = [*given.values(), *([f"Groups: {group}"] if group else [])]
    return "".join(f"<li>{esc(text)}</li>" for text in every)


def _left_out(found: Record) -> str:
    """Say how many moves the map does not draw."""
    count = found.get("arcs_left_out", 0)
    return f" ({count:,} more, between other stable positions, are left out)" if count else ""
