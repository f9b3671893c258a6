"""Each rule of the catalogue on a small file: what it says of a wrong snippet, and not of right ones.

What the schema says (ROR110 to ROR116) is in `test_schema`.
"""

from typing import NamedTuple

import pytest

from rorcli.model import decode
from rorcli.text.document import read
from rorcli.validation import RULES, validate, validate_all
from rorcli.validation.across import Across, claims
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
TOWN = 'code_postal: "44000", commune: Nantes'
SPAN = '{jours: [lundi, mardi], debut: "09:00", fin: "17:00"}'
PERSON = (
    '{rpps: "10999999989", nom: LE GALL, profession: "10", type_savoir_faire: S, mode_exercice: L}'
)
HERE = "adresse: {voie: v, code_postal: '44000', commune: c}"
LAST = "{nature: lit, statut: occupe, nombre: 20}\n"

READING = [
    Wrong("ROR101", "error", 'siret: "99900001100018"', 'siret: "999" §00001100018'),
    Wrong("ROR101", "error", "nom: Hôpital des Saules", "nom: Hôpital§: Saules", ("guillemets",)),
    Wrong(
        "ROR102",
        "error",
        '  siret: "',
        '  §finess: "440099919"\n  siret: "',
        ("« finess »", "gardez-en une"),
    ),
    Wrong(
        "ROR102",
        "error",
        '    - fonction: "12"',
        '      fonction: "16"\n      §fonction: "12"\n      fonction: "08"',
        ("« fonction » écrite deux fois", "d'autres ensuite", "mettez « - » devant"),
    ),
    Wrong(
        "ROR102",
        "error",
        "          lieux:\n",
        "          lieux:\n          §lieux:\n",
        ("« lieux »",),
    ),
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
    Wrong("ROR201", "warning", '"440099919"', '§"000000000"', ('"000000000"',)),
    Wrong("ROR204", "error", '"10099999996"', '§"00000000000"', ("RPPS",)),
    Wrong("ROR206", "warning", '"02 61 91 00 02"', '§"02 61 91 00"', ("« 02 61 91 00 »", "+33")),
    Wrong("ROR206", "warning", '"02 61 91 00 20"', '§"+33 02 61 91 00 20"', ("+33",)),
    Wrong("ROR206", "warning", '"06 39 98 00 23"', '§"00 39 98 00 23"', ("dix chiffres",)),
    Wrong("ROR206", "warning", '"02 61 91 00 20"', '§"+33 2 61 91 00"', ("+33",)),
    Wrong("ROR206", "warning", '"02 61 91 00 20"', '§"+262 262 90 00"', ("+262",)),
    Wrong("ROR206", "warning", '"02 61 91 00 20"', '§"+590 12 34 56"', ("+590",)),
    Wrong("ROR207", "warning", "uo@ch-saules.example", '§"uo@saules.example;x"', ("saules.example;x",)),
    Wrong("ROR207", "warning", "uo@ch-saules.example", '§"Accueil <uo@saules.example>"', ("nom@domaine",)),
    Wrong("ROR207", "warning", "accueil@ch-saules.example", "§accueil.ch-saules.example", ("nom@domaine",)),
    Wrong("ROR207", "warning", "uo@ch-saules.example", "§uo@saules", ("« uo@saules »",)),
    Wrong("ROR207", "warning", "uo@ch-saules.example", "§\"uo@saules.example'\"", ("nom@domaine",)),
    Wrong("ROR207", "warning", "uo@ch-saules.example", '§" uo@saules.example "', ('écrivez "uo@saules.example"',)),
    Wrong("ROR207", "warning", "uo@ch-saules.example", "§<uo@saules.example>", ('écrivez "uo@saules.example"',)),
    Wrong("ROR207", "warning", "uo@ch-saules.example", "§uo@sau\u200bles.example", ('écrivez "uo@saules.example"',)),
    Wrong("ROR206", "warning", '"02 61 91 00 20"', '§"\u202a02 61 91 00 20\u202c"', ('écrivez "02 61 91 00 20"',)),
    Wrong("ROR207", "warning", "ror@ch-saules.example", "§ror@", ("« ror@ »",)),
    Wrong("ROR208", "warning", "bis@ch-saules.mssante.example", "§bis@ch-saules.example", ("« bis@ch-saules.example »", "mssante")),
    Wrong("ROR208", "warning", "pole@ch-saules.mssante.example", "§mssante.example", ("« mssante.example »",)),
    Wrong("ROR208", "warning", "bis@ch-saules.mssante.example", "§mssante@ch-saules.example", ("réglages", "validate.mssante_domains")),
    Wrong("ROR209", "warning", "https://www.ch-saules.example", "§https://www..example", ("« https://www..example »",)),
    Wrong("ROR209", "warning", "https://www.ch-saules.example", '§"ftp://ch-saules.example"', ("https://",)),
    Wrong("ROR209", "warning", "https://www.ch-saules.example", '§"https://ch-saules.example/plan du site"', ()),
    Wrong("ROR211", "warning", TOWN, 'code_postal: §"00000", commune: Nantes', ("00000",)),
    Wrong("ROR211", "warning", TOWN, 'code_postal: §"96000", commune: Nantes', ("96000", "aucun département")),
    Wrong("ROR210", "info", TOWN, 'code_postal: "44000", code_insee: §"49007", commune: Nantes', ("44000", "49007")),
    Wrong("ROR210", "info", TOWN, 'code_postal: "20200", code_insee: §"2A004", commune: Bastia', ("20200", "2A004")),
    Wrong("ROR210", "info", TOWN, 'code_postal: "97400", code_insee: §"97105", commune: Saint-Denis', ("97400",)),
    Wrong("ROR209", "warning", "https://www.ch-saules.example", "§www.ch-saules.example", ("https://",)),
]  # fmt: skip
ITEMS = [
    Wrong("ROR301", "error", FIRST,
          f"    - {{type: uf, nom: UF 1, {REACHED}, unites: [{{type: §service, nom: S, {REACHED}}}]}}\n{FIRST}",
          ("Service « S »", "Unité fonctionnelle (UF) « UF 1 »", "pôle, service, UF, UO")),
    Wrong("ROR302", "error", SPAN, f"{SPAN}\n            - §{SPAN.strip().removeprefix('- ')}", ("lundi", "09:00")),
    Wrong("ROR302", "error", '- "053"  # Gynécologie médicale', '- §"022"', ("« Activités opérationnelles »", '"022"')),
    Wrong("ROR302", "error", "bis@ch-saules.mssante.example", "§uo@ch-saules.mssante.example", ("« MSSanté »",)),
    Wrong("ROR302", "error", '"02 61 91 00 02"', '§"02 61 91 00 01"', ("canal 2", "valeur 02 61 91 00 01")),
    Wrong("ROR302", "error", '    - fonction: "12"', '    - §{nature: "06", telephone: "02 61 91 00 03"}\n    - fonction: "12"',
          ("« Contacts »", "nature 06")),
    Wrong("ROR302", "error", '    - fonction: "12"', '    - {prenom: A}\n    - §{prenom: B}\n    - fonction: "12"', ("ni fonction, ni nature, ni nom",)),
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
    Wrong("ROR305", "warning", '"06"  # Standard', '§"06"  # Secrétariat', ("Standard", "Secrétariat", 'écrivez "06"  # Standard, ou "07"  # Secrétariat')),
    Wrong("ROR305", "warning", '- "022"', '- §"001"', ("Addictologie comportementale", "Chirurgie gynécologique", '"022"')),
    Wrong("ROR306", "warning", f"capacites:\n                - {BEDS}", f"capacites:\n                §- {BEDS.replace('24', '19')}",
          ("lit", "20", "19")),
    Wrong("ROR306", "warning", f"- {BEDS}\n                - {LAST}",
          f"§- {BEDS}\n                - {{nature: lit, statut: occupe, nombre: 25, temporalite: '01', affectation: '01'}}\n", ("25", "24")),
    Wrong("ROR308", "error", "verifie_le: 2026-05-10", "verifie_le: §2026-02-30", ("« Vérifiée le »", "2026-02-30")),
    Wrong("ROR308", "error", "comptee_le: 2026-05-10", "comptee_le: §2026-05-10T25:00:00Z", ("« Comptée le »",)),
]  # fmt: skip
PLAUSIBLE = [
    Wrong("ROR313", "warning", 'debut: "09:00", fin: "17:00"', 'debut: "17:00", fin: §"09:00"', ("de 17:00 à 09:00", "00:00")),
    Wrong("ROR313", "warning", 'debut: "09:00", fin: "17:00"', 'debut: "09:00", fin: §"09:00"', ("09:00",)),
    Wrong("ROR314", "warning", SPAN, f'{SPAN}\n            - {{jours: [lundi, mardi], debut: §"16:59", fin: "18:00"}}', ("lundi", "16:59-18:00", "09:00-17:00")),
    Wrong("ROR314", "warning", SPAN, f'{{jours: [mardi], debut: §"23:00", fin: "23:30"}}\n            - {SPAN.replace("17:00", "00:00")}', ("mardi",)),
    Wrong("ROR315", "warning", BEDS, BEDS.replace("24", "§5001"), ("5001", "5000")),
    Wrong("ROR316", "warning", LAST,
          f"{LAST}        - {{{UO_2.replace('09', '32')}, activites: ['022'], praticiens: [{PERSON}], lieux: [{{nom: C, {HERE}, capacites: [{{nature: §lit, statut: installe, nombre: 2}}]}}]}}\n",
          ("« Bis »", "mode_prise_en_charge")),
    Wrong("ROR317", "warning", "verifie_le: 2026-05-10", "verifie_le: §2026-11-26", ("2026-11-26", "2026-11-25")),
    Wrong("ROR317", "warning", "comptee_le: 2026-05-10", "comptee_le: §2026-11-26T00:00:00Z", ("2026-11-26",)),
    Wrong("ROR318", "warning", "nom: Pôle femme-mère-enfant", "nom: §Pôle femme-mère-enfant #2", ("« #2 »", 'écrivez "Pôle femme-mère-enfant #2"', "# 2")),
    Wrong("ROR319", "warning", "nom: Pôle femme-mère-enfant", "nom: Pôle femme-mère-enfant\n      date_ouverture: 1990-01-02\n      date_fermeture: §1990-01-01", ("1990-01-01", "avant date_ouverture")),
    Wrong("ROR320", "warning", "nom: Pôle femme-mère-enfant", "nom: §Pôle femme\u200b-mère-enfant", ("écrivez Pôle femme-mère-enfant",)),
    Wrong("ROR320", "warning", "nom: Pôle femme-mère-enfant", 'nom: §"\xa0Pôle "', ("écrivez Pôle",)),
    Wrong("ROR320", "warning", "nom: Pôle femme-mère-enfant", "nom: §Pôle \u2067femme\u2069", ("écrivez Pôle femme",)),
    Wrong("ROR320", "warning", "id: 52/0000104", "id: §52/0000104\u200b", ("écrivez 52/0000104",)),
    Wrong("ROR319", "warning", "nom: Pôle femme-mère-enfant", "nom: Pôle femme-mère-enfant\n      date_ouverture: §0001-01-02", ("l'année 1 ",)),
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
MLLE = "              civilite: MLLE"
COMMENTS = [
    Wrong("ROR117", "error", "              civilite: MME", f"              §# rorcli: ignore=ROR304\n{MLLE}", ("ROR304", "motif")),
    Wrong("ROR118", "warning", "civilite: MME", "civilite: MME  §# rorcli: ignore=ROR304 en attente", ("ROR304", "rien à signaler")),
]  # fmt: skip
WRONG = [*READING, *NUMBERS, *ADDRESSES, *ITEMS, *VALUES, *PLAUSIBLE, *MISSING, *COMMENTS]


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


# Edits after which there is nothing to say.
RIGHT = [
    ("ROR101", "format: 1", "\ufeff---\nformat: 1"),
    ("ROR103", "nom: DURAND", "nom: DURAND & fils !"),
    ("ROR104", "nom: MARTIN", "nom: no man"),
    ("ROR104", "verifie_le: 2026-05-10", 'verifie_le: "2026-05-10"'),
    ("ROR201", '"440099901"', '"2A0099917"'),
    ("ROR202", '  siren: "999000011"\n', ""),
    ("ROR203", '"99900001100018"', "null"),
    ("ROR204", '"10099999996"', '"10998304017"'),
    ("ROR205", '"999000011"\n', "null\n"),
    ("ROR209", "https://www.ch-saules.example", "HTTPS://www.ch-saules.example"),
    ("ROR206", '"02 61 91 00 02"', '"15"'),
    ("ROR206", '"02 61 91 00 02"', '"3624"'),
    ("ROR206", '"02 61 91 00 02"', '"+33 2 61 91 00 02"'),
    ("ROR206", '"02 61 91 00 02"', '"(02).61-91 00.02"'),
    ("ROR206", '"02 61 91 00 02"', '"+32 2 555 12 12"'),
    ("ROR206", "02 61 91 00 02", "0262 90 00 00"),
    ("ROR206", "02 61 91 00 02", "+262 262 90 00 00"),
    ("ROR206", "02 61 91 00 02", "+590 590 00 00 00"),
    ("ROR206", "02 61 91 00 02", "+687 25 00 00"),
    ("ROR207", "uo@ch-saules.example", '"o\'neil+uo@mail.ch-saules.example"'),
    ("ROR208", "bis@ch-saules.mssante.example", "bis@CH.MSSante.example"),
    ("ROR208", "bis@ch-saules.mssante.example", "bis@ch.mssante-regionale.example"),
    ("ROR209", "https://www.ch-saules.example", "https://ch-saules.example:8443"),
    ("ROR210", TOWN, 'code_postal: "44000", code_insee: "44109", commune: Nantes'),
    ("ROR210", TOWN, 'code_postal: "20090", code_insee: "2A004", commune: Ajaccio'),
    ("ROR210", TOWN, 'code_postal: "20200", code_insee: "2B033", commune: Bastia'),
    ("ROR210", TOWN, 'code_postal: "97133", code_insee: "97701", commune: Saint-Barthélemy'),
    ("ROR210", TOWN, 'code_postal: "97400", code_insee: "97411", commune: Saint-Denis'),
    ("ROR210", TOWN, 'code_postal: "98800", code_insee: "98818", commune: Nouméa'),
    ("ROR210", TOWN, 'code_postal: "98000", code_insee: "99138", commune: Monaco'),
    ("ROR313", 'fin: "17:00"', 'fin: "00:00"'),
    ("ROR314", SPAN, f'{SPAN}\n            - {{jours: [lundi], debut: "17:00", fin: "18:00"}}'),
    ("ROR314", SPAN, f'{SPAN}\n            - {{jours: [jeudi], debut: "16:00", fin: "18:00"}}'),
    ("ROR315", BEDS, BEDS.replace("24", "5000")),
    ("ROR316", LAST, f"{LAST}        - {{{UO_2.replace('09', '32')}, activites: ['022'], praticiens: [{PERSON}], lieux: [{{id: 52/0000105}}]}}\n"),
    ("ROR317", "verifie_le: 2026-05-10", "verifie_le: 2026-11-25"),
    ("ROR211", TOWN, 'code_postal: "98000", commune: Monaco'),
    ("ROR211", TOWN, 'code_postal: "00100", commune: Armées'),
    ("ROR211", TOWN, 'code_postal: "97500", commune: Saint-Pierre'),
    ("ROR320", "nom: Pôle femme-mère-enfant", "nom: Pôle femme\xa0! mère"),
    ("ROR318", "nom: Pôle femme-mère-enfant", "nom: Pôle femme-mère-enfant  # 2"),
    ("ROR318", "nom: Pôle femme-mère-enfant", 'nom: "Pôle femme-mère-enfant" #2'),
    ("ROR318", "nom: Pôle femme-mère-enfant", "nom: Pôle femme-mère-enfant#2"),
    ("ROR319", "nom: Pôle femme-mère-enfant", "nom: Pôle femme-mère-enfant\n      date_ouverture: 0651-01-01\n      date_fermeture: 2026-12-31"),
    ("ROR317", "comptee_le: 2026-05-10", "comptee_le: 2026-11-25T23:59:59Z"),
    ("ROR209", "https://www.ch-saules.example", "http://ch-saules.example/acces?q=1#plan"),
    ("ROR301", FIRST, f"    - {{type: service, nom: S, {REACHED}, unites: [{{type: service, nom: S2, {REACHED}}}]}}\n{FIRST}"),
    ("ROR301", FIRST, f"    - {{type: pole, nom: P, {REACHED}, unites: [{{type: uf, nom: F, {REACHED}}}]}}\n{FIRST}"),
    ("ROR302", FIRST, f"    - {{type: pole, id: a, nom: P, {REACHED}}}\n    - {{type: pole, id: b, nom: P, {REACHED}}}\n{FIRST}"),
    ("ROR302", "{jours: [lundi, mardi]", '{jours: [mardi], debut: "18:00", fin: "19:00"}\n            - {jours: [lundi, mardi]'),
    ("ROR302", LAST, LAST.replace("}", ', genre: "02"}') + f"                - {LAST}"),
    ("ROR302", LAST, f"{LAST}        - {{{UO_2}, activites: ['022'], lieux: [{{id: 52/0000105}}]}}\n"),
    ("ROR303", "age_max: 120 ans", "age_max: 15 ans"),
    ("ROR303", "age_max: 120 ans", "age_max: 180 mois"),
    ("ROR304", "civilite: MME", "civilite: M"),
    ("ROR305", '"06"  # Standard', '"06"  # standard'),
    ("ROR305", '"06"  # Standard', '"06"  # Standard, de jour'),
    ("ROR305", '"07", telephone: "02 61 91 00 20", courriel: pole@ch-saules.example}', '"07", telephone: "02 61 91 00 20", courriel: pole@ch-saules.example}  # Secrétariat'),
    ("ROR306", "statut: occupe, nombre: 20", "statut: occupe, nombre: 24"),
    ("ROR306", LAST, LAST + "                - {nature: place, statut: occupe, nombre: 99}\n"),
    ("ROR306", LAST, "{nature: lit, statut: occupe, nombre: 26}\n                - {nature: lit, statut: supplementaire, nombre: 2}\n"),
    ("ROR308", "verifie_le: 2026-05-10", "verifie_le: 2024-02-29"),
    ("ROR401", FIRST, f"    - {{type: pole, nom: P, date_fermeture: 2026-11-25, type_fermeture: DEF}}\n{FIRST}"),
    ("ROR401", FIRST, f"    - {{type: pole, nom: P, {REACHED}, date_fermeture: 2026-11-25, unites: [{{type: uf, nom: F}}]}}\n{FIRST}"),
    ("ROR402", LAST, f"{LAST}        - {{{UO_2.replace('09', '32')}, date_fermeture: 2025-01-01, activites: ['022']}}\n"),
    ("ROR403", LAST, f"{LAST}        - {{{UO_2.replace('09', '28')}, activites: ['022'], lieux: [{{id: 52/0000105}}]}}\n"),
    ("ROR404", '- {nature: "05", mobile', '- {fonction: "13", mobile'),
    ("ROR405", "voie: rue des Saules", "lieu_dit: Les Saules"),
    ("ROR406", '  categorie: "355"  # Centre hospitalier (CH)\n', "  date_fermeture: 2026-01-01\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"), [case[1:] for case in RIGHT], ids=[f"{c[0]}-{n}" for n, c in enumerate(RIGHT)]
)
def test_a_right_value_is_not_told(old, new):
    assert check(edited(old, new)[0]) == []


def test_lieux_without_identifier_are_not_taken_for_one_another():
    elsewhere = "lieux: [{nom: C, adresse: {voie: v, code_postal: '44000', commune: c}}]"
    text, *_ = edited(LAST, f"{LAST}        - {{{UO_2}, activites: ['022'], {elsewhere}}}\n")
    assert check(text.replace("id: 52/0000105\n              nom", "nom")) == []


# A breach of the schema, or a text in doubt, of which another rule would only tell a consequence.
ONE_CAUSE = [
    ("ROR110", "  site_internet: https://", "  §site_internett: "),
    ("ROR110", '  siret: "99900001100018"', '  §sirets: "1"'),
    ("ROR110", "          patientele:", "          §patientelle:"),
    ("ROR111", "type: uo\n          id: 52/0000104", "§id: 52/0000104"),
    ("ROR111", "{age_min: 15 ans, age_max: 120 ans}", "§{age_max: 120 ans}"),
    ("ROR112", "uo@ch-saules.example}", "uo@ch-saules.example, telephone: §{numero: 1}}"),
    ("ROR112", 'contacts:\n            - {nature: "05", mobile: "06 39 98 00 23", courriel: uo@ch-saules.example}', "contacts: §plus tard"),
    ("ROR113", '"440099919"', '§"44009991"'),
    ("ROR113", '"99900001100018"', '§"9990000110001"'),
    ("ROR113", "age_min: 15 ans", "age_min: §200ans"),
    ("ROR113", "verifie_le: 2026-05-10", "verifie_le: §31/02/2026"),
    ("ROR114", '- "053"  # Gynécologie médicale', '- §"999"'),
    ("ROR114", "- type: uo\n", "- type: §unité\n"),
    ("ROR114", "civilite: MME", "civilite: §Mme"),
    ("ROR115", FIRST, f"    - {{type: pole, nom: P, {REACHED}, §horaires: [{{jours: [lundi, lundi], debut: '09:00', fin: '10:00'}}]}}\n{FIRST}"),
    ("ROR115", LAST, f"{LAST}          §unites: [{{type: uf, nom: F}}]\n"),
    ("ROR202", '  siren: "999000011"', '  siren: §"999000012"'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "old", "new"), ONE_CAUSE, ids=[f"{c[0]}-{n}" for n, c in enumerate(ONE_CAUSE)]
)
def test_one_cause_is_one_finding(rule, old, new):
    text, *place = edited(old, new)
    assert [(f.rule, [f.line, f.column]) for f in check(text)] == [(rule, place)]


# A second file: another EG of the same EJ, with units of the same people.
OTHER = (
    SAMPLE.replace("440099919", "440099927")
    .replace("99900001100018", "99900001100026")
    .replace("52/", "53/")
)
# The finding is told in the second file, and names the first.
BETWEEN_FILES = [
    ("ROR307", "error", "Centre hospitalier des Saules", "§CH des Saules", ("« Raison sociale »", "440099901")),
    ("ROR307", "error", '  siren: "999000011"', "  siren: §null", ("« SIREN »",)),
    ("ROR309", "error", '"440099927"', '§"440099919"', ("440099919",)),
    ("ROR310", "warning", "nom: TARTAMPION", "nom: §TARTEMPION", ("10099999996", "TARTEMPION", "TARTAMPION", "Pôle femme-mère-enfant > Gynécologie")),
    ("ROR312", "error", "id: 53/0000104", "id: §52/0000104", ("52/0000104",)),
    ("ROR311", "error", "civilite: MME", "civilite: §M", ("10099999996", "M ici", "MME")),
]  # fmt: skip


def check_both(other):
    return validate_all([read(SAMPLE, "a.yaml"), read(other, "b.yaml")], TODAY)


def test_two_establishments_of_one_legal_person_agree():
    assert check_both(OTHER) == []


@pytest.mark.parametrize(
    ("rule", "severity", "old", "new", "facts"),
    BETWEEN_FILES,
    ids=[f"{c[0]}-{n}" for n, c in enumerate(BETWEEN_FILES)],
)
def test_what_two_files_say_differently_is_told_in_the_second(rule, severity, old, new, facts):
    text, *place = edited(old, new, OTHER)
    [found] = check_both(text)
    assert (found.rule, found.severity, found.path) == (rule, severity, "b.yaml")
    assert [found.line, found.column] == place
    assert [fact for fact in (*facts, "a.yaml") if fact not in found.message] == []
    assert check(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nom: TARTAMPION", "nom: Tartampion"),
        ("nom: TARTAMPION", "nom: TARTAMPION\n              prenom: Anne"),
        ("              civilite: MME\n", ""),
        ('  siren: "999000011"\n', ""),
        ('"440099901"\n  siren: "999000011"', '"440099927"\n  siren: null'),
    ],
)  # fmt: skip
def test_what_two_files_do_not_both_say_or_say_alike_is_not_told(old, new):
    assert check_both(edited(old, new, OTHER)[0]) == []


def test_many_files_may_have_many_units_each_of_its_own():
    """Names are known by their hash, in a table that grows."""
    across = Across()
    one = claims(decode(read(SAMPLE, "a.yaml").data))
    for number in range(400):
        units = tuple((f"52/{number}-{rank}", "/p") for rank in range(20))
        said = one._replace(finess=str(number), units=units, people=())
        assert list(across.check(f"{number}.yaml", said)) == []
    again = one._replace(finess="x", units=(("52/7-3", "/p"), ("52/new", "/q")), people=())
    [found] = across.check("again.yaml", again)
    assert (found.rule, found.pointer) == ("ROR312", "/p/id")
    assert "7.yaml a déjà" in found.message


def test_names_of_one_rpps_agree_between_units_of_one_file():
    person = '{rpps: "10099999996", nom: §DUPONT, profession: "10", type_savoir_faire: S, mode_exercice: L}'
    unit = f"        - {{{UO_2}, activites: ['022'], lieux: [{{id: 52/0000105}}], praticiens: [{person}]}}\n"
    text, *place = edited(LAST, LAST + unit)
    [found] = check(text)
    assert (found.rule, [found.line, found.column]) == ("ROR310", place)


@pytest.mark.parametrize("broken", ['"99900001"', "999000011", "[1]"])
def test_a_broken_value_is_not_compared_with_another_file_s(broken):
    found = check_both(edited('  siren: "999000011"', f"  siren: {broken}", OTHER)[0])
    assert [(each.path, each.rule[:4]) for each in found] == [("b.yaml", "ROR1")]


def test_findings_come_by_path_line_rule_and_column():
    last = edited(LAST, LAST.replace("20", "30"), OTHER)[0]
    first = edited("civilite: MME", "civilite: MLLE", last)[0]
    found = check_both(edited('  siren: "999000011"', '  siren: "999000012"', first)[0])
    assert found == sorted(found, key=lambda f: (f.path, f.line, f.rule, f.column, f.field))
    assert [each.rule for each in found] == ["ROR202", "ROR307", "ROR304", "ROR311", "ROR306"]


def test_ignored_rules_are_left_out():
    text = edited("civilite: MME", "civilite: MLLE", edited("2026-05-10\n", "2026-02-30\n")[0])[0]
    assert [each.rule for each in check(text)] == ["ROR308", "ROR304"]
    assert [each.rule for each in check(text, frozenset({"ROR304"}))] == ["ROR308"]
    assert check(text, frozenset({"ROR304", "ROR308"})) == []


def test_an_unreadable_file_does_not_stop_the_others():
    found = validate_all(
        [read("a: [", "0.yaml"), read(SAMPLE, "1.yaml"), read(b"\xff\xfe", "2.yaml")], TODAY
    )
    assert [(each.path, each.rule) for each in found] == [
        ("0.yaml", "ROR101"),
        ("2.yaml", "ROR101"),
    ]


def test_a_domain_of_the_settings_is_one_of_mssante():
    text, *_ = edited("bis@ch-saules.mssante.example", "bis@boite.CH-Saules.example")
    document = read(text, "s.yaml")
    assert [each.rule for each in validate_all([document], TODAY)] == ["ROR208"]
    for domain in ("ch-saules.example", "boite.ch-saules.example"):
        assert validate_all([document], TODAY, mssante=(domain,)) == []
    assert validate_all([document], TODAY, mssante=("saules.example", "example.org")) != []


@pytest.mark.parametrize("text", ["3", "texte", "[]", "[1, {a: b}]", "{}", "format: 1"])
def test_a_file_of_another_shape_has_findings_of_the_schema_only(text):
    assert {each.rule[:4] for each in check(text)} == {"ROR1"}


def test_every_rule_has_a_wrong_snippet_here_or_among_those_of_the_schema():
    here = {wrong.rule for wrong in WRONG} | {case[0] for case in (*ONE_CAUSE, *BETWEEN_FILES)}
    assert set(RULES) - here == {"ROR116"}
