"""Panel "Modifier", continued: what has a command of its own: activities, people, beds, dates."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from rorcli import codes, edition
from rorcli.cli.completion import codes_of, units, words_of
from rorcli.cli.editing import Options, run
from rorcli.cli.options import DryRun, File, Output, Push, UnitName
from rorcli.cli.register import Annuaire, look_up
from rorcli.errors import ExitCode, UsageError
from rorcli.items import NATURES, SECTEURS, STATUTS
from rorcli.text import values


def add_activity(
    context: typer.Context,
    file: File,
    uo: UnitName,
    activities: Annotated[
        list[str],
        typer.Argument(
            metavar="CODE|MOTS...",
            autocompletion=codes_of("activites"),
            help="Codes, ou mots du libellé.",
        ),
    ],
    dry_run: DryRun = False,
    push: Push = False,
    output: Output = "text",
) -> int:
    """Ajoute des activités opérationnelles à une UO.

    Exemples :
      rorcli add-activity etab.yaml "Consultations de gynécologie" 053
      rorcli add-activity etab.yaml 52/0000104 chirurgie gynécologique
    """
    wanted = _activity_codes(activities)
    return run(
        context.obj,
        [file],
        lambda d: edition.add_activities(d, uo, wanted),
        Options(dry_run, push, output),
    )


def remove_activity(
    context: typer.Context,
    file: File,
    uo: UnitName,
    activities: Annotated[
        list[str],
        typer.Argument(
            metavar="CODE|MOTS...",
            autocompletion=codes_of("activites"),
            help="Codes, ou mots du libellé.",
        ),
    ],
    dry_run: DryRun = False,
    push: Push = False,
    output: Output = "text",
) -> int:
    """Retire des activités opérationnelles d'une UO.

    Exemple :
      rorcli remove-activity etab.yaml "Consultations de gynécologie" 053
    """
    unwanted = _activity_codes(activities)
    return run(
        context.obj,
        [file],
        lambda d: edition.remove_activities(d, uo, unwanted),
        Options(dry_run, push, output),
    )


def add_practitioner(
    context: typer.Context,
    file: File,
    uo: UnitName,
    rpps: Annotated[
        str | None,
        typer.Option(
            "--rpps", metavar="N", help="N° RPPS, onze chiffres ; avec --annuaire, --nom suffit."
        ),
    ] = None,
    civilite: Annotated[
        str | None,
        typer.Option(autocompletion=codes_of("civilites"), metavar="C", help="M ou MME."),
    ] = None,
    titre: Annotated[
        str | None, typer.Option(autocompletion=codes_of("titres"), metavar="T", help="DR, PR…")
    ] = None,
    nom: Annotated[str | None, typer.Option(metavar="N", help="Nom d'exercice.")] = None,
    prenom: Annotated[str | None, typer.Option(metavar="P", help="Prénom d'exercice.")] = None,
    profession: Annotated[
        str | None,
        typer.Option(
            autocompletion=codes_of("professions"),
            metavar="C",
            help="Code ou libellé : rorcli codes professions.",
        ),
    ] = None,
    type_savoir_faire: Annotated[
        str | None,
        typer.Option(
            autocompletion=codes_of("savoir-faire"),
            metavar="C",
            help="S pour une spécialité ordinale.",
        ),
    ] = None,
    specialite: Annotated[
        str | None,
        typer.Option(
            autocompletion=codes_of("specialites"),
            metavar="C",
            help="Code ou libellé : rorcli codes specialites.",
        ),
    ] = None,
    mode_exercice: Annotated[
        str | None,
        typer.Option(
            autocompletion=codes_of("modes-exercice"),
            metavar="C",
            help="S salarié, L libéral, B bénévole, I indirect.",
        ),
    ] = None,
    secteur: Annotated[
        str | None,
        typer.Option(
            autocompletion=words_of(SECTEURS),
            metavar="S",
            help="non_conventionne, secteur_1, secteur_1_depassement ou secteur_2.",
        ),
    ] = None,
    annuaire: Annuaire = None,
    dry_run: DryRun = False,
    push: Push = False,
    output: Output = "text",
) -> int:
    """Ajoute une personne à une UO, ou met à jour celle qui y est déjà.

    Exemples :
      rorcli add-practitioner etab.yaml "Consultations de gynécologie" --rpps 10099999996
        --civilite MME --titre DR --nom TARTAMPION --prenom Anne-Sophie --profession Médecin
        --type-savoir-faire S --specialite "Gynécologie médicale (SM)" --mode-exercice L
        --secteur secteur_2
      rorcli add-practitioner etab.yaml 52/0000104 --rpps 10099999996
        --annuaire PS_LibreAcces_Personne_activite.txt

    Avec un extrait de l'Annuaire santé, l'identité, la profession, le savoir-faire et le mode
    d'exercice en sont repris ; ce que vous donnez l'emporte. La première fois, l'extrait est
    indexé, ce qui prend quelques dizaines de secondes.
    """
    given = edition.practitioner_fields({
        "rpps": rpps, "civilite": civilite, "titre": titre, "nom": nom, "prenom": prenom,
        "profession": profession, "type_savoir_faire": type_savoir_faire,
        "specialite": specialite, "mode_exercice": mode_exercice, "secteur": secteur,
    })  # fmt: skip
    known = look_up(context.obj, annuaire, file, given)
    context.obj.terminal.say(*known.notes)
    code = run(
        context.obj,
        [file],
        lambda d: edition.add_practitioner(d, uo, given, known.fields),
        Options(dry_run, push, output),
    )
    if code == ExitCode.FINDINGS and not push:
        context.obj.terminal.say("  → le reste se donne en option : --nom, --profession… ; avec "
                                 "--annuaire, le RPPS suffit")  # fmt: skip
    return code


def remove_practitioner(
    context: typer.Context,
    file: File,
    uo: UnitName,
    who: Annotated[str, typer.Argument(metavar="RPPS|NOM", help="N° RPPS ou nom de la personne.")],
    dry_run: DryRun = False,
    push: Push = False,
    output: Output = "text",
) -> int:
    """Retire une personne d'une UO.

    Exemple :
      rorcli remove-practitioner etab.yaml "Consultations de gynécologie" 10099999996
      rorcli remove-practitioner etab.yaml "Consultations de gynécologie" "Anne-Sophie TARTAMPION"
    """
    return run(
        context.obj,
        [file],
        lambda d: edition.remove_practitioner(d, uo, who),
        Options(dry_run, push, output),
    )


def set_capacity(
    context: typer.Context,
    file: File,
    uo: UnitName,
    number: Annotated[int, typer.Argument(metavar="NOMBRE", min=0, help="Lits, places, salles.")],
    nature: Annotated[
        str,
        typer.Option(autocompletion=words_of(NATURES), metavar="N", help="lit, place ou salle."),
    ] = "lit",
    statut: Annotated[
        str,
        typer.Option(
            autocompletion=words_of(STATUTS),
            metavar="S",
            help="installe, disponible, occupe, reserve, ferme ou supplementaire.",
        ),
    ] = "installe",
    lieu: Annotated[
        str, typer.Option(metavar="L", help="Identifiant ou nom, si l'UO a plusieurs lieux.")
    ] = "",
    dry_run: DryRun = False,
    push: Push = False,
    output: Output = "text",
) -> int:
    """Écrit une capacité d'une UO, comptée aujourd'hui.

    Exemples :
      rorcli set-capacity etab.yaml "Gynécologie, hospitalisation complète" 24
      rorcli set-capacity etab.yaml 52/0000103 2 --statut ferme
    """
    day = context.obj.today.isoformat()
    measure = {"nature": nature, "statut": statut, "nombre": number, "comptee_le": day}
    return run(
        context.obj,
        [file],
        lambda d: edition.set_capacity(d, uo, measure, lieu),
        Options(dry_run, push, output),
    )


def confirm(
    context: typer.Context,
    file: File,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", autocompletion=units, help="Unité vérifiée ; sans elle, tout l'EG."),
    ] = None,
    le: Annotated[
        str,
        typer.Option(
            "--le", metavar="DATE", help="Jour de la vérification, AAAA-MM-JJ ou JJ/MM/AAAA."
        ),
    ] = "",
    dry_run: DryRun = False,
    push: Push = False,
    output: Output = "text",
) -> int:
    """Note que l'établissement, ou des unités et ce qui en dépend, ont été vérifiés.

    Exemples :
      rorcli confirm etab.yaml
      rorcli confirm etab.yaml --unit "Pôle femme-mère-enfant" --le 2026-11-20
    """
    day = _day(le, context.obj.today)
    return run(
        context.obj,
        [file],
        lambda d: edition.confirm(d, unit or [], day, context.obj.today),
        Options(dry_run, push, output),
    )


def _activity_codes(words: list[str]) -> list[str]:
    """Codes as such; otherwise all the words together, else each argument by itself."""
    known = codes.table("activites").codes
    if len(words) > 1 and not any(word in known for word in words):
        phrase = " ".join(words)
        if any(c.in_value_set for c in codes.table("activites").search(phrase.split())):
            return [values.parse_words("activites", phrase)]
    return [values.parse_words("activites", word) for word in words]


def _day(text: str, today: date) -> date:
    from rorcli.validation.freshness import parse_day

    day = parse_day(text) if text else today
    if day > today:
        raise UsageError(f"--le {text} : ce jour n'est pas encore venu",
                         remedy="une vérification se date du jour où elle est faite")  # fmt: skip
    return day
