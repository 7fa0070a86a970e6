"""`perezvon simulate`: a campaign in virtual time, from a file."""

import json as json_text
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dialer.pacing.policy import Mode
from dialer.profiles.built_in import built_in
from dialer.simulation.reading import MOST_CHARACTERS, MOST_SEED, read_scenario, values_of
from dialer.simulation.report import report
from dialer.simulation.running import Heard, simulate, with_operators
from dialer.simulation.scenario import Scenario
from dialer.simulation.written.operators import MOST_OPERATORS
from web.cli.help_pages import Command
from web.cli.refusing import Refused
from web.cli.speaking import shell_reader, tell
from web.formats import number
from web.i18n import N_, Reader
from web.simulation_words import MODES, figures, share, violations

MOST_SIZES: Final = 20
_output = Console(highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(
        "simulate",
        cls=Command,
        help=N_(
            "Run a campaign in virtual time: how busy, how many abandoned, how many operators?\n\n"
            "The same pacing, law and order as on a real telephone, on made-up people. The file "
            "and what is printed are described in docs/simulate.md."
        ),
    )(simulate_file)


def simulate_file(
    path: Annotated[
        Path,
        typer.Argument(metavar=N_("SCENARIO"), help=N_("the scenario file, or - for the input")),
    ],
    json: Annotated[bool, typer.Option("--json", help=N_("one JSON object"))] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar=N_("NUMBER"),
            min=0,
            max=MOST_SEED,
            help=N_("random seed: another one, other luck"),
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(metavar=N_("NUMBER"), help=N_("how many days are run"))
    ] = None,
    operators: Annotated[
        str,
        typer.Option(metavar=N_("SIZES"), help=N_("team sizes to compare, like 8,10,12")),
    ] = "",
    mode: Annotated[str, typer.Option(metavar=N_("MODE"), help=", ".join(Mode))] = "",
) -> None:
    """Run the scenario of a file and print what it came to."""
    values = dict(values_of(_written(path)))
    if seed is not None:
        values["seed"] = seed
    if days is not None:
        values["days"] = days
    if mode:
        pacing = values.get("pacing", {})
        values["pacing"] = {**pacing, "mode": mode} if isinstance(pacing, dict) else pacing
    scenario = read_scenario(values, built_in().get)
    sizes = _sizes(operators)
    teams = [with_operators(scenario, size) for size in sizes] or [scenario]
    with _progress(sum(team.days for team in teams)) as advance:
        reports = [_run(team, advance) for team in teams]
    if json:
        _print_json({"runs": reports} if sizes else reports[0])
        return
    reader = shell_reader()
    if sizes:
        _print_sizes(reader, reports)
    else:
        _print(reader, scenario, reports[0])


def _written(path: Path) -> str:
    """The text of the file. Raises Refused where it is none."""
    most = MOST_CHARACTERS * 4
    if str(path) == "-":
        raw = sys.stdin.buffer.read(most)
    else:
        with path.open("rb") as file:
            raw = file.read(most)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(N_("%(path)s is no text in UTF-8."), path=path) from None


def _sizes(written: str) -> list[int]:
    pieces = [piece.strip() for piece in written.split(",")] if written.strip() else []
    sizes = [
        int(piece) for piece in pieces if piece.isascii() and piece.isdecimal() and len(piece) < 9
    ]
    fit = len(sizes) == len(pieces) and all(1 <= size <= MOST_OPERATORS for size in sizes)
    if not fit or len(sizes) > MOST_SIZES:
        raise Refused(
            N_(
                "--operators: write team sizes like 8,10,12, at most %(most)s, each from 1 to "
                "%(largest)s."
            ),
            most=MOST_SIZES,
            largest=MOST_OPERATORS,
        )
    return sizes


def _run(scenario: Scenario, advance: Heard) -> dict[str, Any]:
    began = time.perf_counter()
    result, days = simulate(scenario, advance)
    return report(scenario, result, days, time.perf_counter() - began)


@contextmanager
def _progress(days: int) -> Iterator[Heard]:
    """A bar on the terminal, beside the output; nothing where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(shell_reader().gettext(N_("Days")), total=days)
        yield lambda done: bar.advance(task)


def _print_json(told: dict[str, Any]) -> None:
    """In UTF-8 whatever the terminal has."""
    text = json_text.dumps(told, ensure_ascii=False, allow_nan=False, indent=1)
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()


def _print(reader: Reader, scenario: Scenario, told: dict[str, Any]) -> None:
    if scenario.title:
        _output.print(scenario.title, style="bold", markup=False)
    people, days = told["operators"], told["days"]
    pieces = (
        reader.ngettext(
            "%(operators)s operator",
            "%(operators)s operators",
            people,
            operators=number(reader, people),
        ),
        reader.ngettext("%(days)s day", "%(days)s days", days, days=number(reader, days)),
        reader.gettext(MODES[scenario.policy.mode]),
    )
    _output.print(" · ".join(pieces), markup=False)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    for figure in figures(reader, told):
        table.add_row(figure.name, figure.value, figure.note)
    _output.print(table)
    _print_violations(reader, told)


def _print_violations(reader: Reader, told: dict[str, Any]) -> None:
    broken = violations(reader, told)
    if not broken:
        tell(N_("No rule was broken."), style="green")
    for rule, count in broken:
        tell(N_("Broken: %(rule)s, %(count)s times"), rule=rule, count=count, style="red")


def _print_sizes(reader: Reader, reports: list[dict[str, Any]]) -> None:
    """A column for each team, so that the names of the rows have room in any language."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    for _ in reports:
        table.add_column(justify="right", no_wrap=True)
    for name, value in _ROWS:
        table.add_row(reader.gettext(name), *(value(reader, told) for told in reports))
    _output.print(table)


_ROWS: Final[tuple[tuple[str, Callable[[Reader, dict[str, Any]], str]], ...]] = (
    (N_("Operators"), lambda reader, told: number(reader, told["operators"])),
    (N_("Operators busy"), lambda reader, told: share(reader, told["busy_share"])),
    (
        N_("Talk, min/h"),
        lambda reader, told: number(reader, round(told["talk_minutes_per_operator_hour"], 1)),
    ),
    (
        N_("Wait, s"),
        lambda reader, told: number(reader, round(told["idle_seconds_per_call"])),
    ),
    (
        N_("Conversations a day"),
        lambda reader, told: number(reader, round(told["connected"] / told["days"])),
    ),
    (N_("Abandoned"), lambda reader, told: share(reader, told["abandoned"]["share"])),
    (
        N_("Worst window"),
        lambda reader, told: share(reader, told["abandoned"]["worst_window"]["share"]),
    ),
    (
        N_("Rules broken"),
        lambda reader, told: number(reader, sum(told["violations"].values())),
    ),
)
