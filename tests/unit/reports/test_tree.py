from datetime import date
from pathlib import Path

import pytest

from rorcli.files import read_file
from rorcli.items import Capacite, Praticien
from rorcli.model import Establishment, decode
from rorcli.reports import nouns, plain, tree
from rorcli.text.selectors import find_unit
from rorcli.validation.freshness import Dates

EXAMPLES = Path(__file__).parents[3] / "examples"
TODAY = date(2026, 11, 25)
TARTAMPION = {
    "rpps": "10099999996", "civilite": "MME", "titre": "DR", "nom": "Tartampion",
    "prenom": "Anne-Sophie", "profession": "10", "type_savoir_faire": "S", "specialite": "SM19",
    "secteur": "secteur_2",
}  # fmt: skip


def example(name: str) -> Establishment:
    return decode(read_file(EXAMPLES / name).data)


def made(**eg) -> Establishment:
    return decode({"etablissement": {"finess": "440099919", "nom": "Hôpital des Saules", **eg}})


def shown(establishment, dates=None, **options) -> str:
    lines = tree.show(establishment, TODAY, dates or Dates(), **options)
    return "".join(f"{plain(line)}\n" for line in lines)


def person(**changes) -> str:
    data = {key: value for key, value in {**TARTAMPION, **changes}.items() if value}
    return nouns.practitioner(Praticien.read(data, ""))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_shows_as_its_golden_file(path, golden):
    golden(f"show/{path.stem}.txt", shown(example(path.name)))


def test_an_example_shows_every_field_as_its_golden_file(golden):
    golden("show/ehpad-full.txt", shown(example("ehpad-les-tilleuls.yaml"), full=True))


def test_capacities_show_as_their_golden_file(golden):
    lines = tree.capacities(example("clinique-du-parc.yaml"))
    golden("show/clinique-capacites.txt", "".join(f"{plain(line)}\n" for line in lines))


def test_a_practitioner_reads_as_on_the_portal():
    assert person() == (
        "Madame le Docteur Anne-Sophie TARTAMPION - Médecin / Gynécologie médicale (SM) "
        "/ conventionné en Secteur 2"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"civilite": "M", "titre": "PR"}, "Monsieur le Professeur Anne-Sophie TARTAMPION - Mé"),
        ({"titre": None}, "Madame Anne-Sophie TARTAMPION - Médecin / Gynécologie"),
        ({"civilite": None}, "Docteur Anne-Sophie TARTAMPION - Médecin"),
        ({"prenom": None}, "Madame le Docteur TARTAMPION - Médecin"),
        ({"profession": None}, "Madame le Docteur Anne-Sophie TARTAMPION - Gynécologie"),
        ({"nom": "Béarn-d’Août"}, "Madame le Docteur Anne-Sophie BÉARN-D’AOÛT - Médecin"),
        ({"specialite": "SM999"}, "Madame le Docteur Anne-Sophie TARTAMPION - Médecin / SM999 / "),
    ],
)
def test_a_practitioner_leaves_out_what_is_not_known(changes, said):
    assert person(**changes).startswith(said)


@pytest.mark.parametrize(
    ("secteur", "said"),
    [
        ("non_conventionne", " / non conventionné"),
        ("secteur_1", " / conventionné en Secteur 1"),
        (
            "secteur_1_depassement",
            " / conventionné en Secteur 1 avec droit au dépassement permanent",
        ),
        (None, "(SM)"),
    ],
)
def test_a_practitioner_ends_in_the_sector(secteur, said):
    assert person(secteur=secteur).endswith(said)


def test_what_is_missing_stands_at_its_level():
    consultation = {"type": "uo", "id": "52/2", "nom": "CS", "mode_prise_en_charge": "32",
                    "mssante": "cs@ch.mssante.example"}  # fmt: skip
    beds = {"type": "uo", "id": "52/3", "nom": "HC", "mode_prise_en_charge": "28",
            "contacts": [{"nature": "07", "mobile": "06 39 98 00 01", "courriel": "a@b.example"}],
            "lieux": [{"id": "52/4", "nom": "Aile", "capacites": []}]}  # fmt: skip
    pole = {"type": "pole", "id": "52/1", "nom": "Pôle", "unites": [consultation, beds]}
    lines = shown(made(unites=[pole])).splitlines()
    titles = [n for n, line in enumerate(lines) if "(" in line and " : " in line]
    said = {
        lines[start].strip(): [x.strip() for x in lines[start:end] if x.strip().startswith("!")]
        for start, end in zip(titles, [*titles[1:], None], strict=True)
    }
    assert said["Pôle : Pôle (52/1)"] == ["! il manque téléphone, courriel, MSSanté"]
    assert "! il manque téléphone, courriel" in said["UO : CS (52/2)"]
    assert "! consultation sans praticien" in said["UO : CS (52/2)"]
    assert "! il manque MSSanté" in said["UO : HC (52/3)"]
    assert "! hospitalisation complète sans lit installé" in said["UO : HC (52/3)"]
    assert "! il manque téléphone, courriel, MSSanté" in said["EG : Hôpital des Saules (440099919)"]


def test_a_node_says_when_it_was_verified_and_when_the_store_last_changed_it():
    unit = {"type": "pole", "id": "52/1", "nom": "P"}
    dates = Dates({"": date(2026, 1, 2), "52/1": date(2026, 3, 4)})
    said = shown(made(verifie_le="2026-05-10", unites=[unit]), dates)
    assert "  Vérification : 10/05/2026 ; Annuaire : 02/01/2026\n" in said
    assert "    Vérification : 10/05/2026 ; Annuaire : 04/03/2026\n" in said
    assert "  Vérification : date inconnue\n" in shown(made())
    assert "l'annuaire : 03/03/2026\n" in shown(made(), Dates(saved_on=date(2026, 3, 3)))


def test_a_unit_is_shown_with_what_depends_on_it_and_nothing_else():
    clinic = example("clinique-du-parc.yaml")
    said = shown(clinic, unit=find_unit(clinic, "Maternité"))
    assert said.startswith("Service : Maternité (52/0000506)\n")
    assert "UO : Salles de naissance" in said
    assert "Chirurgie ambulatoire" not in said


def test_a_lieu_given_by_its_id_shows_what_it_refers_to():
    clinic = example("clinique-du-parc.yaml")
    said = shown(clinic, unit=find_unit(clinic, "Consultations de chirurgie et d'anesthésie"))
    assert "Aile des consultations, rez-de-chaussée (52/0000512) - 60 avenue du Parc" in said


def test_full_says_codes_and_what_the_file_says_is_empty():
    said = shown(made(categorie="355", date_fermeture=None, contacts=[
        {"nature": "08", "telecoms": [
            {"canal": "8", "valeur": "02 61 91 00 15", "confidentialite": "3", "usage": "Garde"},
        ]},
    ]), full=True)  # fmt: skip
    assert "Catégorie : Centre hospitalier (CH) [355]" in said
    assert "Date de fermeture : aucune valeur" in said
    assert "Alerte-Tension-SSE : téléphone d'alerte 02 61 91 00 15 (Garde)" in said
    assert "Confidentialité : Visible régulation et gestion de crise [3]" in said


def test_a_value_never_breaks_a_line():
    said = shown(
        made(nom="Hôpital\ndes\x1bSaules", contacts=[{"nature": "06", "description": "a\nb"}])
    )
    assert "EG : Hôpital des Saules (440099919)\n" in said
    assert "Standard : a b\n" in said


def test_a_unit_without_id_is_to_be_created():
    assert "Pôle : P (à créer)" in shown(made(unites=[{"type": "pole", "nom": "P"}]))


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (("lit", "installe", 24), "24 lits installés"),
        (("lit", "reserve", 1), "1 lit réservé"),
        (("salle", "installe", 8), "8 salles installées"),
        (("place", "disponible", 0), "0 place disponible"),
        (("lit", "supplementaire", None), "? lit supplémentaire"),
        (("chaise", None, 1), "1 chaise ?"),
    ],
)
def test_a_measure_agrees_in_gender_and_number(measure, said):
    nature, statut, nombre = measure
    assert nouns.measure(Capacite(nature=nature, statut=statut, nombre=nombre)) == said


def test_the_table_tells_measures_apart_and_fills_in_the_usual_time():
    lits = [{"nature": "lit", "statut": "installe", "nombre": n, **more}
            for n, more in ((9, {}), (12, {"genre": "1"}), (3, {"temporalite": "03"}))]  # fmt: skip
    unit = {"type": "uo", "id": "52/1", "nom": "HC", "lieux": [{"nom": "Aile", "capacites": lits}]}
    lines = [plain(line) for line in tree.capacities(made(unites=[unit]))]
    assert lines[0] == "UO : HC (52/1)"
    assert lines[3].split() == ["Lit", "Installé", "9", "Courant"]
    assert lines[4].startswith("    Lit     Installé      12  Courant")
    assert "Genre : " in lines[4]
    assert lines[5].split()[3:] == ["Prévisionnel", "24", "heures"]


def test_no_capacity_is_said():
    assert [plain(line) for line in tree.capacities(made())] == ["Aucune capacité."]
