"""What people type to name a unit, a key or a code means one thing, or they are told what to type."""

import pytest

from rorcli.errors import UsageError
from rorcli.model import decode
from rorcli.text.document import read
from rorcli.text.selectors import (
    EG_POINTER,
    EJ_POINTER,
    find_unit,
    node_keys,
    resolve,
    select_units,
)

TEXT = """\
etablissement:
  finess: "440099919"
  nom: Hôpital des Saules
  directeur: {nom: MARTIN}
  contacts:
    - fonction: "12"
      nom: M. DURAND
      telephone: "02 61 91 00 12"
    - nature: "06"
      telecoms:
        - {canal: "3", valeur: accueil@ch.example, confidentialite: "3"}
        - {canal: "2", valeur: "02 61 91 00 01"}
        - {canal: "2", valeur: "02 61 91 00 02"}
  unites:
    - type: pole
      id: "1"
      nom: Pôle mère
      unites:
        - {type: uf, id: "2", nom: Gynécologie, mssante: g@ch.mssante.example}
        - type: uo
          id: "3"
          nom: Consultations de gynécologie
          unite_sensible: true
          activites: ["053"]
          contacts: [{nature: "02", courriel: rdv@ch.example}]
          praticiens: [{rpps: "10099999996", nom: A}]
          lieux: [{id: L1, nom: A}, {nom: B}]
    - type: pole
      id: "4"
      nom: Pôle bis
      unites:
        - {type: uo, id: "5", nom: Consultations de gynécologie}
        - {type: uf, id: "6", nom: "1"}
"""
DATA = read(TEXT, "x").data
HOSPITAL = decode(DATA)
UNITS = {placed.key: placed.unit.pointer for placed in HOSPITAL.units()}
UO = UNITS["3"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("3", "3"), ("1", "1"),  # an id before a name
        ("gynecologie", "2"), ("GYNÉCOLOGIE", "2"),  # a whole name before a piece
        ("bis", "4"), ("ôle mèr", "1"),
        ("Pôle mère > Consultations de gynécologie", "3"),
        ("mère > consultations", "3"), ("bis > Consult", "5"),
    ],
)  # fmt: skip
def test_a_unit_is_known_by_id_then_name_then_a_piece_of_its_path(name, key):
    assert find_unit(HOSPITAL, name).key == key


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("consultations", ["2 unités", "3  Pôle mère > Cons", "5  Pôle bis > Cons", "« Pôle > "]),
        ("mère > absente", ["aucune unité", "dans Hôpital des Saules", "rorcli show"]),
        ("consultation de gynécologi", ["vouliez-vous dire « Consultations de gynécologie »"]),
        ("", ["6 unités"]),
    ],
)
def test_any_other_name_is_told_with_what_to_type(name, said):
    with pytest.raises(UsageError) as refused:
        find_unit(HOSPITAL, name)
    for words in said:
        assert words in f"{refused.value.message} → {refused.value.remedy}"


def test_nodes_are_named_by_units_by_the_finess_or_all_at_once():
    assert node_keys(HOSPITAL, ["bis > consult", "440099919"]) == {"5", "", "ej"}
    assert node_keys(HOSPITAL, ["*"]) == {"*"}
    with pytest.raises(UsageError):
        node_keys(HOSPITAL, ["4400999"])


@pytest.mark.parametrize(
    ("patterns", "keys"),
    [
        ([("type", "uo")], ["3", "5"]),
        ([("type", "UO"), ("id", "[34]")], ["3"]),
        ([("nom", "consultations*")], ["3", "5"]),
        ([("activites", "05?")], ["3"]),
        ([("unite_sensible", "true")], ["3"]),
        ([("nom", "rien")], []),
    ],
)
def test_units_are_chosen_by_globs_on_their_keys(patterns, keys):
    assert [placed.key for placed in select_units(HOSPITAL, patterns)] == keys


@pytest.mark.parametrize("key", ["couleur", "contacts", "patientele", "telephone"])
def test_a_glob_is_on_a_key_of_units_that_holds_words(key):
    with pytest.raises(UsageError, match="--where"):
        select_units(HOSPITAL, [(key, "*")])


PLACES = [
    (EG_POINTER, "nom", "/etablissement/nom", {}),
    (EG_POINTER, "adresse.code_postal", "/etablissement/adresse/code_postal", {}),
    (EG_POINTER, "mobile", "/etablissement/contacts/1/mobile", {}),  # the first without function
    (EG_POINTER, "courriel", "/etablissement/contacts/1/telecoms/0/valeur", {}),
    (EG_POINTER, "mssante", "/etablissement/contacts/1/mssante", {}),
    (EG_POINTER, "contacts[12].site", "/etablissement/contacts/2/site", {"nature": "12"}),
    (EG_POINTER, "contacts[fonction:12].courriel", "/etablissement/contacts/0/courriel", {}),
    (EG_POINTER, "contacts[Standard].telecopie", "/etablissement/contacts/1/telecopie", {}),
    (EG_POINTER, "contacts[nom:M. DURAND].prenom", "/etablissement/contacts/0/prenom", {}),
    (EG_POINTER, "contacts[fonction:01].prenom", "/etablissement/directeur/prenom", {}),
    (EG_POINTER, "unites[4].nom", f"{UNITS['4']}/nom", {}),
    (EJ_POINTER, "telephone", "/entite_juridique/contacts/0/telephone", {"nature": "07"}),
    (EJ_POINTER, "contacts[fonction:01].nom", "/entite_juridique/contacts/0/nom", {"fonction": "01"}),
    (UNITS["2"], "mssante", f"{UNITS['2']}/mssante", {}),
    (UNITS["2"], "telephone", f"{UNITS['2']}/contacts/0/telephone", {"nature": "07"}),
    (UO, "courriel", f"{UO}/contacts/0/courriel", {}),
    (UO, "contacts[02].mssante", f"{UO}/contacts/0/mssante", {}),
    (UO, "praticiens[10099999996].secteur", f"{UO}/praticiens/0/secteur", {}),
    (UO, "lieux[L1].adresse.voie", f"{UO}/lieux/0/adresse/voie", {}),
    (UO, "patientele.age_min", f"{UO}/patientele/age_min", {}),
]  # fmt: skip


@pytest.mark.parametrize(("node", "key", "pointer", "made"), PLACES, ids=[p[2] for p in PLACES])
def test_a_key_leads_to_its_place(node, key, pointer, made):
    place = resolve(DATA, node, key)
    assert (place.pointer, dict(place.item)) == (pointer, made)
    assert place.spec.key == pointer.rpartition("/")[2]
    assert bool(place.holder) == bool(made)


def test_the_director_is_where_the_file_has_it():
    contacts = read(TEXT.replace("  directeur: {nom: MARTIN}\n", "").replace('"12"', '"01"'), "x")
    for key in ("directeur.nom", "contacts[fonction:01].nom"):
        assert resolve(contacts.data, EG_POINTER, key).pointer == "/etablissement/contacts/0/nom"
    neither = read("etablissement: {}", "x").data
    assert resolve(neither, EG_POINTER, "directeur.nom").pointer == "/etablissement/directeur/nom"


NOWHERE = [
    (EG_POINTER, "teléphone", "« telephone »"),
    (EG_POINTER, "format", "clés : finess"),
    (EG_POINTER, "nom.x", "n'en contient pas"),
    (EG_POINTER, "contacts[06].mobile.x", "clé inconnue"),
    (EG_POINTER, "", "clé inconnue"),
    (EG_POINTER, "adresse", "adresse.commune="),
    (EG_POINTER, "contacts", "add-activity"),
    (EG_POINTER, "contacts[06]", "add-activity"),
    (EG_POINTER, "contacts[99].mobile", "rorcli codes natures-contact"),
    (EG_POINTER, "contacts[09].adresse.voie", "clé inconnue"),
    (EG_POINTER, "contacts[couleur:bleu].mobile", "fonction:12"),
    (EG_POINTER, "contacts[06].telephone", "plusieurs valeurs, écrites sous « telecoms »"),
    (UO, "praticiens[1].nom", "aucun élément"),
    (
        EG_POINTER,
        "contacts.nom",
        "désignez un élément : contacts[fonction:12].nom=, contacts[06].nom=",
    ),
    (EG_POINTER, "unites.nom", "--unit UNITÉ"),
    (UO, "horaires.debut", "une liste"),
    (UO, "horaires[lundi].debut", "à la main"),
    (UO, "lieux[B].nom", "aucun élément"),
]


@pytest.mark.parametrize(("node", "key", "said"), NOWHERE, ids=[p[1] for p in NOWHERE])
def test_a_key_that_leads_nowhere_is_told_with_what_to_type(node, key, said):
    with pytest.raises(UsageError) as refused:
        resolve(DATA, node, key)
    assert said in f"{refused.value.message} → {refused.value.remedy}"


def test_two_contacts_that_a_selector_means_are_left_to_a_person():
    twice = read('etablissement: {contacts: [{nature: "07", nom: A}, {nature: "07", nom: B}]}', "x")
    with pytest.raises(UsageError, match="désigne 2 éléments"):
        resolve(twice.data, EG_POINTER, "contacts[07].mobile")


@pytest.mark.parametrize("held", [5, "x", [1, [2]], {"nature": "06"}, None])
def test_a_list_that_is_none_breaks_nothing(held):
    data = {"etablissement": {"contacts": held}}
    for key in ("telephone", "contacts[09].nom", "directeur.nom"):
        assert resolve(data, EG_POINTER, key).pointer.startswith(EG_POINTER)
