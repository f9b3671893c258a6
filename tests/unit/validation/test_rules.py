"""Each rule of the catalogue on a small file: what it says of a wrong snippet, and not of right ones.

What the schema says (ROR110 to ROR116) is in `test_schema`.
"""

from typing import NamedTuple

import pytest

from rorcli.text.document import read
from rorcli.validation import validate
from tests.sample import SAMPLE, TODAY, edited


class Wrong(NamedTuple):
    """An edit of the sample, § where it is told, and what message and remedy must contain."""

    rule: str
    severity: str
    old: str
    new: str
    facts: tuple[str, ...] = ()


# What a unit needs so that nothing is missing.
REACHED = (
    "mssante: x@ch-saules.mssante.example, "
    'contacts: [{nature: "07", telephone: "02 61 91 00 30", courriel: x@ch-saules.example}]'
)
UO_2 = (
    'type: uo, nom: Bis, type_offre: "157", champ_activite: "01", mode_prise_en_charge: "09", '
    f"patientele: {{age_min: 1 an, age_max: 9 ans}}, unite_sensible: false, {REACHED}"
)
FIRST = "    - type: pole\n"
BEDS = "{nature: lit, statut: installe, nombre: 24, comptee_le: 2026-05-10}"
LAST = "{nature: lit, statut: occupe, nombre: 20}\n"

READING = [
    Wrong("ROR101", "error", 'siret: "99900001100018"', 'siret: "999" §00001100018'),
    Wrong("ROR101", "error", "nom: Hôpital des Saules", "nom: Hôpital§: Saules", ("guillemets",)),
    Wrong("ROR102", "error", '  siret: "', '  §finess: "440099919"\n  siret: "', ("« finess »",)),
    Wrong("ROR103", "error", 'siren: "999000011"', 'siren: §&s "999000011"', ("&",)),
    Wrong("ROR103", "error", 'siren: "999000011"', 'siren: §!!str "999000011"', ("étiquette",)),
    Wrong("ROR103", "error", 'siren: "999000011"', "siren: §*s", ("alias",)),
    Wrong("ROR104", "error", '"440099901"', "§440099901", ("« FINESS EJ »", '"440099901"')),
    Wrong("ROR104", "error", '["03"]', "[§03]", ("« Modalités d'accueil »", 'écrivez "03"')),
    Wrong("ROR104", "error", '"09:00"', "§09:00", ("« Début »", 'écrivez "09:00"')),
    Wrong("ROR104", "error", "nom: MARTIN", "nom: §no", ("« Nom »", 'écrivez "no"')),
    Wrong("ROR104", "error", '- "022"', "- §022", ("« Activités opérationnelles »", '"022"')),
    Wrong("ROR104", "error", '"02 61 91 00 20"', "§0261910020", ("« Téléphone »", '"0261910020"')),
]
NUMBERS = [
    Wrong("ROR201", "warning", '"440099919"', '§"440099918"', ("FINESS EG", '"440099918"')),
    Wrong("ROR201", "warning", '"440099901"', '§"440099902"', ("FINESS EJ", '"440099902"')),
    Wrong("ROR201", "info", '"440099901"', '§"2A0099901"', ("FINESS EJ", '"2A0099901"')),
    Wrong("ROR202", "error", '  siren: "999000011"', '  siren: §"999000012"', ("SIREN", "clé")),
    Wrong("ROR203", "error", '"99900001100018"', '§"99900001100019"', ("SIRET", "clé")),
    Wrong("ROR204", "error", '"10099999996"', '§"10099999995"', ("N° RPPS", '"10099999995"')),
    Wrong(
        "ROR205",
        "warning",
        '"99900001100018"',
        '§"99901304800015"',
        ("99901304800015", "999000011"),
    ),
]
ADDRESSES = [
    Wrong("ROR206", "warning", '"02 61 91 00 02"', '§"02 61 91 00"', ("« 02 61 91 00 »", "+33")),
    Wrong("ROR206", "warning", '"02 61 91 00 20"', '§"+33 02 61 91 00 20"', ("+33",)),
    Wrong("ROR206", "warning", '"06 39 98 00 23"', '§"00 39 98 00 23"', ("dix chiffres",)),
    Wrong("ROR207", "warning", "accueil@ch-saules.example", "§accueil.ch-saules.example", ("nom@domaine",)),
    Wrong("ROR207", "warning", "uo@ch-saules.example", "§uo@saules", ("« uo@saules »",)),
    Wrong("ROR207", "warning", "ror@ch-saules.example", "§ror@", ("« ror@ »",)),
    Wrong("ROR208", "warning", "bis@ch-saules.mssante.example", "§bis@ch-saules.example", ("« bis@ch-saules.example »", "mssante")),
    Wrong("ROR208", "warning", "pole@ch-saules.mssante.example", "§mssante.example", ("« mssante.example »",)),
    Wrong("ROR209", "warning", "https://www.ch-saules.example", "§www.ch-saules.example", ("https://",)),
]  # fmt: skip
ITEMS = [
    Wrong("ROR301", "error", FIRST,
          f"    - {{type: uf, nom: UF 1, {REACHED}, unites: [{{type: §service, nom: S, {REACHED}}}]}}\n{FIRST}",
          ("Service « S »", "Unité fonctionnelle (UF) « UF 1 »", "pôle, service, UF, UO")),
    Wrong("ROR302", "error", '- "053"  # Gynécologie médicale', '- §"022"', ("« Activités opérationnelles »", '"022"')),
    Wrong("ROR302", "error", "bis@ch-saules.mssante.example", "§uo@ch-saules.mssante.example", ("« MSSanté »",)),
    Wrong("ROR302", "error", '"02 61 91 00 02"', '§"02 61 91 00 01"', ("canal 2", "valeur 02 61 91 00 01")),
    Wrong("ROR302", "error", '    - fonction: "12"', '    - §{nature: "06", telephone: "02 61 91 00 03"}\n    - fonction: "12"',
          ("« Contacts »", "nature 06")),
    Wrong("ROR302", "error", "{jours: [lundi, mardi]", '{jours: [mardi], debut: "09:00", fin: "12:00"}\n            - §{jours: [lundi, mardi]',
          ("« Horaires »", "jours mardi", "debut 09:00")),
    Wrong("ROR302", "error", "            - rpps:",
          '            - {rpps: "10099999996", nom: TARTAMPION, profession: "10", type_savoir_faire: S, specialite: SM19, mode_exercice: L}\n            - §rpps:',
          ("rpps 10099999996", "specialite SM19")),
    Wrong("ROR302", "error", LAST, '§{nature: lit, statut: installe, temporalite: "01", nombre: 2}\n',
          ("« Capacités »", "nature lit", "statut installe")),
    Wrong("ROR302", "error", LAST, LAST + "            - §{id: 52/0000105}\n", ("« Lieux »", "52/0000105")),
    Wrong("ROR302", "error", FIRST,
          f"    - {{type: pole, nom: P, {REACHED}}}\n    - §{{type: pole, nom: P, {REACHED}}}\n{FIRST}", ("type pole", "nom P")),
    Wrong("ROR302", "error", LAST, f"{LAST}    - {{type: pole, id: §52/0000104, nom: P, {REACHED}}}\n", ("identifiant 52/0000104",)),
    Wrong("ROR302", "error", LAST,
          f"{LAST}        - {{{UO_2}, activites: ['022'], lieux: [{{id: §52/0000105, nom: B, adresse: {{voie: v, code_postal: '44000', commune: c}}}}]}}\n",
          ("lieu 52/0000105", "son id")),
    Wrong("ROR302", "error", '"12"  # Référent ROR', '§"01"', ("directeur", "gardez « directeur »")),
]  # fmt: skip
VALUES = [
    Wrong("ROR303", "error", "age_max: 120 ans", "age_max: §179 mois", ("15 ans", "179 mois")),
    Wrong("ROR304", "warning", "civilite: MME", "civilite: §MLLE", ("« Civilité »", "Mademoiselle", "2016-09-01")),
    Wrong("ROR304", "warning", '["03"]', '["03", §"27"]', ("Soins à domicile", "2026-09-28")),
    Wrong("ROR305", "warning", '"06"  # Standard', '§"06"  # Secrétariat', ("Standard", "Secrétariat", 'écrivez "07"')),
    Wrong("ROR305", "warning", '- "022"', '- §"001"', ("Addictologie comportementale", "Chirurgie gynécologique", '"022"')),
    Wrong("ROR306", "warning", f"capacites:\n                - {BEDS}", f"capacites:\n                §- {BEDS.replace('24', '19')}",
          ("lit", "20", "19")),
    Wrong("ROR308", "error", "verifie_le: 2026-05-10", "verifie_le: §2026-02-30", ("« Vérifiée le »", "2026-02-30")),
    Wrong("ROR308", "error", "comptee_le: 2026-05-10", "comptee_le: §2026-05-10T25:00:00Z", ("« Comptée le »",)),
]  # fmt: skip
MISSING = [
    Wrong("ROR401", "warning", "type: pole\n      nom: Pôle femme-mère-enfant\n      mssante: pole@ch-saules.mssante.example\n",
          "§type: pole\n      nom: Pôle femme-mère-enfant\n", ("Pôle « Pôle femme-mère-enfant »", "MSSanté", "« mssante »")),
    Wrong("ROR401", "warning", '        - {nature: "07", telephone: "02 61 91 00 20", ', '        §- {nature: "07", ', ("téléphone", "« contacts »")),
    Wrong("ROR401", "warning", '            - {nature: "05", mobile: "06 39 98 00 23", courriel: uo@ch-saules.example}',
          '            §- {nature: "05"}', ("« Gynécologie »", "téléphone, courriel")),
    Wrong("ROR401", "warning", '    - nature: "06"  # Standard\n      telephone: ["02 61 91 00 01", "02 61 91 00 02"]\n',
          '    §- nature: "06"  # Standard\n', ("Établissement « Hôpital des Saules »", "téléphone")),
    Wrong("ROR402", "warning", LAST,
          LAST + f"        - §{{{UO_2.replace('09', '32')}, activites: ['022'], lieux: [{{id: 52/0000105}}]}}\n",
          ("« Bis »", "consultation sans praticien", "add-practitioner")),
    Wrong("ROR403", "warning", "            - id: 52/0000105\n              nom: Bâtiment B\n"
          '              adresse: {voie: rue des Saules, code_postal: "44000", commune: Nantes}\n'
          f"              capacites:\n                - {BEDS}\n                - {LAST}",
          "            §- {id: 52/0000105, nom: B, adresse: {lieu_dit: Les Saules, code_postal: '44000', commune: Nantes}}\n",
          ("« Gynécologie »", "lit", "set-capacity")),
    Wrong("ROR404", "warning", '- {nature: "05", mobile', "§- {mobile", ("« Gynécologie »", "natures-contact")),
    Wrong("ROR405", "warning", 'adresse: {voie: rue des Saules, code_postal: "44000", ', "adresse: §{", ("« Bâtiment B »", "voie (ou lieu_dit), code_postal")),
    Wrong("ROR405", "warning", LAST, LAST + f"        - §{{{UO_2}, activites: ['022']}}\n", ("« Bis »", "aucun lieu")),
    Wrong("ROR406", "warning", '  finess: "440099919"\n  siret: "99900001100018"\n  nom: Hôpital des Saules\n  categorie: "355"  # Centre hospitalier (CH)\n',
          '  §finess: "440099919"\n  siret: "99900001100018"\n  nom: Hôpital des Saules\n', ("« Catégorie »", "rorcli codes categories")),
]  # fmt: skip
WRONG = [*READING, *NUMBERS, *ADDRESSES, *ITEMS, *VALUES, *MISSING]


def check(text, ignored=frozenset()):
    return validate(read(text, "s.yaml"), TODAY, ignored)


def test_the_sample_has_no_finding():
    assert check(SAMPLE) == []


@pytest.mark.parametrize("wrong", WRONG, ids=[f"{w.rule}-{n}" for n, w in enumerate(WRONG)])
def test_a_wrong_value_is_told_once_at_its_place_with_what_to_do(wrong):
    text, *place = edited(wrong.old, wrong.new)
    [found] = check(text)
    assert (found.rule, found.severity) == (wrong.rule, wrong.severity)
    assert [found.line, found.column] == place
    assert [fact for fact in wrong.facts if fact not in f"{found.message} {found.remedy}"] == []
    assert found.path == "s.yaml"
    assert found.remedy
