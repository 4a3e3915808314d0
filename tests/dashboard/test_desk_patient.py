"""The desk: patient work holds still while others wait, and is dropped when nobody does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from dashboard import desk as desks
from dashboard.desk import Desk, Dropped, Lane
from sim.scenario import Scenario
from tests.dashboard.gates import WAIT, Gate, named


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_patient_work_holds_still_while_others_wait(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "DRAWING", 0.05)
    steps: list[str] = []
    may_begin = threading.Semaphore(0)

    def patient(scenario: Scenario, hold_still: Callable[[], None]) -> str:
        for _ in range(3):
            assert may_begin.acquire(timeout=WAIT)
            hold_still()
            steps.append("patient")
        return "done"

    desk = Desk({"slow": Lane(patient, 2, patient=True), "quick": Lane(gate.work, 2)})
    slow = desk.ask("one", named("slow"), "slow")
    may_begin.release()
    until = time.monotonic() + WAIT
    while len(steps) < 1 and time.monotonic() < until:
        time.sleep(0.01)
    quick = desk.ask("two", named("quick"), "quick")
    gate.begins()
    may_begin.release(2)
    time.sleep(0.3)
    assert steps == ["patient"]  # the first step was made before anybody waited, the others are held back
    steps.append("quick")
    gate.go()
    assert quick.result(WAIT) == f"worked {quick.scenario.hash}"
    assert slow.result(WAIT) == "done"
    assert steps == ["patient", "quick", "patient", "patient"]
    desk.close()


def test_patient_work_that_nobody_waits_for_is_dropped_in_the_middle(gate: Gate) -> None:
    def patient(scenario: Scenario, hold_still: Callable[[], None]) -> str:
        begun = gate.work(scenario)
        hold_still()
        return str(begun)

    desk = Desk({"slow": Lane(patient, 2, patient=True)})
    first = desk.ask("one", named("first"), "slow")
    shared = desk.ask("two", named("first"), "slow")
    assert shared is first
    gate.begins()
    second = desk.ask("one", named("second"), "slow")
    gate.go()
    assert first.result(WAIT) == "worked first"  # the other session still waits for it
    gate.begins()
    third = desk.ask("one", named("third"), "slow")
    gate.go()
    with pytest.raises(Dropped):
        second.result(WAIT)
    gate.begins()
    again = desk.ask("one", named("fourth"), "slow")
    assert desk.ask("one", named("third"), "slow") is third  # asked for again before it was dropped
    gate.go(2)
    assert third.result(WAIT) == "worked third"
    with pytest.raises(Dropped):
        again.result(WAIT)
    desk.close()


def test_patient_work_is_not_held_for_ever(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "HELD", 0.2)

    def patient(scenario: Scenario, hold_still: Callable[[], None]) -> str:
        for _ in range(50):
            hold_still()
        return "done"

    desk = Desk({"slow": Lane(patient, 2, patient=True), "quick": Lane(gate.work, 2)})
    desk.ask("two", named("quick"), "quick")
    gate.begins()
    assert desk.ask("one", named("slow"), "slow").result(WAIT) == "done"
    gate.go(1)
    desk.close()


def test_patient_work_takes_the_oldest_and_the_newest_in_turn(gate: Gate) -> None:
    def patient(scenario: Scenario, _: Callable[[], None]) -> str:
        return str(gate.work(scenario))

    desk = Desk({"slow": Lane(patient, 2, patient=True)})
    desk.ask("somebody", named("busy"), "slow")
    gate.begins()
    tickets = [desk.ask(name, named(name), "slow") for name in "abcd"]
    gate.go(5)
    for ticket in tickets:
        ticket.result(WAIT)
    # after the first, the newest; then the oldest, and so on
    assert gate.asked == ["busy", "d", "a", "c", "b"]
    desk.close()


def test_a_lane_with_two_servers_works_on_two_pieces_and_tells_them_so(gate: Gate) -> None:
    told: dict[str, bool] = {}

    def work(scenario: Scenario, crowded: bool) -> str:
        told[scenario.hash] = crowded
        return str(gate.work(scenario))

    desk = Desk({"lane": Lane(work, kept=2, servers=2)})
    first = desk.ask("a", named("first"), "lane")
    gate.begins()
    second = desk.ask("b", named("second"), "lane")
    gate.begins()
    assert told == {"first": False, "second": True}
    third = desk.ask("c", named("third"), "lane")
    gate.go(3)
    assert [each.result(WAIT) for each in (first, second, third)] == [
        f"worked {n}" for n in ("first", "second", "third")
    ]
    desk.close()
