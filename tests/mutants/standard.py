"""Mutants from the standard operators of a mutation tool, cosmic-ray: arithmetic, comparison and logical operators
replaced, numbers moved by one, conditions negated, loops left out, `break` for `continue`, exceptions not caught.

The sample is a function of the sources and of `SEED` alone. Every place that can be mutated has a rank, a hash of
what stands there and in which function; the places of the lowest rank in every area are taken, and of the mutants at a
place the one of the lowest rank. So an edit of one function changes the sample there and leaves the rest as it was.

Left out, because a change there is no change of what is computed:

- docstrings, f-strings, messages of errors (`raise`, and calls that make an error): wording;
- annotations, names of types, `if TYPE_CHECKING`, `assert`, imports: for the type checker;
- decorators: declarations (frozen, slots, how much is kept);
- `__repr__` and the functions that write labels and descriptions: wording;
- arithmetic replaced by shifts and bits or the other way round, `==` by `is`: on floats and arrays that is an error
  at the first call, which any test notices, and a sample of them would flatter the tests;
- a mutant that does not compile, or whose syntax tree is the same.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants.mutant import STANDARD, Mutant

SEED = "grand deal"
AREAS = {
    "game": ("sim/game/*.py", 25),
    "solver": ("sim/solver/*.py", 25),
    "twin": ("tests/oracles/twin.py", 25),
    "model": ("sim/model/*.py", 25),
}
"""Area -> its files and how many mutants to take there."""
WORDING = {"__repr__", "describe", "_label", "_people", "_steps", "_listed"}
"""Functions that only write words."""
MADE = {"GameError", "UsageError", "ScenarioError", "Problem", "_say", "_error"}
"""Calls that make an error message."""
LEFT_OUT = {"sim/model/document.py"}
"""Writes the model's document: wording."""

FAMILIES = (
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"BitAnd", "BitOr", "BitXor"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
)

Span = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Place:
    """Where something can be mutated: by which operators, and the how-manieth place of each operator in the file."""

    file: str
    function: str
    span: Span
    rank: str
    operators: tuple[tuple[str, int], ...]


def standard_in(root: Path) -> list[Mutant]:
    """Return the sample of standard mutants of a repository, in order of file and line."""
    found = []
    for pattern, count in AREAS.values():
        texts = {
            str(path.relative_to(root)): path.read_text(encoding="utf-8")
            for path in sorted(root.glob(pattern))
            if str(path.relative_to(root)) not in LEFT_OUT
        }
        found += sample(texts, count)
    return sorted(found, key=lambda mutant: (mutant.file, mutant.line, mutant.name))


def sample(texts: dict[str, str], count: int) -> list[Mutant]:
    """Return so many mutants of some files, file -> text."""
    places = sorted((place for file, text in texts.items() for place in places_in(file, text)), key=lambda p: p.rank)
    found: list[Mutant] = []
    for place in places:
        if len(found) == count:
            break
        mutant = _mutant(place, texts[place.file])
        if mutant is not None:
            found.append(mutant)
    return found


def places_in(file: str, text: str) -> list[Place]:
    """Return every place of a file that an operator can mutate and that is not left out."""
    from cosmic_ray.ast import ast_nodes, get_ast

    operators = _operators()
    counts: Counter[str] = Counter()
    at: dict[Span, list[tuple[str, int]]] = {}
    for node in ast_nodes(get_ast(text)):
        if getattr(node, "value", None) in {"(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "->"}:
            continue
        if node.type in {"name", "newline", "string", "file_input", "endmarker"}:
            continue
        if node.parent is not None and node.parent.type == "parameters":
            continue  # the * and / of a signature
        for name, operator in operators.items():
            for span in operator.mutation_positions(node):
                at.setdefault(span, []).append((name, counts[name]))
                counts[name] += 1
    tree = ast.parse(text)
    lines = text.splitlines()
    left_out = [_span(node, lines) for node in _wording(tree)]
    functions = [(_span(node, lines), name) for node, name in _functions(tree)]
    alike: Counter[str] = Counter()
    found = []
    for span in sorted(at):
        if any(first <= span[0] < last for first, last in left_out):
            continue
        inside = [name for (first, last), name in functions if first <= span[0] < last]
        function = inside[-1] if inside else "module"
        line = lines[span[0][0] - 1]
        column = span[0][1] - (len(line) - len(line.lstrip()))
        key = "\0".join((file, function, line.strip(), str(column), str(span[1][1] - span[0][1])))
        alike[key] += 1
        rank = hashlib.sha256(f"{SEED}\0{key}\0{alike[key]}".encode()).hexdigest()
        found.append(Place(file, function, span, rank, tuple(at[span])))
    return found


def _mutant(place: Place, text: str) -> Mutant | None:
    """Return the mutant of the lowest rank at a place that compiles to something else."""
    from cosmic_ray.mutating import mutate_code

    plain = ast.dump(ast.parse(text))
    number: Counter[str] = Counter()
    ranked = []
    for name, occurrence in place.operators:
        number[name] += 1
        ranked.append((hashlib.sha256(f"{place.rank}\0{name}\0{number[name]}".encode()).hexdigest(), name, occurrence))
    for rank, name, occurrence in sorted(ranked):
        changed = mutate_code(text, _operators()[name], occurrence)
        try:
            if changed is None or ast.dump(ast.parse(changed)) == plain:
                continue
        except SyntaxError:
            continue
        line = place.span[0][0]
        operator = name.split("/")[1]
        before, after = text.splitlines()[line - 1].strip(), changed.splitlines()[line - 1].strip()
        where = place.file.removesuffix(".py").removeprefix("sim/").removeprefix("tests/")
        unique = f"{where}:{place.function}:{rank[:6]}"
        return Mutant(unique, STANDARD, place.file, line, f"{operator}: {before}  ->  {after}", changed)
    return None


_KEPT: dict[str, Any] = {}


def _operators() -> dict[str, Any]:
    """Return the tool's operators that need no arguments, by name."""
    if not _KEPT:
        from cosmic_ray import plugins

        for name in sorted(plugins.operator_names()):
            kind = plugins.get_operator(name)
            if not kind.arguments() and _comparable(name):  # those with arguments put random numbers in
                _KEPT[name] = kind()
    return _KEPT


def _comparable(operator: str) -> bool:
    """Return whether an operator, if it replaces one sign by another, stays within one family."""
    name = operator.split("/")[1]
    if not name.startswith(("ReplaceBinaryOperator_", "ReplaceComparisonOperator_")):
        return True
    _, old, new = name.split("_")
    return any(old in family and new in family for family in FAMILIES)


def _span(node: Any, lines: list[str]) -> Span:
    """Return where a node begins and ends, in characters."""

    def characters(line: int, column: int) -> tuple[int, int]:
        return line, len(lines[line - 1].encode()[:column].decode())

    return characters(node.lineno, node.col_offset), characters(node.end_lineno, node.end_col_offset)


def _functions(tree: ast.AST, within: str = "") -> Iterator[tuple[ast.AST, str]]:
    """Yield every function and class with its full name, outer ones first."""
    for node in ast.iter_child_nodes(tree):
        name = within
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            name = f"{within}.{node.name}" if within else node.name
            yield node, name
        yield from _functions(node, name)


def _wording(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield what is left out."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                yield from map(_with_sign, node.decorator_list)
                yield from (part for part in (node.returns,) if part is not None)
                every = (
                    *node.args.posonlyargs,
                    *node.args.args,
                    *node.args.kwonlyargs,
                    node.args.vararg,
                    node.args.kwarg,
                )
                yield from (arg.annotation for arg in every if arg is not None and arg.annotation is not None)
                if node.name in WORDING:
                    yield node
            case ast.ClassDef():
                yield from map(_with_sign, node.decorator_list)
            case ast.AnnAssign():
                yield node.annotation
            case ast.Raise() | ast.Assert() | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
                yield node
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in MADE:
                yield node
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield node
            case ast.Assign(value=ast.BinOp(op=ast.BitOr()) | ast.Subscript()) if _names_a_type(node):
                yield node


def _names_a_type(node: ast.Assign) -> bool:
    target = node.targets[0]
    return node.col_offset == 0 and isinstance(target, ast.Name) and target.id[0].isupper() and not target.id.isupper()


def _with_sign(decorator: ast.expr) -> ast.expr:
    """Let a decorator begin at its @."""
    decorator.col_offset -= 1
    return decorator
