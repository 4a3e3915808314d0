"""Long work: progress, answer, error and stopping, with small programs in place of the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard import jobs, shelf
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


def test_only_so_many_jobs_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WAITING", 2)
    running = [Job((), "", program(ENDLESS)) for _ in range(jobs.AT_ONCE)]
    for job in running:
        under_way(job)
    waiting = [Job((), "", program(ECHO)) for _ in range(2)]
    refused = Job((), "", program(ECHO))
    assert not refused.running
    assert refused.wait(WAIT)
    with pytest.raises(GrandDealError, match="Too much long work"):
        refused.result()
    # who gives up makes room at once, though nothing has ended
    waiting[0].cancel()
    assert waiting[0].wait(WAIT)
    after = Job((), "", program(ECHO))
    assert after.waiting
    for job in running:
        job.cancel()
    assert all(job.wait(WAIT) for job in (*running, *waiting, after))
    assert (waiting[1].result()["read"], after.result()["read"]) == ("", "")


def test_jobs_begin_in_the_order_in_which_they_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    first = Job((), "", program(ENDLESS))
    under_way(first)
    clock = program("import json, time; print(json.dumps({'at': time.monotonic()}))")
    later = [Job((), "", clock) for _ in range(3)]
    first.cancel()
    assert all(job.wait(WAIT) for job in later)
    times = [job.result()["at"] for job in later]
    assert times == sorted(times)


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="no priorities of this kind here")
def test_jobs_yield_to_the_pages() -> None:
    # what it starts itself yields as well
    asks, own = "import os; print(os.getpriority(os.PRIO_PROCESS, 0))", os.getpriority(os.PRIO_PROCESS, 0)
    code = (
        "import json, os, subprocess, sys, time\n"
        "deadline = time.monotonic() + 30\n"
        f"while os.getpriority(os.PRIO_PROCESS, 0) == {own} and time.monotonic() < deadline:\n"
        "    time.sleep(0.01)\n"
        f"inner = subprocess.run([sys.executable, '-c', {asks!r}], capture_output=True, text=True).stdout\n"
        "print(json.dumps({'nice': [os.getpriority(os.PRIO_PROCESS, 0), int(inner)]}))"
    )
    job = Job((), "", program(code))
    assert job.wait(WAIT)
    lower = min(19, own + jobs.NICENESS)
    assert job.result()["nice"] == [lower, lower]


def test_work_ends_some_time_after_its_page_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "AWAY", 0.05)
    kept = shelf.Shelf()
    job = Job((), "", program(ENDLESS))
    kept.pieces["work", "", ()] = job
    visit = kept.visited()
    under_way(job)
    visit.end()
    assert job.wait(WAIT)
    assert job.cancelled


def test_work_goes_on_where_the_page_comes_back() -> None:
    kept = shelf.Shelf()
    job = Job((), "", program(ENDLESS))
    kept.pieces["work", "", ()] = job
    first = kept.visited()
    second = kept.visited()
    kept.left(first)
    assert not job.cancelled
    kept.left(second)
    assert job.wait(WAIT)


SERVER = """
import sys
from dashboard.jobs import Job
job = Job((), "", (sys.executable, "-c", sys.argv[1]))
while not job.done:
    pass
print(job._process.pid, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
def test_a_server_that_ends_leaves_nothing_running() -> None:
    done = subprocess.run([sys.executable, "-c", SERVER, ENDLESS], capture_output=True, text=True, timeout=WAIT)
    left = int(done.stdout)
    turn = threading.Event()
    for _ in range(int(WAIT / 0.02)):
        try:
            os.kill(left, 0)
        except ProcessLookupError:
            return
        # an orphan may be left unburied where nobody waits for it
        if (
            Path(f"/proc/{left}/stat").is_file()
            and Path(f"/proc/{left}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        ):
            return
        turn.wait(0.02)
    os.kill(left, signal.SIGKILL)
    pytest.fail("a process was left")


def test_the_command_line_answers() -> None:
    job = Job(("list", "--json"), "")
    assert job.wait(WAIT)
    assert job.result()["schema_version"] == 1
