"""The whole dashboard on tiny grids, as a script for a real server: answers in milliseconds on any machine.

Long work is a program that never ends, and is stopped a moment after its page has gone.
"""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402


@st.cache_resource(show_spinner=False)
def _arranged() -> bool:
    """Put tiny grids behind the pages, once for all sessions."""
    from dashboard import jobs, shelf, work
    from dashboard.desk import Lane
    from tests.dashboard import conftest

    conftest.forecasts.COURSES = conftest.COURSES
    lanes = {
        name: Lane(lambda scenario, name=name: conftest._tiny(scenario, name), 24, digest=work._result, digests=24)
        for name in (work.FAST, work.DEFAULT)
    }
    desk = work.Desk({**lanes, work.WHY: Lane(work._why, 24)})
    work.desk = lambda: desk
    shelf.AWAY = 0.2
    # it leaves its number in a folder, says how far it is, and goes on
    endless = (
        "import os, pathlib, sys, time; pathlib.Path(os.environ['TINY_JOBS'], str(os.getpid())).touch(); "
        "print('1 of 9', file=sys.stderr, flush=True); time.sleep(600)"
    )
    jobs.Job.__init__.__defaults__ = ((sys.executable, "-c", endless),)
    return True


_arranged()
runpy.run_path(str(ROOT / "dashboard" / "app.py"))
