"""`python -m tests.mutants`: break the program on purpose, one fault at a time, and see which test notices.

Applies every deliberate fault (`faults`) and every standard mutant (`standard`) to a copy of the repository and runs
the fast tests until one fails. Prints what caught what; keeps it in ``record.json``, where a mutant already judged with
the same sources and tests is not run again. Ends with 1 if a mutant survives that ``justified.toml`` does not justify,
with 2 if a list does not fit the sources, with 130 if interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from tests.mutants.faults import FAULTS
from tests.mutants.judge import ANYWAY, Judge, Verdict
from tests.mutants.mutant import FAULT, Mutant, MutantError, faults_in
from tests.mutants.order import stages
from tests.mutants.record import Justified, Record, justified_in, tree_hash
from tests.mutants.standard import standard_in

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    asked = _parsed(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    try:
        mutants = [*faults_in(ROOT, FAULTS), *standard_in(ROOT)]
        justified = justified_in(HERE / "justified.toml", mutants)
        chosen = _chosen(mutants, justified, asked)
    except MutantError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.list:
        _print_list(chosen, Record(HERE / "record.json", tree_hash(ROOT)), justified)
        return 0
    try:
        return _judged(chosen, [mutant.name for mutant in mutants], justified, asked)
    except KeyboardInterrupt:
        print("Interrupted. What was judged is kept; the same command goes on from there.", file=sys.stderr)
        return 130


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--list", action="store_true", help="list the mutants and what is known of them")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="names, or beginnings of names")
    parser.add_argument("--sample", type=int, metavar="N", help="N of each kind, without justified ones, judged anew")
    parser.add_argument("--seed", default="", metavar="TEXT", help="what the sample is drawn by, e.g. a commit's hash")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="how many at a time")
    parser.add_argument("--again", action="store_true", help="judge anew what is known")
    asked = parser.parse_args(arguments)
    if asked.jobs < 1 or (asked.sample is not None and asked.sample < 1):
        parser.error("--jobs and --sample: allowed: 1 or more")
    return asked


def _chosen(mutants: list[Mutant], justified: dict[str, Justified], asked: argparse.Namespace) -> list[Mutant]:
    unknown = [name for name in asked.only if not any(mutant.name.startswith(name) for mutant in mutants)]
    if unknown:
        raise MutantError(f"--only: found {', '.join(unknown)}; allowed: names shown by --list, or their beginnings")
    if asked.only:
        mutants = [mutant for mutant in mutants if mutant.name.startswith(tuple(asked.only))]
    if asked.sample is None:
        return mutants
    # a justified survivor costs a run of all tests, and that none catches it is looked at when all are judged
    return sampled([mutant for mutant in mutants if mutant.name not in justified], asked.sample, asked.seed)


def sampled(mutants: Iterable[Mutant], count: int, seed: str) -> list[Mutant]:
    """Return so many mutants of each kind, by the hashes of seed and name; at most one that changes a kernel.

    A changed kernel is compiled again, which takes as long as all the rest.
    """
    ranked = sorted(mutants, key=lambda mutant: hashlib.sha256(f"{seed}\0{mutant.name}".encode()).digest())
    found: dict[str, list[Mutant]] = {}
    kernels = 0
    for mutant in ranked:
        of_kind = found.setdefault(mutant.kind, [])
        kernel = mutant.file.startswith("sim/kernels/")
        if len(of_kind) < count and not (kernel and kernels):
            of_kind.append(mutant)
            kernels += kernel
    return [mutant for of_kind in found.values() for mutant in of_kind]


def _judged(chosen: list[Mutant], names: list[str], justified: dict[str, Justified], asked: argparse.Namespace) -> int:
    begun = time.monotonic()
    console = Console(stderr=True)
    verdicts: dict[str, Verdict] = {}
    with Judge(ROOT) as judge:
        record = Record(HERE / "record.json", tree_hash(judge.clean))
        keep = asked.sample is None
        if keep:
            record.forget_all_but(names)
        anew = asked.again or not keep

        def one(mutant: Mutant) -> Verdict:
            return judge.judge(mutant, stages(mutant.file, judge.clean, record.caught_before(mutant)))

        with ThreadPoolExecutor(asked.jobs) as pool:
            waiting: dict[Future[Verdict], Mutant] = {}
            for mutant in chosen:
                known = None if anew else record.known(mutant)
                if known is not None:
                    verdicts[mutant.name] = known
                else:
                    waiting[pool.submit(one, mutant)] = mutant
            console.print(f"{len(verdicts)} known, {len(waiting)} to judge, sources {record.tree}")
            try:
                while waiting:
                    done, _ = wait(waiting, return_when=FIRST_EXCEPTION, timeout=1.0)
                    for future in done:
                        mutant = waiting.pop(future)
                        verdict = verdicts[mutant.name] = future.result()
                        if keep:
                            record.add(mutant, verdict)
                        console.print(_line(mutant, verdict), markup=False, soft_wrap=True, highlight=False)
            except BaseException:
                for future in waiting:
                    future.cancel()
                judge.stop()
                raise
        return _summary(chosen, verdicts, justified, judge.unreliable, time.monotonic() - begun)


def _summary(
    chosen: list[Mutant],
    verdicts: dict[str, Verdict],
    justified: dict[str, Justified],
    unreliable: dict[str, str],
    seconds: float,
) -> int:
    table = Table("fault", "place", "caught by", "s", title="What caught what", highlight=False)
    for mutant in chosen:
        verdict = verdicts[mutant.name]
        how = str(verdict.caught_by or "") or ("survives, justified" if mutant.name in justified else "SURVIVES")
        table.add_row(mutant.name, mutant.place, how.replace("[", r"\["), f"{verdict.seconds:.0f}")
    Console(width=None if sys.stdout.isatty() else 220).print(table)
    survivors = [mutant for mutant in chosen if verdicts[mutant.name].caught_by is None]
    open_ones = [mutant for mutant in survivors if mutant.name not in justified]
    wrong = [mutant for mutant in chosen if mutant.name in justified and verdicts[mutant.name].caught_by]
    caught = len(chosen) - len(survivors)
    faults = sum(mutant.kind == FAULT for mutant in chosen)
    print(
        f"{len(chosen)} mutants ({faults} deliberate faults, {len(chosen) - faults} by standard operators): "
        f"{caught} caught, {len(survivors) - len(open_ones)} survive and are justified, {len(open_ones)} survive. "
        f"{seconds:.0f} s."
    )
    for mutant in open_ones:
        print(f"\nNo fast test notices {mutant.name} ({mutant.place}):\n  {mutant.breaks}")
    for mutant in wrong:
        print(f"\njustified.toml: {mutant.name} is caught after all; take the justification out.")
    for test, why in unreliable.items():
        print(f"\n{test} {why}; it was left out.")
    return 1 if open_ones or wrong or ANYWAY in unreliable.values() else 0


def _print_list(chosen: list[Mutant], record: Record, justified: dict[str, Justified]) -> None:
    for mutant in chosen:
        known = record.known(mutant)
        word = "not judged with these sources and tests"
        if known is not None:
            word = f"caught by {known.caught_by}" if known.caught_by else "survives"
        if mutant.name in justified:
            word += f"; justified: {justified[mutant.name].why}"
        print(f"{mutant.name}  {mutant.place}\n    {mutant.breaks}\n    {word}")


def _line(mutant: Mutant, verdict: Verdict) -> str:
    how = f"caught by {verdict.caught_by}" if verdict.caught_by else "SURVIVES"
    return f"{verdict.seconds:6.1f} s  {mutant.name}: {how}"


def _interrupted(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
