"""What typer says of a command line that it cannot understand, in French and with the way out.

typer bundles its own click as `typer._click` and exports few of its errors; the version is pinned,
and `tests/cli/test_language.py` meets every one.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Iterable

from typer._click import exceptions as click
from typer._click.core import Context, Parameter
from typer.core import TyperGroup, TyperOption

from rorcli.cli.help import bounds, metavar, usage
from rorcli.errors import UsageError

# What typer's types say of a value -> what we say; a group is a Python literal, or plain text.
_REFUSALS = (
    (r"(.+) is not a valid int(?:eger)?(?: range)?\.", "« {} » n'est pas un nombre entier"),
    (r"(.+) is not a valid float(?: range)?\.", "« {} » n'est pas un nombre"),
    (r"(.+) is not in the range .+\.", "« {} » est hors des bornes"),
    (r"(.+) is not one of (.+)\.", "« {} » n'est pas accepté, choisissez parmi {}"),
    (r"(.+) is not a valid boolean\..*", "« {} » ne veut dire ni oui ni non"),
    (r"(.+) does not match the formats? (.+)\.", "« {} » n'est pas une date de la forme {}"),
    (r"\w+ (.+) does not exist\.", "« {} » n'existe pas"),
    (r"\w+ (.+) is a file\.", "« {} » est un fichier"),
    (r"\w+ (.+) is a directory\.", "« {} » est un dossier"),
    (r"\w+ (.+) is not readable\.", "« {} » ne peut pas être lu"),
    (r"\w+ (.+) is not writable\.", "« {} » ne peut pas être modifié"),
)


class MisuseError(UsageError):
    """The command line cannot be understood; `usage` shows how it is written."""

    def __init__(self, message: str, ctx: Context) -> None:
        super().__init__(message, remedy=f"Essayez « {ctx.command_path} --help ».")
        self.usage = usage(ctx)


def translate(error: click.ClickException) -> UsageError:
    """The misuse that an error of typer tells."""
    ctx = getattr(error, "ctx", None)
    message = _message(error, ctx)
    return MisuseError(message, ctx) if ctx else UsageError(message)


def closest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that proposes what a word may have been meant for; or ""."""
    from difflib import get_close_matches

    # Without dashes, or any two short options are alike.
    names = {name.lstrip("-"): name for name in known}
    found = get_close_matches(word.lstrip("-").lower(), names)
    listed = " ou ".join(f"« {names[name]} »" for name in found)
    return f" ; vouliez-vous dire {listed} ?" if listed else ""


def _message(error: click.ClickException, ctx: Context | None) -> str:
    match error:
        case click.NoSuchOption(option_name=name):
            known = [name for p in ctx.command.params for name in p.opts] if ctx else []
            return f"l'option « {name} » n'existe pas{closest(name, known)}"
        case click.BadOptionUsage(option_name=name):
            return f"l'option « {name} » {_expectation(error.message)}"
        case click.MissingParameter(param=param):
            kind = "l'option" if isinstance(param, TyperOption) else "l'argument"
            return f"il manque {kind} {_name(param)}"
        case click.BadParameter(param=param) if param:
            return f"{_name(param)} : {_refusal(error.message, bounds(param))}"
        case _ if ctx and isinstance(ctx.command, TyperGroup):
            return "il manque une commande"
    return _refusal(error.message)


def _expectation(message: str) -> str:
    if "not take" in message:
        return "n'attend pas de valeur"
    count = re.search(r"\d+", message.rpartition("requires")[2])
    return f"attend {count[0]} valeurs" if count else "attend une valeur"


def _name(param: Parameter | None) -> str:
    if isinstance(param, TyperOption):
        return ", ".join(param.opts)
    return metavar(param) if param else ""


def _refusal(message: str, range_of_number: str = "") -> str:
    """What typer's types say, in French; a command's own words are French already."""
    for pattern, french in _REFUSALS:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            said = french.format(*map(_unquoted, found.groups()))
            return f"{said} ({range_of_number} attendu)" if range_of_number else said
    return message


def _unquoted(text: str) -> str:
    """`'a', 'b'` as a, b."""
    try:
        value = literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
