"""Reading the files of a calibration: shipped texts, TOML trees, and what is wrong with them in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sim.errors import Problem, ScenarioError, UsageError
from sim.scenario.read import parse_text, read_file
from sim.scenario.resources import data_text
from sim.scenario.words import nearest, shown

Form = TypeVar("Form", bound=BaseModel)


@cache
def shipped_text(kind: str, name: str) -> str:
    """Return the text of a shipped file of ``scenarios`` or ``seeds``; KeyError where there is none."""
    return data_text(kind, name)


def shipped_tree(kind: str, name: str) -> dict[str, Any]:
    """Return the parsed tree of a shipped TOML file."""
    return _tree(parse_text(shipped_text(kind, name), name))


def tree_of(path: str | Path) -> dict[str, Any]:
    """Return the parsed tree of a TOML file.

    Raises
    ------
    ScenarioError : no such file, or no TOML; says where.
    """
    from sim.scenario.read import parse

    data = read_file(Path(path), str(path))
    return _tree(data if isinstance(data, Problem) else parse(data, str(path)))


def checked(form: type[Form], tree: Mapping[str, Any], file: str) -> Form:
    """Return a parsed tree in its form.

    Raises
    ------
    ScenarioError : everything that does not fit, each with its place, what was found and what is allowed.
    """
    try:
        return form.model_validate(tree)
    except ValidationError as error:
        raise ScenarioError(_problem(form, each, file) for each in error.errors()) from None


def json_of(path: str | Path, what: str) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises
    ------
    UsageError : no such file, or something else in it.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: found no such file; allowed: {what}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: found a file that cannot be read ({error}); allowed: {what}") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path}: found no object; allowed: {what}")
    return found


def digest(value: Any) -> str:
    """Return the sha256 (hex) of plain values, however their mappings are ordered."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _tree(found: dict[str, Any] | Problem) -> dict[str, Any]:
    if isinstance(found, Problem):
        raise ScenarioError([found])
    return found


def _problem(form: type[BaseModel], error: Any, file: str) -> Problem:
    place = [part for part in error["loc"] if not str(part).startswith(("function-", "literal["))]
    key = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in place) or "whole file"
    if error["type"] == "missing":
        return Problem(file, key, "nothing", "this entry is needed")
    if error["type"] == "extra_forbidden":
        near = nearest(str(place[-1]), tuple(field.alias or name for name, field in form.model_fields.items()))
        hint = f"Did you mean {near}?" if near else ""
        return Problem(file, key, f"an unknown key (value {shown(error['input'])})", "the keys of this form", hint)
    allowed = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return Problem(file, key, shown(error["input"]), allowed)
