"""From a name to a validated scenario: find the file, follow ``extends``, join, override, validate.

Everything wrong is told at once, each problem with the file of the chain where the offending value stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import Problem
from sim.scenario.layers import Layer, Problems, layer_of, merged, node_values
from sim.scenario.leaves import headings, leaves, tree, unknown
from sim.scenario.read import STDIN, neighbour, parse, parse_text, read_file, read_stdin
from sim.scenario.resources import scenario_ids, scenario_text
from sim.scenario.schema import SCHEMA_VERSION, Scenario
from sim.scenario.words import nearest, printable, shown

OVERRIDE = "--set"
LONGEST_CHAIN = 16
_OWN_HEADINGS = ("id", "title", "question", "paragraphs")
_EXTENDS = "the id of a shipped scenario, or the name of a .toml file in the same folder"


def load(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    directory: str | Path | None = None,
) -> Scenario:
    """Return the scenario that ``source`` names, complete and validated.

    Parameters
    ----------
    source : the id of a shipped scenario; a file (a `Path`, or a text that ends with ``.toml`` or contains a
        separator); ``"-"`` for standard input; or a scenario already loaded.
    overrides : dotted name -> value, applied last. A text is read as a TOML value, and as itself if it is none.
    directory : folder in which relative file names are looked up, and what standard input extends; default: the
        current folder, and none for standard input.

    Raises
    ------
    ScenarioError : whatever is wrong with the source, a file it extends, or an override; all problems at once.
    """
    return load_with_ranges(source, overrides, directory=directory)[0]


def load_with_ranges(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    directory: str | Path | None = None,
) -> tuple[Scenario, dict[str, tuple[float, float]]]:
    """Return a scenario as `load` does, and the ranges that its own files state beside their values.

    Returns
    -------
    the scenario; dotted name -> (low, high), empty for a scenario already loaded.
    """
    if isinstance(source, Scenario):
        return override(source, overrides or {}), {}
    problems = Problems()
    layers, complete = _chain(source, None if directory is None else Path(directory), problems)
    changes = _override_layer(overrides or {}, problems)
    if not layers:
        raise problems.error()
    own = layers[-1]
    ranges = {
        name: note.range for layer in layers for name, note in layer.annotations.items() if note.range is not None
    }
    layers = [*(_inherited(layer) for layer in layers[:-1]), _with_defaults(own), changes]
    scenario = _validated(layers, problems, complete)
    if scenario is None or problems:
        raise problems.error()
    return scenario, ranges


def override(scenario: Scenario, overrides: Mapping[str, Any]) -> Scenario:
    """Return the scenario with some parameters changed.

    Raises
    ------
    ScenarioError : an unknown name or a value that is not allowed; all problems at once.
    """
    if not overrides:
        return scenario
    problems = Problems()
    headings = {name: getattr(scenario, name) for name in ("schema_version", "note", *_OWN_HEADINGS)}
    base = Layer(scenario.id, {**headings, **scenario.values()})
    changed = _validated([base, _override_layer(overrides, problems)], problems, complete=True)
    if changed is None or problems:
        raise problems.error()
    return changed


def shipped_layer(scenario_id: str, problems: Problems) -> Layer | None:
    """Return what one shipped file says (not what it extends), or None when it cannot be parsed.

    Raises
    ------
    KeyError : no shipped scenario has this id.
    """
    layer, found = _shipped(scenario_id)
    problems.add(*found)
    return layer


@lru_cache(maxsize=64)
def _shipped(scenario_id: str) -> tuple[Layer | None, tuple[Problem, ...]]:
    parsed = parse_text(scenario_text(scenario_id), scenario_id)
    if isinstance(parsed, Problem):
        return None, (parsed,)
    problems = Problems()
    # The tests check that every source of a shipped file resolves; here it would cost the start time of a command.
    layer = layer_of(parsed, scenario_id, problems, check_sources=False)
    return layer, problems.error().problems if problems else ()


# --- finding files ----------------------------------------------------------------------------------------------------


def _chain(source: object, directory: Path | None, problems: Problems) -> tuple[list[Layer], bool]:
    """Return the layers from the root to the named file, and whether the chain reached its root."""
    layers: list[Layer] = []
    seen: list[tuple[str, str]] = []  # (identity, name to show)
    opened = _open_source(source, directory, problems)
    while opened is not None:
        layer, identity, folder = opened
        seen.append((identity, layer.file))
        layers.insert(0, layer)
        if layer.extends is None:
            return layers, True
        step = _resolve(layer, folder, problems)
        if step is None:
            break
        identity, path = step
        names = [name for known, name in seen if known == identity]
        if names or len(seen) >= LONGEST_CHAIN:
            trail = " -> ".join([name for _, name in seen[-4:]] + [shown(layer.extends)])
            problems.add(Problem(layer.file, "extends", f"a circle or an endless chain ({trail})", _EXTENDS))
            break
        opened = _open(identity, path, problems)
    return layers, False


def _open_source(source: object, directory: Path | None, problems: Problems) -> tuple[Layer, str, Path | None] | None:
    if source == "-":
        data = read_stdin()
        layer = _parsed(data, STDIN, problems)
        return None if layer is None else (layer, "-", directory)
    if not isinstance(source, str | Path):
        problems.add(Problem("scenario", "source", shown(source), "the id of a shipped scenario, a file, or -"))
        return None
    if isinstance(source, Path) or source.endswith(".toml") or re.search(r"[/\\]", source):
        path = Path(source) if directory is None else directory / source
        return _open(f"file:{_resolved(path)}", path, problems)
    if source not in scenario_ids():
        close = nearest(source, scenario_ids())
        hint = f"Did you mean {close}?" if close else "A file is named with its ending .toml, or with its folder."
        found = "no shipped scenario of this name" if source else "an empty name"
        allowed = "the id of a shipped scenario, a .toml file, or -"
        problems.add(Problem(printable(source) or "scenario", "id", found, allowed, hint))
        return None
    return _open(f"shipped:{source}", None, problems)


def _open(identity: str, path: Path | None, problems: Problems) -> tuple[Layer, str, Path | None] | None:
    if path is None:
        layer = shipped_layer(identity.removeprefix("shipped:"), problems)
        return None if layer is None else (layer, identity, None)
    layer = _parsed(read_file(path, printable(str(path))), printable(str(path)), problems)
    return None if layer is None else (layer, identity, path.parent)


def _parsed(data: bytes | Problem, file: str, problems: Problems) -> Layer | None:
    parsed = data if isinstance(data, Problem) else parse(data, file)
    if isinstance(parsed, Problem):
        problems.add(parsed)
        return None
    return layer_of(parsed, file, problems)


def _resolve(layer: Layer, folder: Path | None, problems: Problems) -> tuple[str, Path | None] | None:
    """Return identity and path (None: shipped) of what a layer extends; only a plain name is ever followed."""
    name = layer.extends

    def no(found: str, hint: str = "") -> tuple[str, Path | None] | None:
        problems.add(Problem(layer.file, "extends", found, _EXTENDS, hint))
        return None

    if not isinstance(name, str) or not name:
        return no(shown(name))
    if re.search(r"[/\\:\x00]", name) or ".." in name:
        return no(f"{shown(name)}, a path", "Put both files in one folder and give the name alone.")
    if not name.endswith(".toml"):
        if name in scenario_ids():
            return f"shipped:{name}", None
        close = nearest(name, scenario_ids())
        return no(shown(name), f"Did you mean {close}?" if close else "")
    if folder is None:
        return no(shown(name), "Here only shipped scenarios can be extended.")
    path = folder / name
    resolved = _resolved(path)
    if resolved.parent != _resolved(folder):
        return no(f"{shown(name)}, a link that leads out of the folder")
    if not _exists(path):
        return no(f"{shown(name)}, no such file", neighbour(path))
    return f"file:{resolved}", path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long for any file
        return False


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # a loop of links, a name that no file can have
        return path.absolute()


# --- joining ----------------------------------------------------------------------------------------------------------


def _inherited(layer: Layer) -> Layer:
    """Return what a file hands down: all but the headings that are its own."""
    values = {name: value for name, value in layer.values.items() if name not in _OWN_HEADINGS}
    return Layer(layer.file, values, layer.annotations, layer.extends)


def _with_defaults(layer: Layer) -> Layer:
    stem = "stdin" if layer.file == STDIN else Path(layer.file).stem
    slug = re.sub(r"[^a-z0-9]+", "-", stem.lower())[:64].strip("-") or "scenario"
    name = layer.values.get("id", slug)
    title = name if isinstance(name, str) else slug
    headings = {"id": slug, "title": title, "question": "", "paragraphs": []}
    values = {"schema_version": SCHEMA_VERSION, **headings, **layer.values}
    return Layer(layer.file, values, layer.annotations, layer.extends)


def _override_layer(overrides: Mapping[str, Any], problems: Problems) -> Layer:
    values: dict[str, Any] = {}
    for name, value in overrides.items():
        node = _node(name)
        if node is None:
            problems.add(unknown(name, OVERRIDE))
            continue
        read = _toml_value(value) if isinstance(value, str) else value
        if isinstance(node, dict) and not isinstance(read, Mapping):
            problems.add(unknown(name, OVERRIDE))
            continue
        values.update(node_values(name, node, read, OVERRIDE, problems))
    return Layer(OVERRIDE, values)


def _node(name: object) -> Any:
    """Return the parameter or section of this dotted name, or None; headings cannot be overridden."""
    if not isinstance(name, str) or name in headings():
        return None
    node: Any = tree()
    for key in name.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _toml_value(text: str) -> Any:
    """Return the TOML value that a text spells, or the text itself."""
    parsed = parse_text(f"value = {text}", OVERRIDE) if len(text) <= 10_000 else {}
    return parsed["value"] if isinstance(parsed, dict) and set(parsed) == {"value"} else text


# --- validating -------------------------------------------------------------------------------------------------------


def _validated(layers: Sequence[Layer], problems: Problems, complete: bool) -> Scenario | None:
    values = merged(layers)
    missing = [name for name in leaves() if name not in values and not problems.covers(name)]
    if missing and complete:
        listed = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        problems.add(
            Problem(
                layers[0].file,
                "extends",
                f"nothing, and {len(missing)} parameters are missing ({listed})",
                f'extends = "baseline" (or another scenario), or all {len(leaves())} parameters',
            )
        )
    try:
        return Scenario.model_validate(_nested(values))
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            if detail["type"] != "missing":
                problems.add(_problem(detail, values, layers))
    return None


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in values.items():
        *sections, key = name.split(".")
        node = nested
        for section in sections:
            node = node.setdefault(section, {})
        node[key] = value
    return nested


def _problem(detail: Mapping[str, Any], values: Mapping[str, Any], layers: Sequence[Layer]) -> Problem:
    """Return the problem that one of pydantic's errors tells."""
    name = ".".join(str(part) for part in detail["loc"] if isinstance(part, str))
    if detail["type"] == "rule":
        context = detail["ctx"]
        # Of several values that do not go together, the one given last is the one to look at.
        ranked = [(_rank(key, layers), key) for key in context["keys"] or (name,)]
        rank, key = max(ranked, key=lambda pair: pair[0])
        return Problem(layers[rank].file, key, context["found"], context["allowed"])
    node = tree().get(name) or leaves().get(name)
    allowed = leaves()[name].allowed if name in leaves() else node.allowed if node else detail["msg"]
    return Problem(layers[_rank(name, layers)].file, name, shown(values.get(name)), allowed)


def _rank(name: str, layers: Sequence[Layer]) -> int:
    """Return the place of the last layer that says something about a parameter or section; 0 when none does."""
    for rank in range(len(layers) - 1, -1, -1):
        if any(key == name or key.startswith(name + ".") for key in layers[rank].values):
            return rank
    return 0
