"""The commands of typer as ours: French, loaded on demand, with options that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import groupby
from typing import Any, NamedTuple

import typer
import typer.main
from typer._click.core import Command, Context, Parameter
from typer._click.exceptions import UsageError as ClickUsageError
from typer._click.shell_completion import CompletionItem
from typer.core import TyperCommand, TyperGroup, TyperOption

from rorcli.cli import help
from rorcli.cli.completion import stores
from rorcli.cli.misuse import MisuseError, closest
from rorcli.cli.terminal import COLORS
from rorcli.errors import ExitCode

COMMANDS = "rorcli.cli.commands"


class Entry(NamedTuple):
    """A command: its name, `module:function` below `cli.commands`, its panel, its short help."""

    name: str
    target: str
    panel: str
    help: str


class _French(Command):
    """Help in French, and the context in every misuse."""

    common: Sequence[TyperOption]

    def get_help_option(self, ctx: Context) -> TyperOption:  # noqa: ARG002 - click's signature
        return self.common[-1]

    def get_help(self, ctx: Context) -> str:
        return help.render(self, ctx, self.common)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except ClickUsageError as error:
            error.ctx = error.ctx or ctx
            raise


class FrenchCommand(_French, TyperCommand):
    """A command with the common options, which go to the session, not to the function."""

    allow_extra_args = True  # so that we are the ones who refuse them

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.common = common_options()
        self.params = [*self.params, *self.common[:-1]]

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Fills the parameters; MisuseError on an argument too many."""
        rest = super().parse_args(ctx, args)
        if rest and not ctx.resilient_parsing:
            raise MisuseError(f"argument en trop : {' '.join(rest)}", ctx)
        return rest


class FrenchGroup(_French, TyperGroup):
    """The program: a table of commands, each loaded when it is called."""

    def __init__(self, table: Sequence[Entry], own: TyperOption, help: str, epilog: str) -> None:
        self.table = table
        self.common = common_options()
        params: list[Parameter] = [own, *self.common[:-1]]
        super().__init__(
            name="rorcli", params=params, help=help, epilog=epilog, rich_markup_mode=None
        )

    def get_help(self, ctx: Context) -> str:
        """The page of the program, commands by panel."""
        panels = groupby(self.table, lambda entry: entry.panel)
        rows = [(title, [(entry.name, entry.help) for entry in panel]) for title, panel in panels]
        return help.render(self, ctx, self.common, rows)

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Fills the options of the program; without a word, shows its help and ends."""
        if not args and not ctx.resilient_parsing:
            ctx.obj.terminal.say(self.get_help(ctx))
            raise typer.Exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """What the shell may propose: the commands, none of them imported."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(entry.name, help=entry.help) for entry in self.table
                if entry.name.startswith(incomplete)]  # fmt: skip

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order of the table."""
        return [entry.name for entry in self.table]

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - same
        """The command of that name, if any; imports its module."""
        return next((load(entry) for entry in self.table if entry.name == cmd_name), None)

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """The command that the first word names; MisuseError when none has that name."""
        command = self.get_command(ctx, args[0])
        if command is None:
            near = closest(args[0], self.list_commands(ctx))
            raise MisuseError(f"la commande « {args[0]} » n'existe pas{near}", ctx)
        return args[0], command, args[1:]


def load(entry: Entry) -> Command:
    """The typer command of a line of the table; imports its module."""
    module, _, name = entry.target.partition(":")
    function = getattr(import_module(f"{COMMANDS}.{module}"), name)
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(entry.name, cls=FrenchCommand)(function)
    return typer.main.get_command(app)


def common_options() -> list[TyperOption]:
    """Options of the program and of each command, `--help` last; values go to the session."""
    return [
        _option("--store", help="L'annuaire : sqlite:/chemin/complet, ou un nom de vos réglages "
                "(variable RORCLI_STORE).", metavar="ANNUAIRE",
                autocompletion=lambda ctx, _, word: stores(ctx, word)),
        _option("--config", help="Votre fichier de réglages (variable RORCLI_CONFIG).",
                metavar="FICHIER"),
        _option("-q", "--quiet", help="Ne rien dire, sauf les erreurs.", is_flag=True),
        _option("-v", "--verbose", help="Dire ce qui est fait et pourquoi ; -vv : davantage.",
                count=True),
        _option("--color", help="Couleurs (variables RORCLI_COLOR, NO_COLOR, FORCE_COLOR).",
                metavar="|".join(COLORS)),
        flag("-h", "--help", help="Afficher cette aide.", shown=lambda ctx: ctx.get_help()),
    ]  # fmt: skip


def flag(*names: str, help: str, shown: Callable[[Context], str]) -> TyperOption:
    """An option that shows a text on stdout and ends the program."""

    def show(ctx: Context, param: Parameter, value: bool) -> None:  # noqa: ARG001 - click's signature
        if value and not ctx.resilient_parsing:
            ctx.obj.terminal.write([shown(ctx)])
            raise typer.Exit

    return TyperOption(param_decls=[*names], help=help, is_flag=True, is_eager=True,
                       expose_value=False, callback=show)  # fmt: skip


def _option(*names: str, **options: Any) -> TyperOption:
    return TyperOption(param_decls=[*names], expose_value=False, callback=_remember, **options)


def _remember(ctx: Context, param: Parameter, value: Any) -> None:
    if not value or not param.name:
        return
    if param.name == "color" and value not in COLORS:
        raise typer.BadParameter(f"« {value} » n'est pas accepté, choisissez parmi "
                                 f"{', '.join(COLORS)}", ctx, param)  # fmt: skip
    owner = ctx.obj if param.name in ("store", "config") else ctx.obj.terminal
    setattr(owner, param.name, value)
