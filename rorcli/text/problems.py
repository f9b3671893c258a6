"""What libyaml complains of, in French, where the mistake is rather than where it was noticed.

libyaml stops at the first character that fits nowhere; the slip is often a line or more above.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

MAX_DEPTH = 100


class Problem(NamedTuple):
    """Where the text goes wrong (offset), in which way, and what to do."""

    offset: int
    message: str
    remedy: str = "corrigez cette ligne, puis relancez la commande"


class _Complaint(NamedTuple):
    """libyaml's words, the offset where it stopped, and that where what it was reading begins."""

    text: str
    words: str
    stopped: int
    began: int


# What ends a line for some readers only: YAML 1.1 or 1.2 (YAML 1.2.2, 5.4), editors or not.
_ODD_BREAKS, _ODD_BREAK = "\x85\u2028\u2029", re.compile("[\x85\u2028\u2029]|\r(?!\n)")


def odd_break(text: str) -> Problem | None:
    """The first end of line that readers dispute: behind it, a comment is one and then is none."""
    bare = "\r" in text and text.count("\r") != text.count("\r\n")
    if not bare and not any(each in text for each in _ODD_BREAKS):
        return None
    found = next(_ODD_BREAK.finditer(text))
    what = f"fin de ligne U+{ord(found[0]):04X}, que tous les lecteurs ne prennent pas pour une"
    return Problem(found.start(), what, "remplacez-la par une fin de ligne ordinaire")


def explain(text: str, error: Any) -> Problem:
    """The problem that a `yaml.MarkedYAMLError` on this text stands for."""
    marks = (error.problem_mark or error.context_mark, error.context_mark or error.problem_mark)
    last = max(len(text) - 1, 0)
    stopped, began = (0 if mark is None else min(mark.index, last) for mark in marks)
    complaint = _Complaint(text, str(error.problem), stopped, began)
    found = (find(complaint) for key, find in _CAUSES if key in complaint.words)
    plain = Problem(stopped, _said(complaint))
    advice = (said for key, said in _REMEDIES.items() if key in complaint.words)
    plain = plain._replace(remedy=next(advice, plain.remedy))
    return next((each for each in found if each), plain)


_KNOWN = {
    "mapping values are not allowed": "« : » est mal placé : une valeur qui contient « : » "
    "s'écrit entre guillemets, et une clé est alignée avec ses voisines",
    "cannot start any": "ce caractère ne commence pas une valeur : mettez-la entre guillemets",
    "did not find expected key": "le retrait de cette ligne ne correspond à aucune liste ni clé",
    "did not find expected '-'": "cette ligne devrait commencer par « - » ou être décalée",
    "did not find expected ',' or": "une virgule ou une fermeture manque",
    "found unknown escape character": "séquence « \\ » inconnue entre guillemets doubles",
    "could not find expected ':'": "« : » manque après cette clé",
    "exceeded max": f"plus de {MAX_DEPTH} niveaux imbriqués",
}


_ALIGN = (
    "alignez-la, avec des espaces, sur les lignes de même rang ; si elle est juste, c'est la ligne "
    "d'avant : un « - » oublié, ou un retrait de trop"
)
_REMEDIES = {"did not find expected key": _ALIGN, "did not find expected '-'": _ALIGN}


def _said(complaint: _Complaint) -> str:
    known = (said for key, said in _KNOWN.items() if key in complaint.words)
    return next(known, "la syntaxe YAML est rompue ici ou juste au-dessus")


def _tab(complaint: _Complaint) -> Problem | None:
    if not complaint.text.startswith("\t", complaint.stopped):
        return None
    said = "une tabulation sert de retrait : YAML n'admet que des espaces"
    return Problem(complaint.stopped, said, "remplacez-la par des espaces")


def _open_to_the_end(complaint: _Complaint) -> Problem | None:
    return Problem(complaint.began, "ces guillemets ne sont pas refermés", "refermez-les")


def _after_quotes(complaint: _Complaint) -> Problem | None:
    """A quote that closes too soon, or one that was opened lines above and closes by accident."""
    before = complaint.text[: complaint.stopped].rstrip(" \t")
    opening = before.rfind(before[-1], 0, -1) if before[-1:] in ('"', "'") else -1
    if opening < 0:
        return None
    if re.compile(r"[\w-]+:").match(complaint.text, complaint.stopped):
        return None  # another key: what is missing stands between the two
    if "\n" in before[opening:]:
        return Problem(
            opening, "ces guillemets ne sont pas refermés sur leur ligne", "refermez-les"
        )
    remedy = "mettez toute la valeur entre guillemets doubles"
    return Problem(complaint.stopped, "du texte suit des guillemets fermés", remedy)


def _open_flow(complaint: _Complaint) -> Problem | None:
    """A brace or bracket whose line ended long before something else began another one."""
    sign = complaint.text[complaint.began]
    _, newline, begun = complaint.text[complaint.began : complaint.stopped].rpartition("\n")
    if not newline or not re.fullmatch(r"[ \t]*[\w-]*", begun):
        return None
    return Problem(complaint.began, f"« {sign} » n'est pas refermé", "refermez-le sur sa ligne")


def _lost_colon(complaint: _Complaint) -> Problem | None:
    """The key is where reading began: libyaml stops at what follows."""
    if re.compile(r"[\w-]+:\S").match(complaint.text, complaint.began):
        return Problem(complaint.began, "il faut une espace après « : »", "ajoutez-la")
    return Problem(complaint.began, _said(complaint))


def _lost_space(complaint: _Complaint) -> Problem | None:
    """A dash without its space makes a text of its line, which the next one cannot go on from."""
    lines = complaint.text[: complaint.stopped].split("\n")
    above = "\n".join(lines[:-1]).rstrip()
    start = above.rfind("\n") + 1
    found = re.compile(r"[ \t]*(-)[^\s-]").match(above, start)
    if not found:
        return None
    return Problem(found.start(1), "il faut une espace après « - »", "ajoutez-la")


_CAUSES: tuple[tuple[str, Callable[[_Complaint], Problem | None]], ...] = (
    ("", _tab),
    ("end of stream", _open_to_the_end),
    ("did not find expected key", _after_quotes),
    ("did not find expected ',' or", _after_quotes),
    ("did not find expected ',' or", _open_flow),
    ("could not find expected ':'", _lost_colon),
    ("mapping values are not allowed", _lost_space),
)
