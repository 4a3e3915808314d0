"""Property tests of one scenario: parameters drawn within their ranges around it, every law checked, failures shrunk.

Hypothesis is the engine. The first example is the scenario itself, on which all laws are checked; on each of the
others, those of one solution and one of those that take longer, in turn by the scenario's hash. For every law that
fails, the search is run again for that law alone and shrunk: to as few changed parameters as possible, each near the
lower end of its range.

Example
-------
>>> from sim.testing.check import check
>>> check("baseline", examples=2, laws=["probabilities", "stock_accounted"]).ok
True
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase

from sim.errors import GrandDealError, Problem, ScenarioError, UsageError
from sim.model import Grid
from sim.model.dials import grid_of
from sim.scenario import Scenario, parameter_info
from sim.scenario.load import load_with_ranges
from sim.scenario.words import nearest, printable
from sim.testing import strategies
from sim.testing.case import Case
from sim.testing.catalogue import Law, read_laws, shipped

EXAMPLES = 500
MONTHS = 2
IN_TURN = 1
"""How many of the laws that take longer are checked on each drawn example."""
MOST_CHANGES = 12
"""How many parameters change at most in about half of the examples; in the others nearly all do."""
STEPS = 40
"""Into how many steps each range is cut."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class LawResult:
    """How one law fared.

    Attributes
    ----------
    name, meaning : the law.
    own : whether it is the user's.
    checked : on how many scenarios it was checked; those that it assumed away do not count.
    holds : whether it held on all of them.
    counterexample : the smallest change of the scenario found that breaks it: parameter -> value; empty if the scenario
        itself does; None if it holds.
    message : what was broken, where and by how much; empty if it holds.
    shrunk : whether the counterexample was made as small as it would get.
    """

    name: str
    meaning: str
    own: bool
    checked: int
    holds: bool
    counterexample: Mapping[str, float] | None = None
    message: str = ""
    shrunk: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    Attributes
    ----------
    scenario, title, scenario_hash : what was checked.
    grid : on which grid, as ``LOTxMONTHS``.
    examples : how many scenarios were checked, itself included; ``rejected`` further draws did not go together.
    seed : of the draws.
    laws : how each law fared.
    """

    scenario: str
    title: str
    scenario_hash: str
    grid: str
    examples: int
    rejected: int
    seed: int
    laws: tuple[LawResult, ...]

    @property
    def ok(self) -> bool:
        """Whether every law held."""
        return all(law.holds for law in self.laws)

    @property
    def failures(self) -> tuple[LawResult, ...]:
        """The laws that did not hold."""
        return tuple(law for law in self.laws if not law.holds)

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {**{key: value for key, value in asdict(self).items() if key != "laws"}, "ok": self.ok} | {
            "laws": [asdict(law) for law in self.laws]
        }


def check(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    laws: Sequence[str] | None = None,
    laws_file: str | Path | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    grid: str | Grid | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Property-test a scenario.

    Parameters
    ----------
    source, overrides : as for `sim.load`.
    laws : names of the laws to check, each on every example; default: all.
    laws_file : a Python file with further laws. **It is run** (see `sim.testing.catalogue.read_laws`).
    examples : how many scenarios, the scenario itself included; at least 1.
    seed : of the draws, 0 or above. The same seed draws the same examples.
    grid : on which grid; default: `small_grid`.
    ranges : parameter -> (low, high) to draw from, instead of the baseline's plausible ranges; default: those
        that the scenario's own files state.
    progress : called with (done, all, what is being done).

    Raises
    ------
    ScenarioError : the scenario cannot be used, or not on this grid.
    UsageError : an unknown law, a laws file that cannot be used, a number out of range.
    """
    for key, value, least in (("examples", examples, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UsageError(f"{key}: found {value!r}; allowed: a whole number, {least} or more")
    scenario, stated = load_with_ranges(source, overrides)
    ranges = stated if ranges is None else ranges
    own = {} if laws_file is None else read_laws(laws_file)
    chosen = _chosen({**shipped(), **own}, laws)
    run = _Run(
        scenario,
        small_grid(scenario, ranges) if grid is None else grid_of(grid),
        chosen,
        examples,
        seed,
        dict(ranges),
        every=laws is not None,
        progress=progress or (lambda done, total, doing: None),
    )
    return run.result()


def small_grid(scenario: Scenario, ranges: Mapping[str, tuple[float, float]] | None = None) -> Grid:
    """Return the grid that a check uses by default: `MONTHS` months, and the largest lots with two or more to hold.

    Every start within the plausible ranges fits on it; for the shipped baseline these are lots of 600.
    """
    info = parameter_info()
    limits = {name: (info[name].low, info[name].high) for name in ("world.prisoner_capacity", "start.prisoners")}
    limits |= {name: pair for name, pair in (ranges or {}).items() if name in limits}
    own_room, own_start = int(scenario.get("world.prisoner_capacity")), int(scenario.get("start.prisoners"))
    least = min(own_room, int(limits["world.prisoner_capacity"][0]))
    most = max(own_start, int(limits["start.prisoners"][1]))
    if most > least:  # the ranges do not go with the scenario's own numbers: what does not fit is drawn in vain
        least, most = own_room, own_start
    lot = next((lot for lot in range(max(1, least // 2), 0, -1) if least // lot * lot >= most), 1)
    return Grid(f"{lot}x{MONTHS}", lot, MONTHS)


def _chosen(known: Mapping[str, Law], names: Sequence[str] | None) -> tuple[Law, ...]:
    for name in names or ():
        if name not in known:
            near = nearest(name, tuple(known))
            hint = f" (did you mean {near}?)" if near else ""
            raise UsageError(f"law: found {printable(name)!r}; allowed: {', '.join(sorted(known))}{hint}")
    return tuple(law for law in known.values() if not names or law.name in names)


class _Broken(AssertionError):
    """Raised while a failure is being shrunk; one class and one line, so that all failures count as one."""


class _Run:
    def __init__(
        self,
        scenario: Scenario,
        grid: Grid,
        laws: tuple[Law, ...],
        examples: int,
        seed: int,
        ranges: dict[str, tuple[float, float]],
        *,
        every: bool,
        progress: Progress,
    ) -> None:
        self.scenario, self.grid, self.laws, self.examples, self.seed = scenario, grid, laws, examples, seed
        near = strategies.overrides(max_size=MOST_CHANGES, ranges=ranges, steps=STEPS)
        far = strategies.overrides(max_size=None, ranges=ranges, steps=STEPS)
        self.draws = near | far
        self.always = tuple(law for law in laws if every or law.always)
        self.in_turn = tuple(law for law in laws if not (every or law.always))
        self.progress = progress
        self.done = self.rejected = 0
        self.checked = dict.fromkeys((law.name for law in laws), 0)
        self.failures: dict[str, tuple[dict[str, float], str]] = {}

    def result(self) -> CheckResult:
        self._itself()
        if self.examples > 1:
            self._search()
        results = [self._told(law) for law in self.laws]
        return CheckResult(
            self.scenario.id,
            self.scenario.title,
            self.scenario.hash,
            self.grid.name,
            self.done,
            self.rejected,
            self.seed,
            tuple(results),
        )

    def _itself(self) -> None:
        self.progress(0, self.examples, "the scenario itself")
        case = Case(self.scenario, self.grid)
        _ = case.model  # what cannot be compiled is the user's to mend, not a broken law
        for law in self.laws:
            self._judge(law, case, {})
        self._count()

    def _search(self) -> None:
        """Draw scenarios and note which laws fail; nothing is raised, so that no law hides another."""

        def example(changes: dict[str, float]) -> None:
            if self.done >= self.examples:
                return
            case = self._case(changes)
            for law in self._laws_for(case):
                self._judge(law, case, changes)
            self._count()

        try:
            _given(example, self.draws, self.seed, self.examples - 1, Phase.generate)()
        except hypothesis.errors.Unsatisfiable:
            problem = Problem(
                self.scenario.id,
                "ranges",
                f"{self.rejected} draws none of which can be computed on grid {self.grid.name}",
                "ranges that go together",
                "Take a finer grid",
            )
            raise ScenarioError([problem]) from None

    def _told(self, law: Law) -> LawResult:
        checked = self.checked[law.name]
        if law.name not in self.failures:
            return LawResult(law.name, law.meaning, law.own, checked, True)
        changes, message = self.failures[law.name]
        shrunk = not changes
        if changes:
            self.progress(self.done, self.examples, f"the smallest case that breaks {law.name}")
            changes, message, shrunk = self._shrink(law, changes, message)
        apart = {name: value for name, value in changes.items() if self.scenario.get(name) != value}
        return LawResult(law.name, law.meaning, law.own, checked, False, apart, message, shrunk)

    def _shrink(self, law: Law, changes: dict[str, float], message: str) -> tuple[dict[str, float], str, bool]:
        """Run the same draws again for one law, and let Hypothesis make the first failure smaller."""
        last: list[tuple[dict[str, float], str]] = []
        rejected = self.rejected

        def example(drawn: dict[str, float]) -> None:
            found = _broken(law, self._case(drawn)) or ""
            if found:
                last.append((drawn, found))
                raise _Broken

        with suppress(_Broken, hypothesis.errors.Flaky):
            # as many examples as in the search: Hypothesis draws by how many there are to come
            _given(example, self.draws, self.seed, self.examples - 1, Phase.generate, Phase.shrink)()
        self.rejected = rejected
        if not last:
            return changes, message, False
        # a law that does not always say the same of one scenario ends elsewhere than in its smallest case
        again = _broken(law, self._case(last[-1][0]))
        return *last[-1], bool(again)

    def _case(self, changes: Mapping[str, float]) -> Case:
        """Return the scenario with some parameters changed; values that do not go together are drawn in vain."""
        try:
            case = Case(self.scenario.with_overrides(changes), self.grid)
            _ = case.model
        except ScenarioError:
            self.rejected += 1
            hypothesis.reject()
        return case

    def _laws_for(self, case: Case) -> tuple[Law, ...]:
        if not self.in_turn:
            return self.always
        picked = case.rng("laws in turn").permutation(len(self.in_turn))[:IN_TURN]
        return (*self.always, *(self.in_turn[int(number)] for number in picked))

    def _judge(self, law: Law, case: Case, changes: Mapping[str, float]) -> None:
        if law.name in self.failures:
            self.checked[law.name] += 1
            return
        message = _broken(law, case)
        self.checked[law.name] += message is not None
        if message:
            self.failures[law.name] = (dict(changes), message)

    def _count(self) -> None:
        self.done += 1
        self.progress(self.done, self.examples, "drawn scenarios")


def _broken(law: Law, case: Case) -> str | None:
    """Return what a law finds broken; empty if it holds, None if it says nothing of this case (``hypothesis.assume``).

    An error on the way breaks the law too, and so does an attempt to end the program.
    """
    try:
        with warnings.catch_warnings():  # the scenario itself is not drawn, and may be assumed away all the same
            warnings.simplefilter("ignore", hypothesis.errors.HypothesisDeprecationWarning)
            law.judge(case)
    except hypothesis.errors.UnsatisfiedAssumption:
        return None
    except AssertionError as error:
        text = str(error)
        return text if not law.own else f"{_line_of(error)}{text}" or "an assertion"
    except UsageError:
        raise
    except GrandDealError as error:
        return f"{law.name}: {error}"
    except (KeyboardInterrupt, hypothesis.errors.StopTest):
        raise
    except BaseException as error:  # not every test library's failure is an Exception
        return f"{_line_of(error)}{type(error).__name__}: {error}"
    return ""


def _line_of(error: BaseException) -> str:
    """Return where in the law's code an error arose: a bare ``assert`` says nothing else."""
    frames = traceback.extract_tb(error.__traceback__)
    # a library's own line says less than the line that called it
    frame = next((frame for frame in reversed(frames) if "site-packages" not in frame.filename), frames[-1])
    told = f" ({frame.line})" if frame.line and not str(error) else ""
    return f"{Path(frame.filename).name}, line {frame.lineno}{told}: "


def _given(
    function: Callable[[dict[str, float]], None], draws: Any, seed: int, examples: int, *phases: Phase
) -> Callable[[], None]:
    """Return the function as a Hypothesis test with settings of its own, whatever profile is loaded."""

    def test(changes: dict[str, float]) -> None:
        function(changes)

    settings = hypothesis.settings(
        max_examples=examples,
        phases=phases,
        derandomize=False,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    drawn: Any = hypothesis.given(draws)
    found: Callable[[], None] = hypothesis.seed(seed)(settings(drawn(test)))
    return found
