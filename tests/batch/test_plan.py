"""Plans: which scenarios, under which keys, and what could not be loaded."""

from __future__ import annotations

import importlib
import math
from pathlib import Path

import pytest

from sim.batch import plan
from sim.batch.plan import MODEL_CODE, code_hash, unit_key
from sim.errors import ScenarioError, UsageError
from sim.scenario import catalogue, load
from tests.batch.samples import write_scenario, write_scenarios

PLANNING = importlib.import_module("sim.batch.plan")  # the module; the package offers the function of that name


def test_none_means_all_shipped() -> None:
    found = plan()
    assert [unit.id for unit in found.units] == [entry.id for entry in catalogue()]
    assert found.failed == ()
    assert len({unit.key for unit in found.units}) == len(found.units)


def test_ids_files_and_folders_in_the_order_given(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    write_scenarios(folder, ["zeta", "alpha"])
    (folder / "notes.txt").write_text("not a scenario")
    alone = write_scenario(tmp_path, "alone")
    found = plan(["no-buyer", folder, alone])
    assert [unit.id for unit in found.units] == ["no-buyer", "alpha", "zeta", "alone"]
    assert [unit.source for unit in found.units][1:] == [
        str(folder / "alpha.toml"),
        str(folder / "zeta.toml"),
        str(alone),
    ]


def test_what_does_not_load_is_listed_and_stops_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("this is not toml")
    empty = tmp_path / "empty"
    empty.mkdir()
    found = plan(["baselin", broken, empty, "baseline"])
    assert [unit.id for unit in found.units] == ["baseline"]
    errors = {failure.source: failure.error for failure in found.failed}
    assert set(errors) == {"baselin", str(broken), str(empty)}
    assert "baseline" in errors["baselin"]
    assert "broken.toml" in errors[str(broken)]
    assert "no scenario file" in errors[str(empty)]


def test_the_same_scenario_twice_counts_once(tmp_path: Path) -> None:
    path = write_scenario(tmp_path, "one")
    found = plan([path, tmp_path, str(path), "baseline", "baseline"])
    assert [unit.id for unit in found.units] == ["one", "baseline"]
    assert found.failed == ()


def test_two_scenarios_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = write_scenario(tmp_path, "one")
    second = write_scenario(tmp_path / "other", "one", "[minsk]", "trade_value = 9")
    found = plan([first, second])
    assert [unit.source for unit in found.units] == [str(first)]
    (failure,) = found.failed
    assert failure.source == str(second)
    assert f"'one', which {first} has already" in failure.error


def test_overrides_apply_to_every_scenario() -> None:
    found = plan(["baseline", "no-buyer"], {"minsk.trade_value": 12})
    assert [unit.scenario.get("minsk.trade_value") for unit in found.units] == [12, 12]
    value, baseline = found.units[0].changes["minsk.trade_value"]
    assert value == 12
    assert baseline == load("baseline").get("minsk.trade_value")
    assert list(found.units[0].changes) == ["minsk.trade_value"]


def test_overrides_that_nobody_can_take_fail_at_once() -> None:
    with pytest.raises(ScenarioError, match=r"minsk\.trade_value"):
        plan(["baseline"], {"minsk.trade_valu": 12})


@pytest.mark.parametrize(("seed", "rationality"), [(-1, None), (0, -0.5), (0, math.nan)])
def test_refuses(seed: int, rationality: float | None) -> None:
    with pytest.raises(UsageError):
        plan(["baseline"], seed=seed, rationality=rationality)


class TestKey:
    def key(self, path: Path, text: str, *settings: object) -> str:
        path.write_text(text)
        grid, seed, rationality = settings or ("fast", 0, None)
        return unit_key(load(path), grid, seed, rationality)  # type: ignore[arg-type]

    def test_depends_on_everything_that_the_result_holds(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "one.toml"
        text = write_scenario(tmp_path, "one", "[minsk]", "trade_value = 6").read_text()
        keys = [
            self.key(path, text),
            self.key(path, text.replace("= 6", "= 7")),
            self.key(path, text.replace('title = "one"', 'title = "One"')),
            self.key(path, text.replace("What if", "What when")),
            self.key(path, text.replace('id = "one"', 'id = "two"')),
            self.key(path, text, "default", 0, None),
            self.key(path, text, "fast", 1, None),
            self.key(path, text, "fast", 0, 3.0),
            self.key(path, text, "fast", 0, math.inf),
        ]
        monkeypatch.setattr(PLANNING, "code_hash", lambda: "other code")
        keys.append(self.key(path, text))
        monkeypatch.undo()
        monkeypatch.setattr(PLANNING, "versions", lambda: {"numpy": "0"})
        keys.append(self.key(path, text))
        assert len(set(keys)) == len(keys)

    def test_does_not_depend_on_the_file(self, tmp_path: Path) -> None:
        path = write_scenario(tmp_path, "one", "[minsk]", "trade_value = 6")
        text = path.read_text()
        key = self.key(path, text)
        commented = text.replace("trade_value = 6", "# a comment\ntrade_value = 6.0")
        assert self.key(tmp_path / "elsewhere.toml", commented) == key

    def test_code_hash_covers_what_determines_numbers(self) -> None:
        import sim

        root = Path(sim.__file__ or "").parent
        assert len(code_hash()) == 64
        assert all((root / name).exists() for name in MODEL_CODE)

    @pytest.mark.parametrize("name", [*MODEL_CODE[:-1]])
    def test_code_hash_changes_with_the_code(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        (tmp_path / "sim" / "batch").mkdir(parents=True)
        for part in MODEL_CODE:
            place = tmp_path / "sim" / part
            if place.suffix == ".py":
                place.write_text("x = 1\n")
            else:
                place.mkdir()
                (place / "code.py").write_text("x = 1\n")
        monkeypatch.setattr(PLANNING, "__file__", str(tmp_path / "sim" / "batch" / "plan.py"))
        before = code_hash.__wrapped__()
        (tmp_path / "sim" / name / "code.py").write_bytes(b"x = 1\r\n")
        assert code_hash.__wrapped__() == before
        (tmp_path / "sim" / name / "code.py").write_text("x = 2\n")
        assert code_hash.__wrapped__() != before
