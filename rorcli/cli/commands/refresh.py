"""Panel "Modifier": a round through what is to be reviewed, one key an answer.

Plain lines, one question at a time: it reads the same over SSH, on Windows and by a screen reader.
Each answer is saved at once, so that the round may be left, or cut, and taken up again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rorcli import edition, files
from rorcli.cli.completion import units
from rorcli.cli.editing import Options, answer, run
from rorcli.cli.options import File, Output
from rorcli.cli.register import look_up
from rorcli.edition import Edited
from rorcli.errors import DataError, ExitCode, RefusedError, UsageError
from rorcli.identifiers import rpps_ok
from rorcli.plurals import counted
from rorcli.text import edits
from rorcli.text.document import Document
from rorcli.validation.freshness import Dates
from rorcli.validation.rounds import Stop, below, stops

if TYPE_CHECKING:
    from rorcli.cli.session import Session
    from rorcli.model import Placed
    from rorcli.reports import Line
    from rorcli.validation.auditing import Criteria

_HELP = {
    "c": "confirmer : tout est juste, la vérification est datée d'aujourd'hui",
    "m": "modifier une valeur : CLÉ=VALEUR, comme rorcli edit",
    "a": "ajouter un praticien",
    "r": "retirer un praticien",
    "l": "donner le nombre de lits installés",
    "p": "passer, sans rien dire de cette fiche",
    "v": "revenir à la fiche précédente",
    "q": "quitter ; ce qui est fait est enregistré dans le fichier",
}
_OF_UO = {"a", "r", "l"}
_NOTHING = ("", "q")  # q: the input has ended


def refresh(
    context: typer.Context,
    file: File,
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            autocompletion=units,
            metavar="U",
            help="Seulement cette unité et ce qui en dépend.",
        ),
    ] = "",
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than", metavar="DURÉE|DATE", help="Ce qui est à revoir : 6mo (par défaut)…"
        ),
    ] = None,
    output: Output = "text",
) -> int:
    """Fait le tour de ce qui est à revoir : montre chaque fiche, une touche par réponse.

    Exemples :
      rorcli refresh etab.yaml
      rorcli refresh etab.yaml --unit "Pôle femme-mère-enfant"

    À chaque fiche : coordonnées, praticiens, capacités, et ce qui manque. Tapez c puis Entrée pour
    confirmer, m pour modifier, p pour passer, q pour quitter ; ? montre les autres touches. Chaque
    réponse est aussitôt écrite dans le fichier : relancez la commande pour reprendre où vous étiez.
    Avec -o json, le dialogue va sur la sortie d'erreur, et ce qui a changé est dit à la fin.
    """
    from rorcli.cli.auditing import criteria

    session: Session = context.obj
    if not session.terminal.can_ask:
        raise UsageError("refresh pose des questions, et il n'y a personne pour y répondre ici",
                         remedy=f"rorcli audit {file} dit ce qui est à revoir, rorcli confirm "
                         "date une vérification")  # fmt: skip
    given = {"--unit": unit, "--older-than": older_than}
    again = _command("refresh", file, *(each for pair in given.items() if pair[1] for each in pair))
    before, is_json = files.read_file(file), output == "json"
    _Round(session, file, criteria(session, older_than), unit, again, is_json=is_json).run()
    if is_json:
        answer(session, before, files.read_file(file))
    return ExitCode.OK


class _Round:
    """One round: the nodes that were late when it began, and where it stands."""

    def __init__(
        self,
        session: Session,
        file: Path,
        asked: Criteria,
        unit: str,
        again: str,
        *,
        is_json: bool,
    ) -> None:
        from rorcli.cli.auditing import saved_on

        self.session, self.terminal, self.file, self.asked = session, session.terminal, file, asked
        self.again, self.is_json = again, is_json
        document = files.read_file(file)
        top = f"{edition.unit_of(document, unit).unit.pointer}/" if unit else "/"
        held = edition.establishment_of(document)
        self.dates = Dates(saved_on=saved_on(session, file, held.finess))
        found = self.left(document)
        self.route = [each.pointer for each in found if f"{each.pointer}/".startswith(top)]
        self.confirmed: set[str] = set()

    def show_lines(self, lines: Iterable[Line]) -> None:
        """What the person reads, away from the data of a program."""
        if self.is_json:
            self.terminal.say(*lines)
        else:
            self.terminal.write(lines)

    def left(self, document: Document) -> tuple[Stop, ...]:
        """What is late in the file as it is now."""
        return stops(edition.establishment_of(document), self.dates, self.asked)

    def run(self) -> None:
        """Goes from node to node until the last one, or until the person leaves."""
        at = 0
        while at < len(self.route):
            document = files.read_file(self.file)
            stop = _stop_at(document, self.route[at])
            self.show(document, stop, at)
            step = self.answer(stop)
            if step is None:
                break
            at = max(at + step, 0)
        self.tell_end()

    def show(self, document: Document, stop: Stop, at: int) -> None:
        """What is to be checked at this node."""
        from rorcli.reports.tree import alone

        held = edition.establishment_of(document)
        covered = below(stop, self.left(document))
        self.show_lines(["", f"Fiche {at + 1} sur {len(self.route)}"])
        if stop.placed and stop.placed.above:
            self.show_lines([" > ".join(each.nom or "?" for each in stop.placed.above)])
        self.show_lines(alone(held, self.session.today, self.dates, stop.placed))
        if covered:
            said = ("unités qui en dépendent et restent" if covered > 1
                    else "unité qui en dépend et reste")  # fmt: skip
            self.show_lines([f"Confirmer vaudra aussi pour {covered} {said} à revoir."])

    def answer(self, stop: Stop) -> int | None:
        """Asks until an answer moves on: how many nodes forward; None to leave."""
        is_uo = stop.placed is not None and stop.placed.unit.is_uo
        keys = [key for key in _HELP if is_uo or key not in _OF_UO]
        while True:
            key = self.ask(f"Réponse ({', '.join(keys)} ; ? explique)").lower()
            match key:
                case "c":
                    self.confirm(stop)
                    return 1
                case "p":
                    return 1
                case "v":
                    return -1
                case "q":
                    return None
                case _ if key in keys:
                    if self.edit(key, stop):
                        return 0  # shows the node as it is now
                case _:
                    self.show_lines(f"  {each} : {_HELP[each]}" for each in keys)

    def ask(self, question: str) -> str:
        """An answer; the end of input leaves the round."""
        try:
            return self.terminal.prompt(question)
        except RefusedError:
            return "q"

    def confirm(self, stop: Stop) -> None:
        """Dates the verification of today."""
        before, today = files.read_file(self.file), self.session.today
        after = edits.set_value(before, f"{stop.pointer}/verifie_le", today.isoformat())
        files.save(self.file, before, after)
        self.confirmed.add(stop.pointer)
        self.terminal.say(f"Vérifié le {today:%d/%m/%Y}, écrit dans {self.file}.")

    def edit(self, key: str, stop: Stop) -> bool:
        """Asks what to change, and changes it; what cannot be is told, and nothing is written.

        False then, and when nothing was typed.
        """
        ways = {"m": self.give, "a": self.add, "r": self.remove, "l": self.count}
        try:
            change = ways[key](stop)
            if change is None:
                return False
            code = run(
                self.session, [self.file], change, Options(output="" if self.is_json else "text")
            )
            if key == "a" and code == ExitCode.FINDINGS:
                line = _command("add-practitioner", self.file, _name(stop), "--rpps")
                self.terminal.say(f"  → {line} … donne aussi le nom, la profession… : --help")
        except (UsageError, DataError) as error:
            self.terminal.error(error)
            return False
        return code == ExitCode.OK

    def give(self, stop: Stop) -> Callable[[Document], Edited] | None:
        """`KEY=VALUE` of this node."""
        text = self.ask("CLÉ=VALEUR (par exemple telephone=02 61 91 00 01 ; Entrée : rien)")
        key, equals, value = text.partition("=")
        if not equals:
            _require_nothing(text, "CLÉ=VALEUR", "telephone=02 61 91 00 01")
            return None
        return lambda now: edition.assign(now, stop.pointer, key.strip(), value.strip())

    def add(self, stop: Stop) -> Callable[[Document], Edited] | None:
        """A practitioner by number: after the Annuaire santé, else after another unit."""
        rpps = self.ask("N° RPPS (Entrée : rien)").replace(" ", "")
        if not rpps_ok(rpps):
            _require_nothing(rpps, "un n° RPPS", "10099999996")
            return None
        known = look_up(self.session, None, self.file, {"rpps": rpps})
        self.terminal.say(*known.notes)
        uo = _name(stop)
        return lambda now: edition.add_practitioner(now, uo, {"rpps": rpps}, known.fields)

    def remove(self, stop: Stop) -> Callable[[Document], Edited] | None:
        """A practitioner by number or by name."""
        text = self.ask("N° RPPS ou nom (Entrée : rien)")
        if text in _NOTHING:
            return None
        uo = _name(stop)
        return lambda now: edition.remove_practitioner(now, uo, text)

    def count(self, stop: Stop) -> Callable[[Document], Edited] | None:
        """Installed beds, counted today."""
        text = self.ask("Nombre de lits installés (Entrée : rien)")
        if not (text.isascii() and text.isdigit()):
            _require_nothing(text, "un nombre de lits", "24")
            return None
        lieux = stop.placed.unit.lieux if stop.placed else ()
        lieu = self.ask("Lieu, par son nom ou son identifiant") if len(lieux) > 1 else ""
        measure = {"nature": "lit", "statut": "installe", "nombre": int(text),
                   "comptee_le": self.session.today.isoformat()}  # fmt: skip
        uo = _name(stop)
        return lambda now: edition.set_capacity(now, uo, measure, lieu)

    def tell_end(self) -> None:
        """What was done, what is left, what to do next."""
        left = len(self.left(files.read_file(self.file)))
        done = len(self.confirmed)
        self.terminal.say(f"{counted(done, 'fiche')} vérifiée{'s' * (done > 1)}, "
                          f"{left} encore à revoir.")  # fmt: skip
        if left:
            self.terminal.say(f"  → {self.again} reprend le tour")
        if self.confirmed:
            self.terminal.say(f"  → rorcli push {self.file} enregistre dans l'annuaire")


def _stop_at(document: Document, pointer: str) -> Stop:
    """The node there, as the file is now."""
    units = edition.establishment_of(document).units()
    return Stop(pointer, next((each for each in units if each.unit.pointer == pointer), None))


def _require_nothing(text: str, wanted: str, example: str) -> None:
    """UsageError for an answer that is not what was `wanted`; an empty one asks for nothing."""
    if text not in _NOTHING:
        raise UsageError(f"« {text} » n'est pas {wanted} ; rien n'a changé",
                         remedy=f"par exemple {example}")  # fmt: skip


def _command(*words: object) -> str:
    """A line to be typed."""
    said = (f'"{word}"' if " " in str(word) else str(word) for word in words)
    return " ".join(["rorcli", *said])


def _name(stop: Stop) -> str:
    """What the editing functions know a UO by."""
    placed: Placed | None = stop.placed
    return (placed.unit.id or placed.path) if placed else ""
