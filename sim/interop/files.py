"""Writing text as it is made: whole or not at all, and never all of it in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.errors import GrandDealError


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Give a temporary file beside ``path``; it takes the name when all went well, and is removed otherwise.

    Raises
    ------
    GrandDealError : the folder cannot be written, or the disk is full.
    """
    if path.is_dir():
        raise GrandDealError(f"{path}: this is a folder; name a file in it")
    temporary = path.with_name(f".grand-deal-unfinished-{os.getpid()}-{path.name}")
    try:
        try:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise GrandDealError(f"{path}: cannot be written: {error.strerror or error}") from error


def write_lines(path: Path, lines: Iterable[str]) -> str:
    """Write lines in UTF-8, each with a line end; return the file's SHA-256 in hexadecimal.

    Raises
    ------
    GrandDealError : see `unfinished`.
    """
    digest = hashlib.sha256()
    with unfinished(path) as temporary, temporary.open("wb") as file:
        for line in lines:
            data = line.encode() + b"\n"
            digest.update(data)
            file.write(data)
    return digest.hexdigest()
