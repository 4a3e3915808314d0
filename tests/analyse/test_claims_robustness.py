"""Robustness of the claims: the same verdicts however the work is cut, published intervals, stale data shown stale."""

from __future__ import annotations

import ast
import dataclasses
import json
from pathlib import Path

import pytest

from sim.analyse import claims_robustness as module
from sim.analyse import fingerprint
from sim.analyse.calibration import Ensemble, calibrate, ensemble_of
from sim.analyse.calibration.ensemble import designs_for
from sim.analyse.claims_check import Asked, claims
from sim.analyse.claims_robustness import (
    Robustness,
    check_hashes,
    design_points,
    from_text,
    model_fingerprint,
    read,
    robustness,
    settings_hash,
    shipped,
    wilson,
    write,
)
from sim.errors import UsageError
from sim.model import Grid
from sim.scenario import evidence, load, parameter_info
from sim.scenario.checks import Check

TINY = Grid("tiny", 700, 24)


@pytest.fixture(scope="module")
def asked() -> Asked:
    return Asked.of(evidence(), ["13a", "15a", "18"])


@pytest.fixture(scope="module")
def three(asked: Asked) -> Robustness:
    return robustness(draws=3, grid=TINY, jobs=1, asked=asked)


@pytest.mark.parametrize(
    ("good", "known", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_newcombe_1998(good: int, known: int, low: float, high: float) -> None:
    assert wilson(good, known) == pytest.approx((low, high), abs=5e-5)


def test_a_share_counts_what_was_computed() -> None:
    kept = dataclasses.replace(_kept(), draws=4, verdicts={"3": "11-0", "8": "----"})
    share = kept.share("3")
    assert share is not None
    assert (share["share"], share["draws"]) == (2 / 3, 3)
    assert share["low"] < 2 / 3 < share["high"]
    assert kept.share("8") is None
    assert kept.share("28") is None


def test_draws_keep_to_the_ranges_and_do_not_depend_on_how_many_there_are() -> None:
    baseline = load("baseline")
    points = design_points(baseline, range(6), 0)
    assert points[4:] == design_points(baseline, range(4, 6), 0)
    assert points != design_points(baseline, range(6), 1)
    ranged = {name for name, info in parameter_info().items() if info.low < info.high and "summit" not in name}
    for point in points:
        assert set(point) == ranged
        load(baseline, point)
        for name, value in point.items():
            assert parameter_info()[name].low - 1e-12 <= value <= parameter_info()[name].high + 1e-12, name


def test_one_letter_a_draw_and_check(three: Robustness) -> None:
    assert set(three.verdicts) == {"13a", "15a", "18"}
    assert all(len(verdict) == 3 and set(verdict) <= set("01-") for verdict in three.verdicts.values())


def test_verdicts_are_those_of_the_draws_put_to_the_test_alone(three: Robustness) -> None:
    for number, point in enumerate(design_points(load("baseline"), range(3), 0, TINY)):
        alone = claims("baseline", point, grid=TINY, only=list(three.verdicts), jobs=1)
        for finding in alone.findings:
            assert three.verdicts[finding.name][number] == ("1" if finding.status == "holds" else "0"), finding.name


def test_an_interrupted_run_goes_on_where_it_stopped(
    asked: Asked, three: Robustness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        robustness(draws=3, grid=TINY, jobs=1, asked=asked, out=tmp_path / "kept.json", on_done=stop)
    kept = read(tmp_path / "kept.json")
    assert kept is not None
    assert kept.draws == 1
    told.clear()
    made = robustness(
        draws=3, grid=TINY, jobs=1, asked=asked, out=tmp_path / "kept.json", on_done=lambda *pair: told.append(pair)
    )
    assert told == [(1, 2), (2, 2)]  # two draws of one variant each were left
    assert made == three
    assert read(tmp_path / "kept.json") == three
    fewer = robustness(draws=2, grid=TINY, jobs=1, asked=asked, out=tmp_path / "kept.json")
    assert fewer.verdicts == {name: verdict[:2] for name, verdict in three.verdicts.items()}


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(
    asked: Asked, three: Robustness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.analyse.variants.WORTH_WORKERS", 2)
    assert robustness(draws=3, grid=TINY, jobs=2, asked=asked) == three


@pytest.mark.parametrize("change", ["seed", "fingerprint", "settings", "checks", "grid"])
def test_verdicts_of_something_else_are_not_taken_up(
    change: str, asked: Asked, three: Robustness, tmp_path: Path
) -> None:
    other = {"seed": 1, "fingerprint": "0" * 64, "settings": "0" * 64, "checks": {}, "grid": "28x60"}
    wrong = dict.fromkeys(three.verdicts, "0" * 3)
    write(dataclasses.replace(three, **{change: other[change]}, verdicts=wrong), tmp_path / "kept.json")
    made = robustness(draws=1, grid=TINY, jobs=1, asked=asked, out=tmp_path / "kept.json")
    assert made.verdicts == {name: verdict[:1] for name, verdict in three.verdicts.items()}


def _kept() -> Robustness:
    return Robustness(
        scenario="baseline",
        settings=settings_hash(load("baseline")),
        seed=0,
        draws=4,
        grid="140x60",
        fingerprint=model_fingerprint(),
        checks=check_hashes(),
        verdicts={"18": "1110"},
        command="grand-deal claims",
    )


def test_current_shares_are_shown_and_stale_ones_are_not() -> None:
    found = claims(grid=TINY, only=["18"], jobs=1, robustness=_kept())
    assert found.robustness == "current"
    assert found.findings[0].robustness is not None
    assert found.findings[0].robustness["share"] == 0.75
    for stale in ({"fingerprint": "0" * 64}, {"checks": {**check_hashes(), "18": "0" * 64}}):
        found = claims(grid=TINY, only=["18"], jobs=1, robustness=dataclasses.replace(_kept(), **stale))
        assert found.robustness == "stale"
        assert found.findings[0].robustness is None
        assert found.draws is None


def test_shares_of_other_settings_are_not_shown() -> None:
    baseline = load("baseline")
    assert _kept().standing(baseline) == "current"
    assert _kept().standing(load("baseline", {"minsk.trade_value": 5.0})) == "current"  # drawn anyway
    assert _kept().standing(load("gestures-only")) == "of another scenario"
    assert _kept().standing(baseline, 2.0) == "of another scenario"


def test_what_ships_fits_the_model_and_the_checks() -> None:
    kept = shipped()
    assert kept is not None
    assert kept.draws >= 500
    assert kept.current(), "stale: grand-deal claims --robustness --draws 500 --out seeds/robustness.json"
    assert set(kept.verdicts) == set(check_hashes())
    assert kept.standing(load("baseline")) == "current"
    for claim in evidence().claims:
        for check in claim.checks:
            if check.built_in:
                assert set(kept.verdicts[f"{claim.number}{check.part}"]) == {"1"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("seed"),
        lambda record: record.update(more=1),
        lambda record: record.update(schema_version=99),
        lambda record: record["verdicts"].update({"18": "11"}),
        lambda record: record["verdicts"].update({"18": "11x0"}),
        lambda record: record.update(verdicts=3),
    ],
)
def test_a_spoilt_file_is_refused(spoil, tmp_path: Path) -> None:
    record = _kept().to_json()
    assert from_text(json.dumps(record), "kept") == _kept()
    record = json.loads(json.dumps(record))
    spoil(record)
    with pytest.raises(UsageError, match="no verdicts of claims"):
        from_text(json.dumps(record), "kept")


def test_files_that_are_no_files(tmp_path: Path) -> None:
    assert read(tmp_path / "none.json") is None
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    for bad in (tmp_path / "bytes.json", tmp_path):
        with pytest.raises(UsageError):
            read(bad)
    with pytest.raises(UsageError):
        write(_kept(), tmp_path / "bytes.json" / "kept.json")


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return ensemble_of(calibrate(12, grid=TINY, jobs=1), 6)


def test_over_an_ensemble_shares_are_of_the_weights(asked: Asked, ensemble: Ensemble, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    made = robustness(grid=TINY, jobs=1, asked=asked, ensemble=ensemble, out=path)
    assert (made.draws, made.ensemble) == (ensemble.size, ensemble.hash)
    assert made.weights == tuple(ensemble.weights.tolist())
    assert read(path) == made
    for name, verdicts in made.verdicts.items():
        held = sum(weight for letter, weight in zip(verdicts, made.weights, strict=True) if letter == "1")
        share = made.share(name)
        assert share is not None
        assert share["share"] == pytest.approx(held / sum(made.weights))
        assert "low" not in share
    # by hand: of four draws the second and third weigh most
    by_hand = dataclasses.replace(made, draws=4, weights=(0.1, 0.4, 0.3, 0.2), verdicts={"3": "010-"})
    assert by_hand.share("3") == {"share": pytest.approx(0.4 / 0.8), "draws": 3.0}
    # the draws are the ensemble's: one alone says what a forecast of it says
    whole = designs_for(load("baseline"), ensemble)[0]
    alone = claims("baseline", whole, grid=TINY, jobs=1, only=["18"]).findings[0]
    assert (alone.status in ("holds", "built in")) == (made.verdicts["18"][0] == "1")


def test_shares_of_another_ensemble_are_stale(
    asked: Asked, ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = robustness(grid=TINY, jobs=1, asked=asked, ensemble=ensemble)
    monkeypatch.setattr(module, "_ensemble_hash", lambda: ensemble.hash)
    assert made.standing(load("baseline")) == "current"
    found = claims(grid=TINY, jobs=1, only=["18"], robustness=made)
    assert found.ensemble == "current"
    assert found.findings[0].ensemble == pytest.approx(made.share("18")["share"])  # type: ignore[index]
    monkeypatch.setattr(module, "_ensemble_hash", lambda: "another")
    assert made.standing(load("baseline")) == "stale"
    assert claims(grid=TINY, jobs=1, only=["18"], robustness=made).findings[0].ensemble is None


@pytest.mark.parametrize("wrong", [{"draws": 0}, {"seed": -1}])
def test_draws_and_seeds_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        robustness(**wrong)


def test_the_fingerprint_is_of_what_the_model_computes() -> None:
    def shape(source: str) -> object:
        return fingerprint.shape(ast.parse(source))

    plain = shape("def f(x):\n    return x + 1\n")
    assert plain == shape('def f(x: int) -> int:\n    """Add one."""\n    return x + 1  # by hand\n')
    assert plain != shape("def f(x):\n    return x + 2\n")
    assert plain != shape("def f(x):\n    return x - 1\n")
    assert shape('raise ValueError(f"found {x}")') == shape('raise ValueError(f"there is {x} here")')
    assert len(model_fingerprint()) == 64


def test_the_fingerprint_follows_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    before = model_fingerprint()
    infos = dict(parameter_info())
    infos["minsk.trade_value"] = dataclasses.replace(infos["minsk.trade_value"], high=13.0)
    monkeypatch.setattr("sim.scenario.parameter_info", lambda: infos)
    assert module._fingerprint.__wrapped__("fast") != before


def test_a_check_s_hash_is_of_what_it_compares() -> None:
    variants = {variant.id: variant for variant in evidence().variants}
    check = evidence().claims[2].checks[0]

    def changed(**values: object) -> str:
        return module._check_hash(Check.model_validate({**check.model_dump(by_alias=True), **values}), variants)

    same = module._check_hash(check, variants)
    assert changed(status="holds", on_default="fails", finding="x", reason="y", shows="z", revised="r") == same
    assert changed(margin=0.1) != same
    assert changed(direction="rises") != same
    assert changed(treated={"variant": "moralising"}) != same
