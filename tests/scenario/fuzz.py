"""Scenario files, damaged: seeded mutations of the shipped ones, byte by byte and token by token."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from sim.scenario.resources import scenario_ids, scenario_text

_TOKEN = re.compile(r"[A-Za-z0-9_.+-]+|\s+|.", re.DOTALL)
_NASTY = (
    "nan",
    "inf",
    "-inf",
    "-1",
    "1e999",
    "true",
    '""',
    "[]",
    "[[]]",
    "{}",
    "{a.b.c=1}",
    "[[x]]",
    "2025-06-21",
    "07:32:00",
    "0x" + "f" * 300,
    "9" * 5000,
    "[" * 2000,
    "{a=" * 2000,
    "a." * 2000 + "a",
    '"""',
    "'''",
    '"\\u0000"',
    '"\\ud800"',
    "\x00",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "\u2028",
    "\r",
    "=",
    "#",
    "extends",
    'extends = "../baseline.toml"',
    'extends = "mutant.toml"',
    "schema_version = 99",
    "1",
    "value",
)


def mutations(count: int, seed: int = 20250621) -> Iterator[tuple[str, bytes]]:
    """Yield ``count`` pairs of a name that says what was done, and the damaged file."""
    chance = random.Random(seed)
    texts = {name: scenario_text(name) for name in scenario_ids()}
    for number in range(count):
        # The baseline is by far the longest and has all the parameters, so it takes every third turn.
        name = "baseline" if number % 3 == 0 else chance.choice(list(texts))
        kind = list(_KINDS)[number % len(_KINDS)]
        data = texts[name].encode()
        for _ in range(chance.choice((1, 1, 1, 2, 5))):
            data = _KINDS[kind](data, chance, texts)
        yield f"{number}-{kind}-{name}", data


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytes, chance: random.Random, _: dict[str, str]) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def _noise(data: bytes, chance: random.Random, _: dict[str, str]) -> bytes:
    place = _place(data, chance)
    return data[:place] + chance.randbytes(chance.randrange(1, 40)) + data[place:]


def _cut(data: bytes, chance: random.Random, _: dict[str, str]) -> bytes:
    start, end = sorted((_place(data, chance), _place(data, chance)))
    return data[:start] + data[end:]


def _repeat(data: bytes, chance: random.Random, _: dict[str, str]) -> bytes:
    start, end = sorted((_place(data, chance), _place(data, chance)))
    return data[:end] + data[start : min(end, start + 5000)] + data[end:]


def _truncate(data: bytes, chance: random.Random, _: dict[str, str]) -> bytes:
    return data[: _place(data, chance)]


def _splice(data: bytes, chance: random.Random, texts: dict[str, str]) -> bytes:
    other = texts[chance.choice(list(texts))].encode()
    return data[: _place(data, chance)] + other[_place(other, chance) :]


def _tokens(change: Callable[[list[str], random.Random], None]) -> Callable[..., bytes]:
    def mutate(data: bytes, chance: random.Random, _: dict[str, str]) -> bytes:
        tokens = _TOKEN.findall(data.decode("utf-8", "replace"))
        if tokens:
            change(tokens, chance)
        return "".join(tokens).encode("utf-8", "replace")

    return mutate


def _replace(tokens: list[str], chance: random.Random) -> None:
    tokens[chance.randrange(len(tokens))] = chance.choice(_NASTY)


def _replace_number(tokens: list[str], chance: random.Random) -> None:
    numbers = [place for place, token in enumerate(tokens) if re.fullmatch(r"-?\d+(\.\d+)?", token)]
    if numbers:
        tokens[chance.choice(numbers)] = chance.choice((*_NASTY[:18], "0", "0.5", "2", "-0.0", "1e-300", "3"))


def _swap(tokens: list[str], chance: random.Random) -> None:
    first, second = chance.randrange(len(tokens)), chance.randrange(len(tokens))
    tokens[first], tokens[second] = tokens[second], tokens[first]


def _drop(tokens: list[str], chance: random.Random) -> None:
    del tokens[chance.randrange(len(tokens))]


def _double(tokens: list[str], chance: random.Random) -> None:
    place = chance.randrange(len(tokens))
    tokens.insert(place, tokens[place])


_KINDS: dict[str, Callable[..., bytes]] = {
    "flip": _flip,
    "noise": _noise,
    "cut": _cut,
    "repeat": _repeat,
    "truncate": _truncate,
    "splice": _splice,
    "replace": _tokens(_replace),
    "number": _tokens(_replace_number),
    "swap": _tokens(_swap),
    "drop": _tokens(_drop),
    "double": _tokens(_double),
}
