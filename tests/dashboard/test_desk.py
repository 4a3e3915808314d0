"""The desk: latest wins, equal work is shared, waiting is bounded, errors reach who asked. No test waits for time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from dashboard import desk as desks
from dashboard.desk import Busy, Desk, Dropped, Lane, Ticket
from sim.errors import GrandDealError, UsageError
from sim.scenario import Scenario
from tests.dashboard.gates import WAIT, Gate, named


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def desk(gate: Gate) -> Iterator[Desk]:
    desk = Desk({"lane": Lane(gate.work, kept=2)})
    yield desk
    desk.close()
    gate.go(100)


def occupied(desk: Desk, gate: Gate) -> Ticket:
    """Let the desk be busy with something, so that what is asked for next waits."""
    ticket = desk.ask("somebody", named("busy"), "lane")
    gate.begins()
    return ticket


def test_work_reaches_who_asked(desk: Desk, gate: Gate) -> None:
    ticket = desk.ask("a", named("x"), "lane")
    gate.begins()
    assert not ticket.done
    with pytest.raises(TimeoutError):
        ticket.result(0)
    gate.go()
    assert ticket.result(WAIT) == "worked x"
    assert ticket.done
    assert not ticket.failed


def test_the_latest_request_of_a_session_wins(desk: Desk, gate: Gate) -> None:
    occupied(desk, gate)
    given_up = [desk.ask("a", named(f"x{number}"), "lane") for number in range(5)]
    latest = desk.ask("a", named("last"), "lane")
    for ticket in given_up:
        assert ticket.failed
        with pytest.raises(Dropped):
            ticket.result(0)
    gate.go(2)
    assert latest.result(WAIT) == "worked last"
    assert gate.asked == ["busy", "last"]


def test_another_sessions_wait_keeps_work_alive(desk: Desk, gate: Gate) -> None:
    occupied(desk, gate)
    shared = desk.ask("a", named("x"), "lane")
    assert desk.ask("b", named("x"), "lane") is shared
    desk.ask("a", named("y"), "lane")  # a gives x up, b does not
    assert not shared.done
    gate.go(3)
    assert shared.result(WAIT) == "worked x"


def test_sessions_do_not_drop_each_other(desk: Desk, gate: Gate) -> None:
    occupied(desk, gate)
    tickets = {name: desk.ask(name, named(f"of {name}"), "lane") for name in "abcdef"}
    gate.go(7)
    for name, ticket in tickets.items():
        assert ticket.result(WAIT) == f"worked of {name}"


def test_work_that_has_begun_is_finished_and_kept(desk: Desk, gate: Gate) -> None:
    first = desk.ask("a", named("x"), "lane")
    gate.begins()
    second = desk.ask("a", named("y"), "lane")
    gate.go(2)
    assert first.result(WAIT) == "worked x"
    assert second.result(WAIT) == "worked y"
    assert desk.look(named("x"), "lane") == "worked x"


def test_equal_requests_are_worked_out_once(desk: Desk, gate: Gate) -> None:
    first = desk.ask("a", named("x"), "lane")
    gate.begins()
    assert desk.ask("b", named("x"), "lane") is first  # while it is worked on
    gate.go()
    first.result(WAIT)
    again = desk.ask("c", named("x"), "lane")  # when it is finished
    assert again.done
    assert again.result(0) == "worked x"
    assert gate.asked == ["x"]


def test_only_what_was_used_last_is_kept(desk: Desk, gate: Gate) -> None:
    gate.go(4)
    for name in ("x", "y"):
        desk.ask("a", named(name), "lane").result(WAIT)
    assert desk.look(named("x"), "lane") == "worked x"  # a look counts as use
    desk.ask("a", named("z"), "lane").result(WAIT)
    assert desk.look(named("y"), "lane") is None
    assert desk.look(named("x"), "lane") == "worked x"
    assert desk.look(named("z"), "lane") == "worked z"


def test_digests_outlive_the_whole(gate: Gate) -> None:
    gate.go(10)
    desk = Desk({"lane": Lane(gate.work, kept=1, digest=lambda worked: worked.upper(), digests=2)})
    for name in ("x", "y", "z"):
        desk.ask("a", named(name), "lane").result(WAIT)
    assert desk.look(named("y"), "lane") is None
    assert desk.glance(named("x"), "lane") is None
    assert desk.glance(named("y"), "lane") == "WORKED Y"
    assert desk.ask("a", named("y"), "lane", digest=True).result(0) == "WORKED Y"
    assert desk.ask("a", named("z"), "lane", digest=True).result(0) == "worked z"
    assert desk.ask("a", named("y"), "lane").result(WAIT) == "worked y"  # who needs the whole gets the whole
    assert gate.asked == ["x", "y", "z", "y"]
    desk.close()


def test_the_queue_is_bounded(desk: Desk, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "WAITING", 3)
    occupied(desk, gate)
    waiting = [desk.ask(f"s{number}", named(f"x{number}"), "lane") for number in range(3)]
    assert desk.load == {"lane": 4}
    with pytest.raises(Busy, match="try again"):
        desk.ask("s3", named("x3"), "lane")
    assert desk.ask("s4", named("x0"), "lane") is waiting[0]  # joining those who wait is always possible
    gate.go(4)
    assert waiting[2].result(WAIT) == "worked x2"
    gate.go()
    assert desk.ask("s3", named("x3"), "lane").result(WAIT) == "worked x3"


@pytest.mark.parametrize("problem", [UsageError("too far"), RuntimeError("secret /path/of/the/machine")])
def test_errors_reach_who_asked_and_only_them(
    desk: Desk, gate: Gate, problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(name: str) -> str:
        if name == "bad":
            raise problem
        return name

    gate.answer = answer
    gate.go(3)
    bad, good = desk.ask("a", named("bad"), "lane"), desk.ask("b", named("good"), "lane")
    with pytest.raises(GrandDealError) as told:
        bad.result(WAIT)
    assert bad.failed
    assert good.result(WAIT) == "good"
    assert "secret" not in str(told.value)
    assert ("secret" in caplog.text) == isinstance(problem, RuntimeError)  # the log says what the page does not
    gate.answer = lambda name: f"now {name}"
    assert desk.ask("a", named("bad"), "lane").result(WAIT) == "now bad"  # an error is not kept


def test_lanes_do_not_wait_for_each_other(gate: Gate) -> None:
    slow = Lane(lambda scenario, hold_still: gate.work(scenario), 2, patient=True)
    desk = Desk({"slow": slow, "quick": Lane(lambda scenario: scenario.hash, 2)})
    slow = desk.ask("a", named("x"), "slow")
    gate.begins()
    assert desk.ask("a", named("x"), "quick").result(WAIT) == "x"
    assert not slow.done
    gate.go()
    assert slow.result(WAIT) == "worked x"
    desk.close()


def test_an_error_keeps_nothing_of_what_was_being_computed(desk: Desk, gate: Gate) -> None:
    def refuse(name: str) -> str:
        raise UsageError(f"no {name}")

    gate.answer = refuse
    gate.go()
    ticket = desk.ask("a", named("x"), "lane")
    with pytest.raises(UsageError) as raised:
        ticket.result(WAIT)
    frames = [entry.name for entry in raised.traceback]
    assert "refuse" not in frames
    assert "work" not in frames


def test_closing_tells_who_waits(desk: Desk, gate: Gate) -> None:
    occupied(desk, gate)
    waiting = desk.ask("a", named("x"), "lane")
    desk.close()
    with pytest.raises(Dropped):
        waiting.result(0)


def test_many_sessions_get_their_own_answers() -> None:
    """Twenty threads ask at random for a while; every answer is that of the scenario asked for."""
    desk = Desk({"lane": Lane(lambda scenario: f"worked {scenario.hash}", kept=3)})
    wrong: list[str] = []

    def session(number: int) -> None:
        for turn in range(50):
            name = f"{number}-{turn}" if turn % 3 else "shared"
            try:
                found = desk.ask(f"s{number}", named(name), "lane").result(WAIT)
            except GrandDealError as error:
                found = repr(error)
            if found != f"worked {name}":
                wrong.append(found)

    threads = [threading.Thread(target=session, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    desk.close()
    assert wrong == []
    assert desk.load == {"lane": 0}


def test_what_is_known_early_is_handed_on_before_the_rest() -> None:
    go = threading.Event()

    def work(scenario: Scenario, foretell: Callable[[object], None]) -> str:
        foretell("early")
        assert go.wait(WAIT)
        return "late"

    desk = Desk({"lane": Lane(work, 4, foretells=True)})
    ticket = desk.ask("a", named("x"), "lane")
    assert ticket.early(WAIT) == "early"
    assert not ticket.done
    go.set()
    assert ticket.result(WAIT) == "late"
    again = desk.ask("b", named("x"), "lane")  # kept: nothing is early any more
    assert again.early(0) is None
    assert again.result(0) == "late"
    desk.close()


def test_work_that_fails_tells_those_who_wait_for_its_early_part() -> None:
    def work(scenario: Scenario, foretell: Callable[[object], None]) -> str:
        raise GrandDealError("no")

    desk = Desk({"lane": Lane(work, 4, foretells=True)})
    ticket = desk.ask("a", named("x"), "lane")
    assert ticket.early(WAIT) is None
    with pytest.raises(GrandDealError, match="no"):
        ticket.result(0)
    desk.close()
