"""A real server for the tests, the pictures and the measurements."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

BEGINS = 120.0
"""Seconds in which a server must answer."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dashboard(port: int, *more: str) -> list[str]:
    """Return the command that a user starts the dashboard with."""
    return [sys.executable, "-m", "sim.cli", "dashboard", "--port", str(port), "--no-browser", *more]


def streamlit(script: Path, port: int) -> list[str]:
    """Return the command that serves another page with Streamlit, as quietly."""
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(script), *words]


@contextmanager
def served(command: Sequence[str], port: int, log: Path) -> Iterator[str]:
    """Run a server until the block ends; give its address. What it prints goes to a file."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
    address = f"http://localhost:{port}"
    try:
        _wait(process, f"http://127.0.0.1:{port}/_stcore/health", log)
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    deadline = time.monotonic() + BEGINS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(health, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not begin:\n{log.read_text(errors='replace')[-2000:]}")
