"""The commands put together, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sim.cli import (
    backtest,
    batch,
    calibrate,
    check,
    claims,
    compare,
    dashboard,
    deals,
    discover,
    explain,
    export,
    power,
    query,
    report,
    run,
    scenarios,
    sensitivity,
    stability,
    sweep,
    tipping,
    tournament,
)
from sim.errors import GrandDealError, ScenarioError, UsageError

DONE, FAILURES, USAGE, INVALID_SCENARIO, INTERRUPTED = 0, 1, 2, 3, 130

HELP = """Four capitals bargain over prisoners and sanctions; every forecast is computed exactly.

Explores a model, predicts nothing. Start with `grand-deal list`, then `grand-deal run baseline`.
"""
EPILOG = "Exit codes: 0 done, 1 finished with failures, 2 wrong usage, 3 invalid scenario, 130 interrupted."


class Commands(TyperGroup):
    """Runs one command; whatever it raises becomes a message on stderr and an exit code, never a traceback."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command named on the command line."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _forget_stdout()
            raise typer.Exit(DONE) from None
        except KeyboardInterrupt:
            _say("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None
        except ScenarioError as error:
            for problem in error.problems:
                _say(f"Error: {problem}")
            raise typer.Exit(INVALID_SCENARIO) from error
        except UsageError as error:
            _say(f"Error: {error}")
            raise typer.Exit(USAGE) from error
        except GrandDealError as error:
            _say(f"Error: {error}")
            raise typer.Exit(FAILURES) from error
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except MemoryError as error:
            _say("Error: not enough memory; try --grid fast, or fewer --jobs.")
            raise typer.Exit(FAILURES) from error
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            _say(f"Error: {place}{error.strerror or error}")
            raise typer.Exit(FAILURES) from error
        except Exception as error:
            _say(
                f"Error: something unexpected happened ({type(error).__name__}: {error}). This is a defect of Grand "
                "Deal: please report it with the command you ran. GRAND_DEAL_DEBUG=1 shows where it happened."
            )
            if os.environ.get("GRAND_DEAL_DEBUG") == "1":
                traceback.print_exc()
            raise typer.Exit(FAILURES) from error
        return result


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _forget_stdout() -> None:
    """The reader has gone (as in `| head`): let the last flush at exit go nowhere instead of complaining."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - stays open until the process ends


app = typer.Typer(
    cls=Commands,
    help=HELP,
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: at once, the same everywhere, and readable aloud
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"grand-deal {version('grand-deal')}")
        raise typer.Exit(DONE)


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    pass


app.command("list")(scenarios.list_)
app.command("show")(scenarios.show)
app.command("validate")(scenarios.validate)
app.command("schema")(scenarios.schema)
app.command("run")(run.run)
app.command("batch")(batch.batch)
app.command("compare")(compare.compare)
app.command("query")(query.query)
app.command("report")(report.report)
app.command("explain")(explain.explain)
app.command("sweep")(sweep.sweep)
app.command("tipping")(tipping.tipping)
app.command("sensitivity")(sensitivity.sensitivity)
app.command("discover")(discover.discover)
app.command("claims")(claims.claims)
app.command("calibrate")(calibrate.calibrate)
app.command("backtest")(backtest.backtest)
app.command("deals")(deals.deals)
app.command("power")(power.power)
app.command("stability")(stability.stability)
app.command("tournament")(tournament.tournament)
app.command("check")(check.check)
app.command("export")(export.export)
app.command("dashboard")(dashboard.dashboard)
