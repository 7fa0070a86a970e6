"""The pages of `--help`, in the language of the shell: Typer's own words are English only."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

from web.cli.speaking import shell_reader
from web.i18n import N_


class Command(TyperCommand):
    """A command whose help, its options and their explanations are marked with N_."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _write_head(self, ctx, formatter, self.params)
        arguments = [_argument(one) for one in self.params if one.param_type_name == "argument"]
        _write_list(formatter, N_("Arguments"), arguments)
        _write_options(self, formatter)


class Group(TyperGroup):
    """The command line as a whole: its commands, each with the first line of its help."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _write_head(self, ctx, formatter, self.params, N_("COMMAND"))
        said = shell_reader().gettext
        commands = [
            (name, said(one.help or "").partition("\n")[0]) for name, one in self.commands.items()
        ]
        _write_list(formatter, N_("Commands"), commands)
        _write_options(self, formatter)


def _write_head(command: Any, ctx: Any, formatter: Any, params: list[Any], *more: str) -> None:
    said = shell_reader().gettext
    written = [_named(one) for one in params if one.param_type_name == "argument"]
    pieces = [said(N_("[OPTIONS]")), *written, *map(said, more)]
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=said(N_("Usage: ")))
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(said(command.help))


def _write_list(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(shell_reader().gettext(title)):
            formatter.write_dl(rows)


def _write_options(command: Any, formatter: Any) -> None:
    rows = [_option(one) for one in command.params if one.param_type_name == "option"]
    said = shell_reader().gettext
    if isinstance(command, Group):
        rows.append(("--version", said(N_("say which version this is"))))
    rows.append(("--help, -h", said(N_("show this page"))))
    _write_list(formatter, N_("Options"), rows)


def _named(argument: Any) -> str:
    name = shell_reader().gettext(argument.metavar or argument.name)
    return name if argument.required else f"[{name}]"


def _argument(param: Any) -> tuple[str, str]:
    said = shell_reader().gettext
    return said(param.metavar or param.name), said(param.help or "")


def _option(param: Any) -> tuple[str, str]:
    said = shell_reader().gettext
    names, about = ", ".join(param.opts), said(param.help or "")
    if param.is_flag:
        return names, about
    if param.default not in (None, ""):
        about += said(N_(" (without it: %(value)s)"), value=param.default)
    return f"{names} {said(param.metavar)}", about
