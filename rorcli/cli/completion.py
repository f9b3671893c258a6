"""What the shell may propose for a word: commands, options, units and keys of the file, codes.

A shell's script (`rorcli completion SHELL`) runs the program with the words before the cursor,
`_RORCLI_COMPLETE` (its name) and `_RORCLI_WORD` (what is typed of the word). The answer is a line a
value, its meaning after a tab; without an answer the shell proposes files. Nothing is ever said of
what goes wrong: nobody asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from typer._click.core import Command

    from rorcli.fields import Spec

SHELLS = ("bash", "zsh", "fish", "powershell")
_SCRIPTS = Path(__file__).parents[1] / "data" / "completion"

_ONE_LINE = str.maketrans("\t\r\n", "   ")

# Value and meaning, for the word that is typed so far.
Found = list[tuple[str, str]]
Completer = Callable[[typer.Context, str], Found]


def script(shell: str) -> str:
    """What a shell must run to complete the words of rorcli."""
    return (_SCRIPTS / shell).read_text(encoding="utf-8")


def answer(
    program: Command, session: object, words: list[str], environment: Mapping[str, str]
) -> str | None:
    """The lines for the shell that asks; None when none asks."""
    shell = environment.get("_RORCLI_COMPLETE")
    if shell not in SHELLS:
        return None
    *before, word = [*words, environment.get("_RORCLI_WORD", "")]
    kept = ""
    if shell == "bash":  # the others give words as they are meant
        *before, word, kept = _meant([*before, word])
    with suppress(Exception):
        found = _proposals(program, session, before, word)
        return "".join(f"{line.removeprefix(kept)}\n" for line in found)
    return ""


def _meant(typed: list[str]) -> list[str]:
    """Words without the quotes and backslashes that a person types, even unfinished ones.

    Bash parts words around = and : ; they are put together again. What comes last is the part of
    the last word that bash has left behind.
    """
    from typer._click.shell_completion import split_arg_string

    plain = [" ".join(split_arg_string(word)) for word in typed]
    meant = [""]
    for former, word in pairwise(["", *plain]):
        if {former, word} & _PARTING:
            meant[-1] += word
        else:
            meant.append(word)
    kept = meant[-1] if plain[-1] in _PARTING else meant[-1].removesuffix(plain[-1])
    return [*meant[1:], kept]


_PARTING = {"=", ":"}


def _proposals(program: Command, session: object, words: list[str], word: str) -> Iterator[str]:
    # typer's own entry point prints its English scripts; these two do the work behind it.
    from typer._click.shell_completion import _resolve_context, _resolve_incomplete

    context = _resolve_context(program, {"obj": session}, "rorcli", words)
    owner, word = _resolve_incomplete(context, words, word)
    for item in owner.shell_complete(context, word):
        yield "\t".join(text.translate(_ONE_LINE) for text in (item.value, item.help) if text)


def units(ctx: typer.Context, incomplete: str) -> Found:
    """Units of the file that the line names: by name, by path where names are alike, by id."""
    return _units(ctx, incomplete, only_uo=False)


def uos(ctx: typer.Context, incomplete: str) -> Found:
    """The same, for what only a UO holds."""
    return _units(ctx, incomplete, only_uo=True)


def _units(ctx: typer.Context, incomplete: str, *, only_uo: bool) -> Found:
    from rorcli.model import decode

    placed = list(decode(_data(ctx) or {}).units())
    counts = Counter(each.unit.nom for each in placed)
    wanted = [each for each in placed if each.unit.is_uo or not only_uo]
    by_name = [(each.unit.nom if counts[each.unit.nom] == 1 else each.path, each.unit.id or "")
               for each in wanted]  # fmt: skip
    by_id = [(each.unit.id, each.path) for each in wanted if each.unit.id and incomplete]
    return [(value, said) for value, said in (*by_name, *by_id) if value]


def keys(ctx: typer.Context, incomplete: str) -> Found:
    """`KEY=` of what the line edits, once it names the file, and behind the sign what a key may be.

    A key comes step by step, as a path does: `adresse.`, then `adresse.commune=`.
    """
    from rorcli.model import decode
    from rorcli.text import proposals, selectors

    if (data := _data(ctx)) is None:
        return []
    unit = next(iter(ctx.params.get("unit") or ()), "")
    node = selectors.find_unit(decode(data), unit).unit.pointer if unit else selectors.EG_POINTER
    key, sign, _ = incomplete.partition("=")
    if sign:
        known = _values(selectors.place_of(data, node, key).spec, ctx.obj.today)
        return [(f"{key}={value}", said) for value, said in known]
    return list(proposals.steps(data, node, incomplete).items())


def _values(spec: Spec, today: date) -> Found:
    """What a key may be, where that can be listed."""
    from rorcli.fields import Kind

    if spec.kind is Kind.FLAG:
        return [("true", "oui"), ("false", "non")]
    return _open_codes(spec.table, today) if spec.table else list(spec.words.items())


def _data(ctx: typer.Context) -> dict[str, Any] | None:
    """What the file says that the line names; None without one that can be read."""
    from rorcli.files import read_file

    file = next(filter(Path.is_file, _paths((*ctx.params.values(), ctx.args))), None)
    data = read_file(file).data if file else None
    return data if isinstance(data, dict) else None


def _paths(values: Iterable[object]) -> Iterator[Path]:
    """Every word of the line that may be a path."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _paths(value)
        elif isinstance(value, (str, Path)):
            yield Path(value)


def codes_of(name: str) -> Completer:
    """The codes of a table that may be written today, with their labels."""

    def proposed(ctx: typer.Context, incomplete: str) -> Found:
        found = _open_codes(name, ctx.obj.today)
        return [pair for pair in found if pair[0].startswith(incomplete)]

    return proposed


def _open_codes(name: str, today: date) -> Found:
    from rorcli import codes

    every = codes.table(name).codes.values()
    return [(code.code, code.label) for code in every if code.is_open(today)]


def rules(ctx: typer.Context, incomplete: str) -> Found:  # noqa: ARG001 - typer's signature
    """Rules, with their title."""
    from rorcli.validation.findings import CATALOGUE

    return [(rule.id, rule.title) for rule in CATALOGUE.values()]


def words_of(words: Mapping[str, str] | Iterable[str]) -> Completer:
    """Fixed words, with their meaning if they come with one."""
    said = dict(words) if isinstance(words, Mapping) else dict.fromkeys(words, "")

    def proposed(ctx: typer.Context, incomplete: str) -> Found:  # noqa: ARG001 - typer's signature
        return list(said.items())

    return proposed


def followed(ctx: typer.Context, incomplete: str) -> Found:  # noqa: ARG001 - typer's signature
    """FINESS of the favourites."""
    from rorcli import favorites

    return [(each.finess, each.nom) for each in favorites.read()]


def stores(ctx: typer.Context, incomplete: str) -> Found:  # noqa: ARG001 - typer's signature
    """Stores of the settings, by name."""
    return [(name, each.url) for name, each in ctx.obj.settings.stores.items()]
