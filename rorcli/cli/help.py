"""What `--help` shows: French, plain text, never cut, the same in a pipe as on a screen."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence

from typer._click.core import Command, Context, Parameter
from typer.core import TyperArgument, TyperGroup, TyperOption

WIDTH, COLUMN = 96, 30
COMMON = "Options communes"
# What typer calls the types, across the versions that we take.
_METAVARS = {"path": "CHEMIN", "file": "FICHIER", "directory": "DOSSIER", "datetime": "DATE"}
_METAVARS |= dict.fromkeys(("int", "int range", "integer", "integer range", "float"), "N")

Rows = Sequence[tuple[str, str]]


def usage(ctx: Context) -> str:
    """How the command is written, on one line."""
    pieces = [_piece(p) for p in ctx.command.params if isinstance(p, TyperArgument)]
    if isinstance(ctx.command, TyperGroup):
        pieces = ["COMMANDE", "[ARGUMENTS]..."]
    return " ".join(("Utilisation :", ctx.command_path, "[OPTIONS]", *pieces))


def render(
    command: Command,
    ctx: Context,
    common: Iterable[Parameter],
    panels: Iterable[tuple[str, Rows]] = (),
) -> str:
    """The page of a command; `panels` are the commands of a program, by title."""
    lines = [usage(ctx), "", inspect.cleandoc(command.help or "")]
    shared = {id(param) for param in common}
    shown = [p for p in command.get_params(ctx) if not getattr(p, "hidden", False)]
    options = [p for p in shown if isinstance(p, TyperOption)]
    sections = [
        *panels,
        ("Arguments", [(metavar(p), p.help or "") for p in shown if isinstance(p, TyperArgument)]),
        ("Options", [_row(option) for option in options if id(option) not in shared]),
        (COMMON, [_row(option) for option in options if id(option) in shared]),
    ]
    for title, rows in sections:
        lines.extend(_section(title, rows))
    if command.epilog:
        lines += ["", inspect.cleandoc(command.epilog)]
    return "\n".join(lines)


def metavar(param: Parameter) -> str:
    """What stands for the value of a parameter."""
    if param.metavar:
        return param.metavar
    if isinstance(param, TyperArgument):
        return (param.name or "").upper()
    if choices := getattr(param.type, "choices", None):
        return "|".join(map(str, choices))
    return _METAVARS.get(param.type.name, "TEXTE")


def bounds(param: Parameter) -> str:
    """The range of a number; "" without one."""
    low, high = (getattr(param.type, name, None) for name in ("min", "max"))
    if low is not None and high is not None:
        return f"de {low} à {high}"
    if low is not None:
        return f"{low} ou plus"
    return f"{high} au plus" if high is not None else ""


def _piece(argument: TyperArgument) -> str:
    name = metavar(argument)
    repeated = "..." if argument.nargs != 1 and not name.endswith("...") else ""
    return f"{name}{repeated}" if argument.required else f"[{name}]{repeated}"


def _row(option: TyperOption) -> tuple[str, str]:
    """Names and help of an option, with what its declaration adds."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    takes_value = not (option.is_flag or option.count)
    default = option.default if takes_value and option.show_default else None
    extras = (
        [f"par défaut : {default}"] if isinstance(default, (str, int)) and default != "" else []
    )
    extras += ["répétable"] * option.multiple + ["obligatoire"] * option.required
    added = f" ({' ; '.join(extras)})" if extras else ""
    return f"{names} {metavar(option)}" if takes_value else names, f"{option.help or ''}{added}"


def _section(title: str, rows: Rows) -> Iterator[str]:
    """A titled list in two columns; wraps the second, never cuts."""
    from textwrap import wrap

    if not rows:
        return
    yield from ("", f"{title} :")
    column = min(max(len(name) for name, _ in rows), COLUMN)
    for name, text in rows:
        lines = wrap(text, WIDTH - column - 4, break_long_words=False, break_on_hyphens=False)
        if len(name) > column:
            yield f"  {name}"
        else:
            yield f"  {name:<{column}}  {''.join(lines[:1])}".rstrip()
            del lines[:1]
        yield from (f"{'':<{column + 4}}{line}" for line in lines)
