"""The concession path against the forecast it is read from."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.errors import UsageError
from sim.forecast.outcomes import forecast, going_price
from sim.forecast.run import run, solved
from sim.model import Grid
from sim.play.concession import concession, concession_of

TINY = Grid("tiny", 280, 4)


def test_agrees_with_the_forecast() -> None:
    model, solution = solved("baseline", grid=TINY)
    found = concession_of(model, solution, 4)
    forward = forecast(model, solution, 4)
    assert found.price[0] == pytest.approx(going_price(model, forward)[0])
    for t in range(4):
        struck = sum(float(forward.flux(t, table)[1:].sum()) for table in model.packages)
        assert found.deals[t] == pytest.approx(struck)


def test_first_month_is_what_each_would_do_now() -> None:
    model, solution = solved("baseline", grid=TINY)
    now = run("baseline", grid=TINY, months=4).now
    side = next(
        s for s in concession_of(model, solution, 1, "standstill").sides if (s.table, s.party) == ("us-table", "minsk")
    )
    mine = [o for o in now["us-table"] if o.proposer == "minsk" and o.action != "no offer"]
    recognised = model.scenario.get("menu.recognition.us_table.minsk")
    assert side.offers == pytest.approx(sum(o.proposed for o in mine) / recognised)
    assert side.likeliest == max(mine, key=lambda o: o.proposed).action
    accepted = sum(o.probability for o in mine) / sum(o.proposed for o in mine)
    assert side.accepted == pytest.approx(accepted)


def test_standstill_at_the_end_does_not_depend_on_the_past() -> None:
    # as if nothing had happened: with one month left, the same as a game of one month
    model, solution = solved("baseline", grid=TINY)
    short, other = solved("baseline", grid=Grid("tiny", 280, 1))
    last = [s for s in concession_of(model, solution, 4, "standstill").sides if s.month == 4]
    first = concession_of(short, other, 1, "standstill").sides
    for a, b in zip(last, first, strict=True):
        assert a.offers == pytest.approx(b.offers)
        assert a.likeliest == b.likeliest


def test_record() -> None:
    found = concession("baseline", grid=TINY, months=2)
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert len(data["sides"]) == 2 * 2 * 2
    assert np.all([0 <= side["offers"] <= 1 for side in data["sides"]])
    with pytest.raises(UsageError, match="course, standstill"):
        concession("baseline", grid=TINY, months=2, reading="both")


def test_a_short_grid_is_followed_to_its_end() -> None:
    assert len(concession("baseline", grid=Grid("tiny", 1400, 3)).deals) == 3
    with pytest.raises(UsageError, match="allowed: 1 to 3"):
        concession("baseline", grid=Grid("tiny", 1400, 3), months=4)
