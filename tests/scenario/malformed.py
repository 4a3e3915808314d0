"""Scenario files that must be refused, each with what the message has to say.

One table for two readers: the tests of `sim.scenario.load` and those of the command line. ``build`` writes what is
needed into an empty folder and returns the path to load; ``key``, ``found``, ``allowed`` and ``hint`` are parts of what
the one problem must say.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEAD = 'extends = "baseline"\n'
SIZE_50_MB = 50 * 1024 * 1024


@dataclass(frozen=True)
class Case:
    """``file`` is the name of the file that must be blamed (its last part)."""

    id: str
    build: Callable[[Path], Path]
    key: str
    found: str
    allowed: str
    hint: str = ""
    file: str = "case.toml"


def _bytes(data: bytes) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        path = folder / "case.toml"
        path.write_bytes(data)
        return path

    return build


def _text(text: str) -> Callable[[Path], Path]:
    return _bytes(text.encode())


def _files(**texts: str) -> Callable[[Path], Path]:
    """Write ``name.toml`` for every name and return ``case.toml``."""

    def build(folder: Path) -> Path:
        for name, text in texts.items():
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        return folder / "case.toml"

    return build


def _missing(folder: Path) -> Path:
    (folder / "cases.toml").write_text(HEAD, encoding="utf-8")
    return folder / "case.toml"


def _folder(folder: Path) -> Path:
    (folder / "case.toml").mkdir()
    return folder / "case.toml"


def _huge(folder: Path) -> Path:
    path = folder / "case.toml"
    with path.open("wb") as stream:
        stream.write(HEAD.encode())
        stream.truncate(SIZE_50_MB)  # a sparse file: as large to a reader, and no load on the disk
    return path


def _link_out(folder: Path) -> Path:
    inside = folder / "inside"
    inside.mkdir()
    (folder / "outside.toml").write_text(HEAD, encoding="utf-8")
    (inside / "linked.toml").symlink_to(folder / "outside.toml")
    (inside / "case.toml").write_text('extends = "linked.toml"\n', encoding="utf-8")
    return inside / "case.toml"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "case.toml")
    return folder / "case.toml"


def _set(name: str, value: str) -> Callable[[Path], Path]:
    section, _, key = name.rpartition(".")
    return _text(f"{HEAD}[{section}]\n{key} = {value}\n" if section else f"{HEAD}{key} = {value}\n")


def _endless(folder: Path) -> Path:
    for step in range(30):
        (folder / f"step{step}.toml").write_text(f'extends = "step{step + 1}.toml"\n', encoding="utf-8")
    (folder / "case.toml").write_text('extends = "step0.toml"\n', encoding="utf-8")
    return folder / "case.toml"


def value(id: str, name: str, text: str, found: str, allowed: str) -> Case:
    """Return the case of one bad value under its right name."""
    return Case(id, _set(name, text), name, found, allowed)


CASES: tuple[Case, ...] = (
    # --- the file itself
    Case("missing-file", _missing, "whole file", "no such file", "a scenario file", "cases.toml"),
    Case("a-folder", _folder, "whole file", "a folder", "a scenario file"),
    *(
        [Case("a-pipe", _pipe, "whole file", "a pipe", "a scenario file", "standard input")]
        if hasattr(os, "mkfifo")
        else []
    ),
    Case("fifty-megabytes", _huge, "whole file", "more than 256 KiB", "at most 256 KiB"),
    Case("binary-noise", _bytes(bytes(range(128, 256)) * 8), "byte 1", "0x80", "text in UTF-8"),
    Case("zero-bytes", _bytes(b"\x00" * 400), "line 1, column 1", "\\x00", "valid TOML"),
    Case("latin-1", _bytes(HEAD.encode() + b'title = "caf\xe9"\n'), "byte 34", "0xe9", "text in UTF-8"),
    Case("utf-16", _bytes(HEAD.encode("utf-16")), "byte 1", "UTF-16", "UTF-8", "Save the file"),
    Case("utf-32", _bytes(HEAD.encode("utf-32")), "byte 1", "UTF-16", "UTF-8"),
    Case("empty-file", _text(""), "extends", "parameters are missing", 'extends = "baseline"'),
    Case("only-a-comment", _text("# nothing\n"), "extends", "parameters are missing", "or all"),
    # --- TOML
    Case("not-toml", _text("minsk: trade_value: 8\n"), "line 1, column 6", "minsk: trade", "valid TOML"),
    Case("json", _text('{"minsk": {"trade_value": 8}}\n'), "line 1, column 1", '{"minsk"', "valid TOML"),
    Case("no-value", _text(HEAD + "[minsk]\ntrade_value =\n"), "line 3", "trade_value =", "valid TOML"),
    Case("stops-in-a-text", _text('extends = "baseline'), "end of file", "stops too early", "complete TOML"),
    Case(
        "same-key-twice",
        _text(HEAD + "[minsk]\ntrade_value = 8.0\ntrade_value = 9.0\n"),
        "line 4, column 18",
        "trade_value = 9.0",
        "valid TOML",
    ),
    Case("same-table-twice", _text(HEAD + "[minsk]\n[minsk]\n"), "line 3", "[minsk]", "valid TOML"),
    Case("deep-lists", _text("x = " + "[" * 20_000), "whole file", "very deep nesting", "deep"),
    Case("deep-tables", _text("x = " + "{x=" * 20_000), "whole file", "very deep nesting", "deep"),
    Case("deep-but-closed", _text(f"{HEAD}x = {'[' * 40}{']' * 40}\n"), "whole file", "deep nesting", "8 deep"),
    Case("key-of-many-parts", _text(HEAD + "minsk" + ".a" * 5000 + " = 1\n"), "line 2", "many parts", "at most 16"),
    Case("thousands-of-digits", _text(HEAD + "minsk.trade_value = " + "9" * 9000), "whole file", "digits", "TOML"),
    Case("an-impossible-date", _text(HEAD + "title = 2025-02-30\n"), "line 2", "2025-02-30", "valid TOML"),
    # --- keys
    Case(
        "misspelled-key",
        _set("minsk.trade_valu", "8.0"),
        "minsk.trade_valu",
        "an unknown key (value 8.0)",
        "a name",
        "minsk.trade_value",
    ),
    Case("misspelled-section", _text(HEAD + "[minks]\ntrade_value = 8.0\n"), "minks", "unknown", "name", "minsk"),
    Case("key-without-section", _set("trade_value", "8.0"), "trade_value", "unknown", "name", "minsk.trade_value"),
    Case("unknown-heading", _set("author", '"me"'), "author", 'unknown key (value "me")', "name"),
    Case("step-too-many", _set("brussels.relief_cost.3", "1.0"), "relief_cost.3", "unknown", "one of 1, 2"),
    Case("section-as-number", _set("minsk", "3"), "minsk", "3", "a table with trade_value"),
    Case("section-as-list", _text(HEAD + "[[minsk]]\ntrade_value = 8.0\n"), "minsk", "a table of 1", "a table with"),
    Case("heading-as-table", _text(HEAD + '[title]\nen = "x"\n'), "title", "a table of 1", "a text"),
    # --- values
    value("text-for-number", "minsk.trade_value", '"8.0"', '"8.0"', "a number from 0 to 1,000,000"),
    value("yes-for-number", "minsk.trade_value", "true", "true", "a number"),
    value("list-for-number", "minsk.trade_value", "[8.0]", "[8.0]", "a number"),
    value("date-for-number", "minsk.trade_value", "2025-06-21", "2025-06-21", "a number"),
    value("table-for-number", "minsk.trade_value", "{low = 1}", "a table of 1", "or a table with value"),
    value("not-a-number", "minsk.trade_value", "nan", "nan", "a number"),
    value("infinite", "minsk.trade_value", "inf", "inf", "a number"),
    value("minus-infinite", "washington.held_cost", "-inf", "-inf", "a number from 0"),
    value("overflowing", "moscow.drift_cost", "1e999", "inf", "a number"),
    value("a-number-of-bits", "moscow.drift_cost", "0x" + "f" * 2000, "8000 bits", "a number"),
    value("negative-cost", "minsk.release_cost", "-0.01", "-0.01", "a number from 0"),
    value("negative-stock", "start.prisoners", "-5", "-5", "a whole number from 0"),
    value("part-of-a-person", "start.prisoners", "1120.5", "1120.5", "a whole number"),
    value("too-many-leaders", "start.leaders", "4", "4", "from 0 to 3"),
    value("probability-above-one", "world.contact_fade", "1.2", "1.2", "from 0 to 1"),
    value("discount-zero", "minsk.discount", "0.0", "0.0", "above 0 and at most 0.9999"),
    value("discount-above-one", "brussels.discount", "1.05", "1.05", "above 0 and at most 0.9999"),
    value("discount-of-one", "moscow.discount", "1.0", "1", "above 0 and at most 0.9999"),
    value("negative-rationality", "minsk.rationality", "-1.0", "-1.0", 'or "inf"'),
    value("rationality-not-a-number", "minsk.rationality", "nan", "nan", 'or "inf"'),
    value("rationality-in-words", "minsk.rationality", '"high"', '"high"', 'or "inf"'),
    value("substitution-above-one", "minsk.trade_rho", "1.5", "1.5", "to 1"),
    value("unknown-level", "start.talks", '"frozen"', '"frozen"', '"stalled", "active", "settled"'),
    value("level-as-number", "start.contact", "1", "1", '"isolated"'),
    value("word-for-yes", "menu.summit", '"yes"', '"yes"', "true or false"),
    value("number-for-yes", "menu.summit", "1", "1", "true or false"),
    value("sizes-out-of-order", "menu.prisoners", "[13, 2]", "[13, 2]", "larger than the one before"),
    value("sizes-repeated", "menu.prisoners", "[2, 2]", "[2, 2]", "larger than the one before"),
    value("size-zero", "menu.prisoners", "[0, 2]", "[0, 2]", "from 1 to 5000"),
    value("size-too-large", "menu.prisoners", "[5001]", "[5001]", "from 1 to 5000"),
    value("too-many-sizes", "menu.prisoners", str(list(range(1, 14))), "13 in all", "at most 12"),
    value("sizes-of-text", "menu.prisoners", '["2"]', '["2"]', "whole numbers"),
    value("sizes-as-number", "menu.prisoners", "13", "13", "a list"),
    value("step-beyond-relief", "menu.eu_relief", "[1, 2, 3]", "[1, 2, 3]", "from 1 to 2"),
    value("capacity-too-large", "world.prisoner_capacity", "1_000_000", "1000000", "to 20000"),
    value("certain-no-offer", "menu.no_offer_weight", "1.0", "1.0", "0.999"),
    value("bad-id", "id", '"../x"', '"../x"', "small letters"),
    value("long-title", "title", '"' + "x" * 121 + '"', "xxx", "at most 120"),
    value("escape-in-title", "title", r'"\u001b[31mred"', "\\x1b", "on one line"),
    value("paragraph-beyond-article", "paragraphs", "[18]", "[18]", "from 1 to 17"),
    # --- rules that join values
    Case(
        "stock-above-capacity",
        _text(HEAD + "[start]\nprisoners = 1500\n"),
        "start.prisoners",
        "1500 held at the start and a capacity of 1400",
        "at most world.prisoner_capacity",
    ),
    Case(
        "capacity-below-stock",
        _text(HEAD + "[world]\nprisoner_capacity = 1000\n"),
        "world.prisoner_capacity",
        "1120 held at the start and a capacity of 1000",
        "at most world.prisoner_capacity",
    ),
    Case(
        "chances-above-one",
        _text(HEAD + "[world.talks]\nactive_to_stalled = 0.97\nactive_to_settled = 0.05\n"),
        "world.talks.active_to_settled",
        "together 1.02",
        "add up to at most 1",
    ),
    Case(
        "offers-not-shared-out",
        _text(HEAD + "[menu.recognition.us_table]\nminsk = 0.6\nwashington = 0.5\n"),
        "menu.recognition.us_table",
        "= 1.1",
        "add up to 1",
    ),
    # --- schema version
    value("newer-version", "schema_version", "2", "2", "1"),
    value("version-zero", "schema_version", "0", "0", "1"),
    value("version-in-words", "schema_version", '"one"', '"one"', "1"),
    value("version-as-yes", "schema_version", "true", "true", "1"),
    # --- extends
    Case("extends-itself", _files(case='extends = "case.toml"\n'), "extends", "a circle", "shipped scenario"),
    Case(
        "extends-in-a-circle",
        _files(case='extends = "other.toml"\n', other='extends = "case.toml"\n'),
        "extends",
        "a circle",
        "shipped scenario",
        file="other.toml",
    ),
    Case("endless-chain", _endless, "extends", "endless chain", "shipped scenario", file="step14.toml"),
    Case("extends-a-path", _text('extends = "sub/other.toml"\n'), "extends", "a path", "in the same folder", "folder"),
    Case("extends-upwards", _text('extends = "../other.toml"\n'), "extends", "a path", "in the same folder"),
    Case("extends-from-root", _text('extends = "/etc/passwd"\n'), "extends", "a path", "in the same folder"),
    Case("extends-a-drive", _text("extends = 'C:other.toml'\n"), "extends", "a path", "in the same folder"),
    Case("extends-zero-byte", _text('extends = "a\\u0000.toml"\n'), "extends", "\\x00", "in the same folder"),
    Case("extends-a-long-name", _text(f'extends = "{"a" * 400}.toml"\n'), "extends", "no such file", "folder"),
    Case("extends-a-link", _link_out, "extends", "leads out of the folder", "in the same folder"),
    Case("extends-nothing", _text('extends = ""\n'), "extends", "an empty text", "shipped scenario"),
    Case("extends-a-number", _text("extends = 3\n"), "extends", "3", "shipped scenario"),
    Case("extends-unknown", _text('extends = "basline"\n'), "extends", '"basline"', "shipped", "baseline"),
    Case(
        "extends-missing-file",
        _files(case='extends = "parent.toml"\n', parents=HEAD),
        "extends",
        "no such file",
        "in the same folder",
        "parents.toml",
    ),
    Case(
        "fault-in-the-parent",
        _files(case='extends = "parent.toml"\n', parent=HEAD + "[minsk]\ndiscount = 2.0\n"),
        "minsk.discount",
        "2.0",
        "at most 0.9999",
        file="parent.toml",
    ),
    Case(
        "syntax-in-the-parent",
        _files(case='extends = "parent.toml"\n', parent="minsk = [\n"),
        "end of file",
        "stops too early",
        "TOML",
        file="parent.toml",
    ),
    # --- annotations
    Case(
        "unknown-annotation",
        _set("minsk.trade_value", "{value = 8.0, rang = [4, 12]}"),
        "minsk.trade_value.rang",
        "unknown",
        "one of value, range, source, reason",
        "minsk.trade_value.range",
    ),
    Case(
        "range-upside-down",
        _set("minsk.trade_value", "{value = 8.0, range = [12, 4]}"),
        "minsk.trade_value.range",
        "[12, 4]",
        "the lower one first",
    ),
    Case(
        "range-of-a-word",
        _set("start.talks", '{value = "active", range = [0, 1]}'),
        "start.talks.range",
        "[0, 1]",
        "no range",
    ),
    Case(
        "unknown-source",
        _set("minsk.trade_value", '{value = 8.0, source = "trade-need-both"}'),
        "minsk.trade_value.source",
        '"trade-need-both"',
        "an id from the evidence",
        "trade-needs-both",
    ),
    Case(
        "assumption-without-reason",
        _set("minsk.trade_value", '{value = 8.0, source = "assumption"}'),
        "minsk.trade_value.reason",
        "nothing",
        "a text that says why",
    ),
)
