"""Each edit changes the lines it should, says what it did, and leaves alone what is already so."""

import re
from collections.abc import Callable
from datetime import date
from difflib import ndiff
from functools import partial

import pytest

from rorcli import edition, effects
from rorcli.edition import Edited
from rorcli.errors import DataError, UsageError
from rorcli.text.document import Document, read
from tests.sample import SAMPLE, TODAY, edited

UO = "52/0000104"
EG, EJ = "/etablissement", "/entite_juridique"
NODE = "/etablissement/unites/0/unites/0"
OTHER = """\
        - type: uo
          id: 52/0000103
          nom: Consultations
          lieux: [{id: 52/0000105}]
        - {type: uo, id: 52/0000102, nom: Accueil}
"""
SECTEUR = "              secteur: secteur_2\n"
TWO = SAMPLE.replace(
    SECTEUR, f'{SECTEUR}            - {{rpps: "10099999996", nom: TARTAMPION, specialite: SM20}}\n'
)
Edit = Callable[[Document], Edited]


def done(edit: Edit, text: str = SAMPLE) -> tuple[list[str], list[str], str]:
    """The lines that left, those that came, and what was said; done again, it is already so."""
    before = read(text, "etab.yaml")
    after = edit(before)
    again = edit(after.document)
    assert again.document is after.document
    lines = list(ndiff(text.splitlines(), after.document.text.splitlines()))
    gone = [line[2:].strip() for line in lines if line.startswith("- ")]
    came = [line[2:].strip() for line in lines if line.startswith("+ ")]
    return gone, came, " ".join(after.notes)


def give(key: str, text: str, node: str = EG) -> Edit:
    return lambda document: edition.assign(document, node, key, text)


LONG = '- {canal: "3", valeur: ror@ch-saules.example, confidentialite: "2"}'
ASSIGNED = [
    (give("nom", "Saules"), ["nom: Hôpital des Saules"], ["nom: Saules"]),
    (give("site_internet", ""), ["site_internet: https://www.ch-saules.example"], ["site_internet: null"]),
    (give("categorie", "centre hospitalier regional (CHR)"), ['categorie: "355"  # Centre hospitalier (CH)'],
     ['categorie: "101"  # Centre hospitalier régional (CHR)']),
    (give("entite_juridique.raison_sociale", "CH", NODE), ["raison_sociale: Centre hospitalier des Saules"],
     ["raison_sociale: CH"]),
    (give("mobile", "06 39 98 00 01"), [], ['mobile: "06 39 98 00 01"']),
    (give("telephone", "02 61 91 00 09"), ['telephone: ["02 61 91 00 01", "02 61 91 00 02"]'],
     ['telephone: "02 61 91 00 09"']),
    (give("contacts[fonction:12].courriel", "x@ch-saules.example"), [LONG],
     [LONG.replace("ror@", "x@")]),
    (give("contacts[fonction:12].courriel", ""), ["telecoms:", LONG], ["telecoms: []"]),
    (give("contacts[09].telephone", "02 61 91 00 09"), [],
     ['- {nature: "09", telephone: "02 61 91 00 09"}  # Téléconsultation']),
    (give("contacts[09].telephone", ""), [], []),
    (give("telephone", "02 61 91 00 09", EJ), [],
     ["contacts:", '- {nature: "07", telephone: "02 61 91 00 09"}  # Secrétariat']),
    (give("adresse.commune", "Nantes"), [], ["adresse: {commune: Nantes}"]),
    (give("unite_sensible", "oui", NODE), ["unite_sensible: false"], ["unite_sensible: true"]),
    (give("modalites_accueil", "", NODE), ['modalites_accueil: ["03"]'], ["modalites_accueil: []"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "gone", "came"), ASSIGNED)
def test_a_key_is_given_a_value_on_its_own_line(edit, gone, came):
    assert done(edit)[:2] == (gone, came)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("nom", "Hôpital des Saules", "etab.yaml : nom vaut déjà « Hôpital des Saules »"),
        ("contacts[09].mobile", "", "contacts[09].mobile n'a déjà aucune valeur"),
    ],
)
def test_what_is_already_so_is_said(key, text, said):
    gone, came, notes = done(give(key, text))
    assert (gone, came) == ([], [])
    assert said in notes


def replace(key: str, old: str, new: str, *within: str) -> Edit:
    return lambda document: edition.replace_value(document, within or ("",), key, old, new)


REPLACED = [
    ("courriel", "ror@ch-saules.example", "x@ch-saules.example", [LONG.replace("ror@", "x@")]),
    ("courriel", "uo@ch-saules.example", "x@ch-saules.example",
     ['- {nature: "05", mobile: "06 39 98 00 23", courriel: x@ch-saules.example}']),
    ("telephone", "02 61 91 00 02", "02 61 91 00 03", ['telephone: ["02 61 91 00 01", "02 61 91 00 03"]']),
    ("telephone", "02 61 91 00 02", "", ['telephone: ["02 61 91 00 01"]']),
    ("activites", "Gynécologie médicale", "", []),
    ("activites", "053", "cardiologie générale", ['- "013"  # Cardiologie générale']),
    ("nombre", "24", "25", ["- {nature: lit, statut: installe, nombre: 25, comptee_le: 2026-05-10}"]),
    ("unite_sensible", "non", "oui", ["unite_sensible: true"]),
    ("categorie", "355", "", ["categorie: null"]),
    ("code_postal", "44000", "44100", ['adresse: {voie: rue des Saules, code_postal: "44100", commune: Nantes}']),
]  # fmt: skip


@pytest.mark.parametrize(("key", "old", "new", "came"), REPLACED)
def test_a_value_is_replaced_wherever_its_key_holds_it(key, old, new, came):
    before = read(SAMPLE, "etab.yaml")
    after = edition.replace_value(before, ("",), key, old, new)
    lines = ndiff(SAMPLE.splitlines(), after.document.text.splitlines())
    assert [line[2:].strip() for line in lines if line.startswith("+ ")] == came
    assert after.notes == (f"etab.yaml : 1 remplacement de « {old} »",)
    again = edition.replace_value(after.document, ("",), key, old, new)
    assert (again.document, again.notes) == (
        after.document,
        (f"etab.yaml : « {old} » n'y figure pas",),
    )


def test_a_value_is_replaced_only_where_it_was_asked():
    everywhere = replace("verifie_le", "2026-05-10", "2026-06-01")
    assert len(done(everywhere)[1]) == 1
    nowhere = replace("verifie_le", "2026-05-10", "2026-06-01", f"{EG}/contacts")
    assert done(nowhere)[1] == []


@pytest.mark.parametrize(
    ("key", "old", "said"),
    [
        ("couriel", "x", "« courriel »"),
        ("nom", "", "CLÉ=VALEUR"),
        ("nombre", "douze", "zéro ou plus"),
    ],
)
def test_a_replacement_that_could_never_happen_is_told(key, old, said):
    with pytest.raises(UsageError) as refused:
        replace(key, old, "x")(read(SAMPLE, "etab.yaml"))
    assert said in f"{refused.value.message} {refused.value.remedy}"


def test_activities_come_and_go_one_by_one():
    add = partial(edition.add_activities, uo=UO, wanted=["053", "001"])
    gone, came, said = done(add)
    assert (gone, came) == ([], ['- "001"  # Addictologie comportementale (sans substance)'])
    assert said == "etab.yaml : l'activité 053 Gynécologie médicale y est déjà"
    remove = partial(edition.remove_activities, uo=UO, unwanted=["053", "001", "022"])
    gone, came, said = done(remove)
    assert gone == [
        "activites:",
        '- "022"  # Chirurgie gynécologique',
        '- "053"  # Gynécologie médicale',
    ]
    assert (came, "001" in said) == (["activites: []"], True)


PERSON = {"rpps": "10999990004", "nom": "PRUNIER", "profession": "10"}


def test_a_person_comes_with_what_is_given_in_the_order_of_the_format():
    add = partial(edition.add_practitioner, uo=UO, given=dict(reversed(PERSON.items())))
    assert done(add)[:2] == (
        [],
        ['- rpps: "10999990004"', "nom: PRUNIER", 'profession: "10"  # Médecin'],
    )


def test_a_person_who_works_elsewhere_comes_with_what_is_known_there():
    add = partial(
        edition.add_practitioner,
        uo="Accueil",
        given={"rpps": "10099999996", "secteur": "secteur_1"},
    )
    _, came, said = done(add, SAMPLE + OTHER)
    taken = " ".join(came)
    assert re.search("nom: TARTAMPION.*specialite: SM19.*secteur: secteur_1", taken)
    assert "secteur_2" not in taken
    assert "vérifiez-le" in said


def test_of_two_situations_the_specialty_tells_which_is_meant():
    update = partial(edition.add_practitioner, uo=UO,
                     given={"rpps": "10099999996", "specialite": "SM20", "secteur": "secteur_1"})  # fmt: skip
    gone, came, said = done(update, TWO)
    assert (len(gone), ["SM20" in line for line in came]) == (1, [True])
    assert "secteur: secteur_1" in came[0]
    assert "mis à jour" in said
    third = partial(
        edition.add_practitioner, uo=UO, given={"rpps": "10099999996", "specialite": "SM54"}
    )
    assert done(third, TWO)[0] == []


def test_a_known_person_is_never_renamed():
    given = {"rpps": "10099999996", "nom": "AUTRE"}
    with pytest.raises(DataError, match="10099999996"):
        edition.add_practitioner(read(SAMPLE, "x"), UO, given)
    same = {"rpps": "10099999996", "nom": "Tartampion", "civilite": "MME"}
    assert edition.add_practitioner(read(SAMPLE, "x"), UO, same).notes


@pytest.mark.parametrize("who", ["Tartampion", "anne-sophie TARTAMPION", "TARTAMPION Anne-Sophie"])
def test_a_person_leaves_by_name(who):
    before = read(
        SAMPLE.replace("nom: TARTAMPION", "nom: TARTAMPION\n              prenom: Anne-Sophie"), "x"
    )
    by_number = edition.remove_practitioner(before, UO, "10099999996")
    assert edition.remove_practitioner(before, UO, who) == by_number


def test_a_name_of_two_people_is_nobody_s():
    text = TWO.replace("10099999996", "10999990004", 1)
    with pytest.raises(UsageError, match="désigne plusieurs praticiens") as refused:
        edition.remove_practitioner(read(text, "x"), UO, "Tartampion")
    assert "10999990004 " in refused.value.remedy
    assert "10099999996 " in refused.value.remedy


def test_every_situation_of_a_person_leaves():
    gone, came, _ = done(partial(edition.remove_practitioner, uo=UO, who="10099999996"), TWO)
    assert ("TARTAMPION" in "".join(gone), came) == (True, ["praticiens: []"])
    absent = partial(edition.remove_practitioner, uo=UO, who="10999990004")
    assert done(absent)[2] == "etab.yaml : ce praticien n'y est pas"


@pytest.mark.parametrize("rpps", ["1009999999", "10 09 99 99 99 6", "10099999997", "x", ""])
def test_a_number_that_is_no_rpps_is_not_taken_for_somebody_who_left(rpps):
    with pytest.raises(UsageError, match="n'est pas un praticien de cette UO"):
        edition.remove_practitioner(read(SAMPLE, "x"), UO, rpps)
    wrong = read(SAMPLE.replace('"10099999996"', f'"{rpps}"'), "x")
    assert edition.remove_practitioner(wrong, UO, rpps).document.text != wrong.text


def count(uo: str, number: int, statut: str = "installe", lieu: str = "") -> Edit:
    measure = {"nature": "lit", "statut": statut, "nombre": number, "comptee_le": "2026-11-25"}
    return lambda document: edition.set_capacity(document, uo, measure, lieu)


def test_a_measure_is_counted_in_its_lieu():
    old = "- {nature: lit, statut: installe, nombre: 24, comptee_le: 2026-05-10}"
    new = "- {nature: lit, statut: installe, nombre: 26, comptee_le: 2026-11-25}"
    assert done(count(UO, 26)) == ([old], [new], "comptée le 2026-11-25")
    assert done(count(UO, 2, "ferme"))[1] == [
        "- {nature: lit, statut: ferme, nombre: 2, comptee_le: 2026-11-25}"
    ]
    assert done(count(UO, 24, lieu="bâtiment b"))[1] == [new.replace("26,", "24,")]


def test_a_measure_of_a_shared_lieu_is_written_where_the_lieu_is_described():
    gone, came, _ = done(count("Consultations", 26), SAMPLE + OTHER)
    assert (len(gone), came) == (
        1,
        ["- {nature: lit, statut: installe, nombre: 26, comptee_le: 2026-11-25}"],
    )


def test_a_unit_without_lieu_gets_one_of_its_name_at_the_address_of_the_establishment():
    adresse = '  adresse: {voie: rue des Saules, code_postal: "44000", commune: Nantes}\n'
    text, *_ = edited("  site_internet:", f"{adresse}  site_internet:", SAMPLE + OTHER)
    _, came, said = done(count("Accueil", 4), text)
    assert "lieu « Accueil » créé, à l'adresse de l'établissement" in said
    assert "rue des Saules" in " ".join(came)
    bare = done(count("Accueil", 4), SAMPLE + OTHER)[1]
    assert "adresse" not in " ".join(bare)


@pytest.mark.parametrize(
    ("uo", "lieu", "said"),
    [(UO, "C", "52/0000105  Bâtiment B"), ("Accueil", "C", "sans --lieu"), ("Double", "", "plusieurs lieux"),
     ("Double", "l1", "n'est pas un lieu"), ("Pôle femme-mère-enfant", "", "n'est pas une UO")],
)  # fmt: skip
def test_a_lieu_that_is_not_clear_is_told_with_the_choices(uo, lieu, said):
    text = (
        SAMPLE
        + OTHER
        + "        - {type: uo, id: D, nom: Double, lieux: [{id: L1, nom: A}, {nom: B}]}\n"
    )
    with pytest.raises(UsageError) as refused:
        count(uo, 1, lieu=lieu)(read(text, "x"))
    assert said in f"{refused.value.message} {refused.value.remedy}"


def test_a_check_is_dated_on_each_node_that_was_named():
    day = date(2026, 11, 25)
    assert done(partial(edition.confirm, units=[], day=day, today=day))[1] == [
        "verifie_le: 2026-11-25"
    ]
    gone, came, _ = done(partial(edition.confirm, units=[UO, "Pôle"], day=day, today=day))
    assert (gone, came) == (["verifie_le: 2026-05-10"], ["verifie_le: 2026-11-25"] * 2)
    again = edition.confirm(read(SAMPLE, "x"), [UO], date(2026, 5, 10), TODAY)
    assert again.notes == ("x : déjà vérifié le 2026-05-10",)


def test_nodes_are_the_establishment_or_the_units_that_were_named_or_described():
    document = read(SAMPLE, "x")
    assert edition.nodes(document, [], []) == (EG,)
    assert edition.nodes(document, ["Pôle", UO], []) == (f"{EG}/unites/0", NODE)
    assert edition.nodes(document, [], [("type", "uo")]) == (NODE,)
    assert edition.nodes(document, [], [("type", "service")]) == ()


@pytest.mark.parametrize("text", ["", "a: [", "- 1\n"])
def test_a_file_that_cannot_be_read_takes_no_edit(text):
    with pytest.raises(DataError, match="illisible"):
        edition.nodes(read(text, "x"), [], [])


def test_only_the_errors_that_an_edit_adds_count():
    wrong = read(edited('categorie: "355"', 'categorie: "999"')[0], "x")
    worse = read(re.sub("unite_sensible: false", "unite_sensible: peut-être", wrong.text), "x")
    clean = read(SAMPLE, "x")
    assert effects.added_errors(clean, clean, TODAY) == []
    assert effects.added_errors(wrong, wrong, TODAY) == []
    assert effects.added_errors(worse, clean, TODAY) == []
    assert [f.field for f in effects.added_errors(wrong, worse, TODAY)] == [
        f"{NODE}/unite_sensible"
    ]
    assert len(effects.added_errors(clean, worse, TODAY)) == 2


def test_the_same_error_once_more_is_one_that_was_added():
    once = read(edited('- "022"  # Chirurgie gynécologique', '- "999"')[0], "x")
    twice = read(once.text.replace('"053"  # Gynécologie médicale', '"999"'), "x")
    assert effects.added_errors(once, twice, TODAY)


def test_labels_of_a_person_are_taken_for_their_codes():
    given = {
        "rpps": "1",
        "profession": "Médecin",
        "civilite": None,
        "secteur": "secteur_1",
        "nom": "A",
    }
    assert edition.practitioner_fields(given) == {
        "rpps": "1", "profession": "10", "secteur": "secteur_1", "nom": "A"}  # fmt: skip
    with pytest.raises(UsageError, match="professions"):
        edition.practitioner_fields({"profession": "magicien"})
