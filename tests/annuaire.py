"""Extracts of the Annuaire santé, made up: the columns of the published one, fictitious people."""

from pathlib import Path

_STRUCTURE = (
    "Complément destinataire", "Complément point géographique", "Numéro Voie",
    "Indice répétition voie", "Code type de voie", "Libellé type de voie", "Libellé Voie",
    "Mention distribution", "Bureau cedex", "Code postal", "Code commune", "Libellé commune",
    "Code pays", "Libellé pays", "Téléphone", "Téléphone 2", "Télécopie", "Adresse e-mail",
)  # fmt: skip
# As published, down to the nameless column that the last bar makes.
HEADER = "|".join((
    "Type d'identifiant PP", "Identifiant PP", "Identification nationale PP",
    "Code civilité d'exercice", "Libellé civilité d'exercice", "Code civilité", "Libellé civilité",
    "Nom d'exercice", "Prénom d'exercice", "Code profession", "Libellé profession",
    "Code catégorie professionnelle", "Libellé catégorie professionnelle",
    "Code type savoir-faire", "Libellé type savoir-faire", "Code savoir-faire",
    "Libellé savoir-faire", "Code mode exercice", "Libellé mode exercice", "Numéro SIRET site",
    "Numéro SIREN site", "Numéro FINESS site", "Numéro FINESS établissement juridique",
    "Identifiant technique de la structure", "Raison sociale site", "Enseigne commerciale site",
    *(f"{each} (coord. structure)" for each in _STRUCTURE),
    "Code Département (structure)", "Libellé Département (structure)", "Ancien identifiant de la structure",
    "Autorité d'enregistrement", "Code secteur d'activité", "Libellé secteur d'activité",
    "Code section tableau pharmaciens", "Libellé section tableau pharmaciens", "Code rôle",
    "Libellé rôle", "Code genre activité", "Libellé genre activité", "",
))  # fmt: skip
_NAMES = HEADER.split("|")
_PLACES = {name: rank for rank, name in enumerate(_NAMES)}


def line(  # noqa: PLR0913 - as many fields as a line has
    rpps: str,
    civilite: str = "M",
    titre: str = "DR",
    nom: str = "MARTIN",
    prenom: str = "Zoé",
    *,
    profession: str = "10",
    type_savoir_faire: str = "",
    specialite: str = "",
    mode: str = "S",
    finess: str = "",
) -> str:
    """One line of an extract, without its end."""
    fields = [""] * len(_NAMES)
    for name, value in {
        "Type d'identifiant PP": "8", "Identifiant PP": rpps, "Identification nationale PP": f"8{rpps}",
        "Code civilité": civilite, "Code civilité d'exercice": titre, "Nom d'exercice": nom,
        "Prénom d'exercice": prenom, "Code profession": profession, "Code catégorie professionnelle": "C",
        "Code type savoir-faire": type_savoir_faire, "Code savoir-faire": specialite,
        "Code mode exercice": mode, "Numéro FINESS site": finess,
        "Raison sociale site": "HOPITAL" if finess else "",
    }.items():  # fmt: skip
        fields[_PLACES[name]] = value
    return "|".join(fields)


def write(path: Path, *lines: str) -> Path:
    """An extract with these lines."""
    path.write_text("".join(f"{each}\n" for each in (HEADER, *lines)), "utf-8", newline="\n")
    return path
