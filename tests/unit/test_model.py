"""Plain data and nouns: the forms that the file offers come to one, and go back as they came."""

import re
from dataclasses import FrozenInstanceError

import pytest

from rorcli.fields import Kind
from rorcli.items import Adresse, Capacite, Contact, Horaire, Lieu, Praticien, Telecom
from rorcli.model import (
    EntiteGeographique,
    Unite,
    age_in_days,
    decode,
    keys_of,
    meant_key,
    spec_at,
    to_data,
)


@pytest.mark.parametrize(
    ("word", "key"),
    [("tel", "telephone"), ("Mail", "courriel"), ("e-mail", "courriel"), ("FAX", "telecopie"),
     ("portable", "mobile"), ("téléphone", "telephone"), ("couriel", "courriel"),
     ("medecins", ""), ("ville", ""), ("zzz", "")],
)  # fmt: skip
def test_another_word_for_a_key_is_known_where_that_key_may_stand(word, key):
    assert meant_key(word, keys_of(Contact)) == key


def contact(**data: object) -> Contact:
    return Contact.read(data, "/c")


def test_the_short_form_of_a_contact_is_its_telecoms_in_the_order_of_the_format():
    read = contact(courriel="a@x", telephone=["1", "2"])
    assert [(t.canal, t.valeur, t.pointer) for t in read.telecoms] == [
        ("2", "1", "/c/telephone/0"), ("2", "2", "/c/telephone/1"), ("3", "a@x", "/c/courriel"),
    ]  # fmt: skip
    assert read.managed == {"courriel", "telephone"}
    assert read.values("telephone") == ("1", "2")


@pytest.mark.parametrize(
    "data",
    [
        {"telephone": "1"},
        {"telephone": ["1", "2"]},
        {"telephone": None},
        {"nature": "06", "telecoms": [{"canal": "2", "valeur": "1", "confidentialite": "3"}]},
        {"telephone": "1", "telecoms": [{"canal": "8", "valeur": "15"}]},
        {"telecoms": []},
        {"telecoms": [{"canal": "2", "valeur": "1"}]},
        {"nom": None, "mssante": "a@x.mssante.example"},
    ],
)
def test_a_contact_goes_back_in_the_form_that_it_had(data):
    assert contact(**data).to_data() == data


def test_a_noun_shows_what_it_holds_and_cannot_be_changed():
    read = contact(nature="06", telephone="1")
    assert repr(read) == "Contact(nature='06')"
    with pytest.raises(FrozenInstanceError):
        read.nature = "07"
    with pytest.raises(TypeError, match="couleur"):
        Contact(couleur="bleu")
    assert read != contact(nature="07", telephone="1")
    assert hash(read) == hash(contact(nature="06", telephone="1"))


def test_hours_are_one_noun_a_day_and_are_written_together():
    data = {"jours": ["mardi", "lundi"], "debut": "09:00", "fin": "17:00"}
    assert [h.identity for h in Horaire.read_all(data, "")] == ["mardi 09:00", "lundi 09:00"]
    unit = Unite.read({"horaires": [data]}, "")
    assert unit.to_data() == {"horaires": [{**data, "jours": ["lundi", "mardi"]}]}


def test_the_director_has_one_home():
    listed = EntiteGeographique.read({"contacts": [{"fonction": "01", "nom": "A"}, {}]}, "")
    assert listed.directeur == contact(nom="A")
    assert len(listed.contacts) == 1
    said = EntiteGeographique.read({"directeur": {"fonction": "01", "nom": "A"}}, "")
    assert said.directeur == listed.directeur
    assert EntiteGeographique.read({"directeur": None}, "").managed == {"directeur"}
    both = EntiteGeographique.read(
        {"directeur": {"nom": "A"}, "contacts": [{"fonction": "01"}]}, ""
    )
    assert len(both.contacts) == 1


def test_absent_null_and_empty_are_three_things():
    read = Unite.read({"nom": None, "activites": []}, "")
    assert (read.nom, read.activites, read.contacts) == (None, (), ())
    assert read.managed == {"nom", "activites"}
    assert read.to_data() == {"nom": None, "activites": []}


def test_what_has_a_wrong_type_is_left_out_and_the_rest_is_read():
    data = {"etablissement": {"nom": 3, "siret": "1", "contacts": [7, {"nature": "06"}],
                              "adresse": "ici", "unites": {"type": "uo"}, "inconnue": 1}}  # fmt: skip
    site = decode(data).etablissement
    assert (site.nom, site.siret, len(site.contacts), site.adresse) == (None, "1", 1, None)
    assert site.managed == {"siret", "contacts"}


def test_units_know_their_path_their_key_and_the_latest_day_above_them():
    uo = {"type": "uo", "nom": "C", "verifie_le": "2026-01-02"}
    pole = {"type": "pole", "id": "52/1", "nom": "P", "verifie_le": "2026-03-04", "unites": [uo]}
    made = decode({"etablissement": {"verifie_le": "2026-02-03", "unites": [pole]}})
    placed = list(made.units())
    assert [p.path for p in placed] == ["P", "P > C"]
    assert [p.key for p in placed] == ["52/1", "52/1>nouvelle:uo:C"]
    assert [p.verifie_le for p in placed] == ["2026-03-04", "2026-03-04"]
    assert [p.unit.is_uo for p in placed] == [False, True]
    (alone,) = decode({"etablissement": {"finess": "2", "unites": [uo]}}).units()
    assert (alone.key, alone.parent_key) == (">nouvelle:uo:C", "")
    assert (decode({"etablissement": {"finess": "2"}}).finess, decode({}).finess) == ("2", "")


def test_data_comes_back_with_its_format():
    data = {"format": 1, "entite_juridique": {"finess": "1"}, "etablissement": {"finess": "2"}}
    assert to_data(decode(data)) == data


@pytest.mark.parametrize(
    ("pointer", "label"),
    [
        ("/etablissement/nom", "Nom"),
        ("/etablissement/contacts/0/telephone/1", "Téléphone"),
        ("/etablissement/unites/0/unites/3/lieux/0/capacites/2/nombre", "Nombre"),
        ("/etablissement/directeur/nom", "Nom"),
        ("/etablissement/inconnue", None),
        ("/etablissement/nom/dessous", None),
    ],
)
def test_a_pointer_leads_to_the_declaration_of_its_key(pointer, label):
    spec = spec_at(pointer)
    assert (spec.label if spec else None) == label


def test_a_contact_offers_its_short_keys_too():
    assert {"telephone", "telecoms"} <= keys_of(Contact).keys()
    assert keys_of(Contact)["telephone"].kind is Kind.TEXTS
    assert dict(keys_of(str)) == {}
    assert "telephone" not in keys_of(Unite)


@pytest.mark.parametrize(
    ("age", "days"), [("1 an", 365.25), ("2 ans", 730.5), ("6 mois", 182.625),
                      ("3 semaines", 21), ("1 jour", 1)]
)  # fmt: skip
def test_ages_compare_in_days(age, days):
    assert age_in_days(age) == pytest.approx(days)


@pytest.mark.parametrize("age", ["15", "15 anss", "15 moiss", "quinze ans", "15  ans", "-1 an", ""])
def test_an_age_is_a_number_and_a_unit(age):
    with pytest.raises(ValueError, match=f"^{re.escape(age)}$"):
        age_in_days(age)


@pytest.mark.parametrize(
    ("number", "read"), [(24, 24), (24.0, 24), (24.5, None), (True, None), ("24", None)]
)
def test_a_count_is_a_whole_number(number, read):
    assert Capacite.read({"nombre": number}, "").nombre == read


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        (Contact(fonction="12", nom="N"), "12//N"),
        (Telecom(canal="2", valeur="1"), "2:1"),
        (Horaire(jours=("lundi",), debut="09:00"), "lundi 09:00"),
        (Praticien(rpps="1", specialite="S"), "1"), (Praticien(), ""),
        (Capacite(nature="lit", statut="ferme", genre="M"), "lit/ferme/01/01/M"),
        (Capacite(nature="lit", statut="ferme", temporalite="02"), "lit/ferme/02/01/"),
        (Lieu(id="L", nom="N"), "L"), (Lieu(nom="N"), "nom:N"), (Lieu(), "nom:"),
        (Unite(id="1", nom="N"), "1"), (Unite(type="uf", nom="N"), "nouvelle:uf:N"),
    ],
)  # fmt: skip
def test_an_item_is_known_by_its_identity(item, identity):
    assert item.identity == identity


def test_only_the_items_of_a_list_have_an_identity():
    with pytest.raises(NotImplementedError):
        _ = Adresse().identity


@pytest.mark.parametrize("value", [[1], 1, {"a": "b"}, ["a", None]])
def test_texts_are_texts_or_nothing(value):
    assert Unite.read({"mssante": value}, "").managed == frozenset()
    assert contact(telephone=value).managed == frozenset()


def test_null_is_written_where_a_mapping_may_be_none_and_never_for_the_two_entities():
    assert Lieu.read({"adresse": None}, "").to_data() == {"adresse": None}
    made = decode({"entite_juridique": None, "etablissement": None})
    assert (made.managed, made.etablissement.pointer) == (frozenset(), "/etablissement")


def test_days_are_a_list_even_when_there_is_one():
    data = {"horaires": [{"jours": ["lundi"], "debut": "09:00", "fin": "12:00"}]}
    assert Unite.read(data, "").to_data() == data
    assert next(Horaire.read_all(data["horaires"][0], "")).to_data() == data["horaires"][0]
