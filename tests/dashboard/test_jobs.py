"""Long work: progress, answer, error and stopping, with small programs in place of the command line."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard import jobs
from dashboard.jobs import Job
from sim.errors import GrandDealError

WAIT = 60.0


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End what a failed test would leave running in the way of the next."""
    made: list[Job] = []
    begin = Job.__init__

    def kept(job: Job, *args: Any, **more: Any) -> None:
        made.append(job)
        begin(job, *args, **more)

    monkeypatch.setattr(Job, "__init__", kept)
    yield
    for job in made:
        if job.running:
            job.cancel()
            job.wait(WAIT)


def program(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


ECHO = """
import json, sys
print("Variants: 1 of 3", file=sys.stderr)
print("Variants: 3 of 3", file=sys.stderr)
print(json.dumps({"words": sys.argv[1:], "read": sys.stdin.read()}))
"""
# says that it is there, then works until it is interrupted
ENDLESS = """
import sys, time
print("Variants: 1 of 9", file=sys.stderr, flush=True)
try:
    while True:
        time.sleep(60)
except KeyboardInterrupt:
    print("{}")
    sys.exit(130)
"""
STUBBORN = ENDLESS.replace("try:", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\ntry:")


def under_way(job: Job) -> None:
    """Wait until the program has said something."""
    turn = threading.Event()
    for _ in range(int(WAIT / 0.02)):
        if job.done:
            return
        turn.wait(0.02)
    pytest.fail("the program never began")


def test_a_job_gets_the_scenario_and_gives_its_answer() -> None:
    job = Job(("sweep", "-"), 'title = "ü"', program(ECHO))
    assert job.wait(WAIT)
    assert job.result() == {"words": ["sweep", "-"], "read": 'title = "ü"'}
    assert (job.done, job.total) == (3, 3)
    assert not job.cancelled
    before = job.seconds
    assert job.seconds == before > 0


def test_the_last_line_told_is_the_error() -> None:
    code = "import sys; print('noise\\nError: found 3; allowed: 1 or 2', file=sys.stderr); sys.exit(2)"
    job = Job((), "", program(code))
    assert job.wait(WAIT)
    with pytest.raises(GrandDealError, match=r"^found 3; allowed: 1 or 2$"):
        job.result()


def test_a_silent_failure_is_told() -> None:
    job = Job((), "", program("import sys; sys.exit(7)"))
    assert job.wait(WAIT)
    with pytest.raises(GrandDealError, match="code 7"):
        job.result()


def test_a_program_that_cannot_be_started_is_told() -> None:
    job = Job((), "", ("/nowhere/such-program",))
    assert job.wait(WAIT)
    with pytest.raises(GrandDealError, match="could not be run"):
        job.result()


def test_a_job_can_be_stopped() -> None:
    job = Job((), "", program(ENDLESS))
    under_way(job)
    assert job.running
    with pytest.raises(GrandDealError, match="Not finished"):
        job.result()
    job.cancel()
    assert job.wait(WAIT)
    with pytest.raises(GrandDealError, match="Stopped"):
        job.result()
    job.cancel()  # twice does no harm


def test_a_job_that_will_not_stop_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 0.05)
    job = Job((), "", program(STUBBORN))
    under_way(job)
    job.cancel()
    assert job.wait(WAIT)
    assert job.cancelled


def test_only_a_few_jobs_run_at_once_and_one_that_waits_can_be_stopped() -> None:
    running = [Job((), "", program(ENDLESS)) for _ in range(jobs.AT_ONCE)]
    for job in running:
        under_way(job)
    waiting = Job((), "", program(ECHO))
    assert waiting.waiting
    waiting.cancel()
    for job in running:
        job.cancel()
    assert all(job.wait(WAIT) for job in (*running, waiting))
    with pytest.raises(GrandDealError, match="Stopped"):
        waiting.result()


def test_the_command_line_answers() -> None:
    job = Job(("list", "--json"), "")
    assert job.wait(WAIT)
    assert job.result()["schema_version"] == 1
