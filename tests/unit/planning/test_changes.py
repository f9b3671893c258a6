"""Ownership, three-way comparison, the base after a push: what may be written, and what never."""

from typing import Any

import pytest

from rorcli.items import Lieu
from rorcli.model import Establishment, decode, to_data
from rorcli.planning.changes import (
    Change,
    Choice,
    Merge,
    apply_changes,
    completed,
    differences,
    merge,
    rebase,
)
from rorcli.planning.facts import Facts, assemble, doubles, facts, locate, rekey
from rorcli.planning.plan import Sides

UO = ("unites", "52/1")


def establishment(unit: dict[str, Any] | None = None, **site: Any) -> Establishment:
    uo = {"type": "uo", "id": "52/1", "nom": "UO", **(unit or {})}
    return decode({
        "entite_juridique": {"finess": "440099901"},
        "etablissement": {"finess": "440099919", "unites": [uo], **site},
    })  # fmt: skip


def ours_of(ours: Establishment, theirs: Establishment, base: Facts | None = None) -> set[Any]:
    """Paths that a push would write, without the defaults of new items."""
    return {c.path for c in merge(facts(ours), facts(theirs), base).ours}


def planned(ours: Establishment, theirs: Establishment) -> Merge:
    """What a push without a base would write, the defaults of new items included."""
    return completed(merge(facts(ours), facts(theirs), None), facts(ours), facts(theirs))


CONTACT = {"nature": "01", "telephone": "1", "courriel": "a@x"}
CAPACITE = {"nature": "lit", "statut": "installe", "nombre": 3}
PRATICIEN = {"rpps": "10099999996", "nom": "N", "specialite": "SM19"}


@pytest.mark.parametrize(
    ("ours", "theirs", "written"),
    [
        # An absent key is not managed; null and the empty list are "none".
        ({}, {"mode_prise_en_charge": "28"}, set()),
        ({"mode_prise_en_charge": None}, {"mode_prise_en_charge": "28"}, {"mode_prise_en_charge"}),
        ({}, {"activites": ["053"]}, set()),
        ({"activites": []}, {"activites": ["053"]}, {"activites"}),
        ({"activites": ["053"]}, {"activites": ["022", "053"]}, {"activites"}),
        ({"mssante": None}, {"mssante": "a@x"}, {"mssante"}),
        ({}, {"contacts": [CONTACT]}, set()),
        ({"contacts": []}, {"contacts": [CONTACT]}, {"contacts"}),
        ({"patientele": {"age_min": "1 an"}}, {"patientele": {"age_min": "1 an", "age_max": "2 ans"}},
         set()),
        # A short key of a contact owns its own channel only.
        ({"contacts": [{"nature": "01", "telephone": "1"}]}, {"contacts": [CONTACT]}, set()),
        ({"contacts": [{"nature": "01", "telephone": None}]}, {"contacts": [CONTACT]}, {"contacts"}),
        ({"contacts": [{"nature": "01", "telecoms": []}]}, {"contacts": [CONTACT]}, {"contacts"}),
        # Order is not a difference.
        ({"activites": ["1", "2"]}, {"activites": ["2", "1"]}, set()),
    ],
)  # fmt: skip
def test_a_file_decides_on_the_keys_that_it_writes(ours, theirs, written):
    paths = ours_of(establishment(ours), establishment(theirs))
    assert {path[2] for path in paths} == written


def test_capacities_are_owned_measure_by_measure():
    theirs = {"lieux": [{"id": "L", "capacites": [CAPACITE, {**CAPACITE, "statut": "occupe"}]}]}
    ours = {"lieux": [{"id": "L", "capacites": [{**CAPACITE, "nombre": 5}]}]}
    paths = ours_of(establishment(ours), establishment(theirs))
    assert paths == {("lieux", "L", "capacites", "lit/installe/01/01/", "nombre")}
    assert ours_of(establishment({"lieux": [{"id": "L", "capacites": []}]}),
                   establishment(theirs)) == set()  # fmt: skip


def test_units_are_removed_only_under_a_parent_that_manages_its_units():
    theirs = establishment()
    silent = decode({"etablissement": {"finess": "440099919"}})
    empty = decode({"etablissement": {"finess": "440099919", "unites": []}})
    assert ours_of(silent, theirs) == set()
    assert UO in ours_of(empty, theirs)
    nested = site({**POLE, "unites": [OWN]})
    assert ours_of(site(POLE), nested) == set()
    assert UO in ours_of(site({**POLE, "unites": []}), nested)
    assert UO in ours_of(empty, nested)


def test_a_lieu_that_a_unit_leaves_keeps_its_own_description():
    theirs = establishment({"lieux": [{"id": "L", "nom": "Lieu"}]})
    assert ours_of(establishment({"lieux": []}), theirs) == {(*UO, "lieux", "L")}


def test_the_director_is_not_touched_by_a_list_of_contacts():
    theirs = establishment(directeur={"nom": "A"}, contacts=[CONTACT])
    assert ours_of(establishment(contacts=[CONTACT]), theirs) == set()
    listed = establishment(contacts=[{"fonction": "01", "nom": "B"}, CONTACT])
    assert ours_of(listed, theirs) == {("etablissement", "directeur", "nom")}


def three_ways(base: str | None, ours: str | None, theirs: str | None) -> str:
    sides = [establishment({"nom": value}) if value else establishment({"nom": None})
             for value in (base, ours, theirs)]  # fmt: skip
    found = merge(facts(sides[1]), facts(sides[2]), facts(sides[0]))
    named = {"ours": found.ours, "theirs": found.theirs, "conflict": found.conflicts}
    return next((name for name, listed in named.items() if listed), "same")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "verdict"),
    [
        ("a", "a", "a", "same"), ("a", "b", "a", "ours"), ("a", "a", "b", "theirs"),
        ("a", "b", "b", "same"), ("a", "b", "c", "conflict"),
        ("a", None, "a", "ours"), ("a", "a", None, "theirs"), ("a", None, None, "same"),
        ("a", None, "b", "conflict"), ("a", "b", None, "conflict"),
        (None, "b", None, "ours"), (None, None, "b", "theirs"), (None, "b", "c", "conflict"),
    ],
)  # fmt: skip
def test_three_way_comparison_is_the_textbook_one(base, ours, theirs, verdict):
    assert three_ways(base, ours, theirs) == verdict


def test_a_key_that_the_base_did_not_manage_has_no_former_value():
    base = facts(decode({"etablissement": {"finess": "440099919"}}))
    found = merge(facts(establishment(nom="B")), facts(establishment(nom="A")), base)
    assert [c.path for c in found.ours] == [("etablissement", "nom")]


def test_new_items_get_their_defaults_and_only_they():
    named = {"nature": "02", "nom": "N", "courriel": "n@x", "mssante": "n@y"}
    desk = {"nature": "03", "mssante": "d@y", "telephone": "4"}
    ours = {"contacts": [CONTACT, named, desk], "lieux": [{"id": "L", "capacites": [CAPACITE]}],
            "praticiens": [PRATICIEN], "activites": ["053"], "patientele": {"age_min": "1 an"},
            "horaires": [{"jours": ["lundi"], "debut": "09:00", "fin": "12:00"}]}  # fmt: skip
    theirs = {"contacts": [{**CONTACT}], "lieux": [{"id": "L"}]}
    found = planned(establishment(ours), establishment(theirs))
    made = {c.path[3:]: c.after for c in found.ours
            if c.path[-1] in {"confidentialite", "temporalite", "affectation", "source"}}  # fmt: skip
    assert made == {
        ("/02/N", "confidentialite"): "2",
        ("/02/N", "telecoms", "3", "n@x", "confidentialite"): "2",
        ("/02/N", "telecoms", "MSSANTE", "n@y", "confidentialite"): "2",
        ("/03/", "confidentialite"): "1",
        ("/03/", "telecoms", "2", "4", "confidentialite"): "1",
        ("/03/", "telecoms", "MSSANTE", "d@y", "confidentialite"): "2",
        ("lit/installe/01/01/", "temporalite"): "01",
        ("lit/installe/01/01/", "affectation"): "01",
        ("lit/installe/01/01/", "source"): "01",
    }


def test_a_number_that_takes_another_s_place_keeps_who_may_see_it():
    hidden = {"canal": "2", "valeur": "1", "confidentialite": "3", "usage": "la nuit"}
    theirs = {"contacts": [{"nature": "01", "telecoms": [hidden]}]}
    ours = {"contacts": [{"nature": "01", "telephone": "2"}]}
    found = planned(establishment(ours), establishment(theirs))
    after = apply_changes(establishment(theirs), found.ours, frozenset())
    (telecom,) = after.etablissement.unites[0].contacts[0].telecoms
    assert (telecom.valeur, telecom.confidentialite, telecom.usage) == ("2", "3", "la nuit")
    bare = {"contacts": [{"nature": "01", "telephone": "1"}]}
    found = planned(establishment(ours), establishment(bare))
    assert not [c for c in found.ours if c.path[-1] in {"confidentialite", "usage"}]


def test_what_the_directory_changed_stays_theirs_push_after_push():
    base = facts(establishment({"nom": "a"}, nom="A"))
    theirs = establishment({"nom": "a"}, nom="B")
    for turn in range(10):
        ours = establishment({"nom": f"a{turn}"}, nom="A")
        found = merge(facts(ours), facts(theirs), base)
        assert [c.path for c in found.theirs] == [("etablissement", "nom")]
        assert [c.path for c in found.ours] == [(*UO, "nom")]
        theirs = apply_changes(theirs, found.ours, frozenset())
        base = rebase(base, facts(ours), facts(theirs))
    assert theirs.etablissement.nom == "B"


def test_what_was_left_out_of_a_push_stays_unknown_to_the_base():
    ours, theirs = establishment(nom="B", siret="1"), establishment(nom="A")
    left = merge(facts(ours), facts(theirs), None).ours
    base = rebase(None, facts(ours), facts(theirs), left=left)
    assert not base.owns(("etablissement", "nom"), {})
    assert base.owns(("etablissement", "finess"), {})


def test_one_person_with_two_situations_is_told_apart_by_specialty_on_both_sides():
    twice = establishment({"praticiens": [PRATICIEN, {**PRATICIEN, "specialite": "SM20"}]})
    once = establishment({"praticiens": [PRATICIEN]})
    assert doubles(once) == frozenset()
    sides = Sides.of(once, twice, facts(once))
    (gone,) = [c for c in merge(sides.ours, sides.theirs, None).ours if c.path[-1] == _TWO]
    assert gone.after is None
    assert sides.base is not None
    assert sides.base == sides.ours
    assert Sides.of(once, once, facts(once)).doubled == frozenset()
    assert rekey(sides.base, frozenset()).values == facts(once).values


_TWO = "10099999996/SM20"


def test_choices_settle_the_conflicts_of_the_units_they_name():
    base, ours, theirs = (establishment({"nom": n}, nom=n) for n in "abc")
    sides = Sides.of(ours, theirs, facts(base))
    found = merge(sides.ours, sides.theirs, sides.base)
    kept = Choice(ours=frozenset({"52/1"})).settle(found, sides.nodes)
    assert [c.path for c in kept.ours] == [(*UO, "nom")]
    assert kept.ours[0] == Change((*UO, "nom"), "c", "b")
    assert len(kept.conflicts) == 1
    taken = Choice(theirs=frozenset({"*"})).settle(found, sides.nodes)
    assert (taken.conflicts, len(taken.theirs)) == ((), 2)


def tree(*units: dict[str, Any]) -> Establishment:
    return decode({"entite_juridique": {"finess": "440099901"},
                   "etablissement": {"finess": "440099919", "unites": list(units)}})  # fmt: skip


def pole(*below: dict[str, Any]) -> dict[str, Any]:
    return {"type": "pole", "id": "P", "nom": "P", "unites": list(below)}


def uo(nom: str) -> dict[str, Any]:
    return {"type": "uo", "id": "U", "nom": nom}


@pytest.mark.parametrize(
    ("ours", "theirs", "choice"),
    [
        (tree(pole(uo("new"))), tree(), Choice(ours=frozenset({"U"}), theirs=frozenset({"P"}))),
        (tree(pole(uo("new"))), tree(), Choice(ours=frozenset({"U"}), theirs=frozenset({"*"}))),
        (tree(), tree(pole(uo("new"))), Choice(ours=frozenset({"P"}), theirs=frozenset({"U"}))),
    ],
)
def test_a_choice_never_leaves_a_unit_without_its_parent(ours, theirs, choice):
    sides = Sides.of(ours, theirs, facts(tree(pole(uo("old")))))
    found = merge(sides.ours, sides.theirs, sides.base)
    settled = sides.settled(found, choice)
    assert settled.conflicts
    whole = sides.settled(found, Choice(ours=frozenset({"U", "P"})))
    assert whole.conflicts == ()
    (*units,) = apply_changes(theirs, whole.ours, sides.doubled).etablissement.unites
    assert units == list(ours.etablissement.unites)


def test_a_unit_that_theirs_removed_stays_or_goes_with_the_lieu_that_we_changed():
    def unit(nom: str) -> dict[str, Any]:
        return {**uo("U"), "lieux": [{"id": "L", "nom": nom}]}

    ours, theirs = tree(pole(unit("new"))), tree(pole())
    compared = Sides.of(ours, theirs, facts(tree(pole(unit("old")))))
    found = merge(compared.ours, compared.theirs, compared.base)
    assert ("unites", "U") in {mine.path for mine, _ in found.conflicts}
    kept = compared.settled(found, Choice(ours=frozenset({"*"})))
    after = apply_changes(theirs, kept.ours, compared.doubled).etablissement.unites
    assert [p.unites for p in after] == [p.unites for p in ours.etablissement.unites]


@pytest.mark.parametrize("whole", [True, False], ids=["unit", "reference"])
def test_what_theirs_changed_in_a_lieu_does_not_go_unseen_with_what_we_withdraw(whole):
    def unit(*lieux: dict[str, Any]) -> dict[str, Any]:
        return {**uo("U"), "lieux": list(lieux)}

    old, new = unit({"id": "L", "nom": "old"}), unit({"id": "L", "nom": "new"})
    ours = tree(pole()) if whole else tree(pole(unit()))
    compared = Sides.of(ours, tree(pole(new)), facts(tree(pole(old))))
    found = merge(compared.ours, compared.theirs, compared.base)
    reference = ("unites", "U", "lieux", "L")
    assert reference in {mine.path for mine, _ in found.conflicts}
    assert not [c for c in found.ours if c.path[:2] == ("unites", "U")]
    kept = compared.settled(found, Choice(ours=frozenset({"*"})))
    after = apply_changes(tree(pole(new)), kept.ours, compared.doubled)
    assert "L" not in str(to_data(after))
    unmoved = Sides.of(ours, tree(pole(old)), facts(tree(pole(old))))
    assert merge(unmoved.ours, unmoved.theirs, unmoved.base).conflicts == ()


def test_facts_are_the_establishment_and_nothing_else():
    held = establishment(
        {"horaires": [{"jours": ["lundi"], "debut": "09:00", "fin": "12:00"}],
         "lieux": [{"id": "L", "capacites": [CAPACITE]}], "contacts": [CONTACT],
         "praticiens": [PRATICIEN], "patientele": {"age_min": "1 an", "age_max": "2 ans"}},
        directeur={"nom": "D"},
    )  # fmt: skip
    assert facts(assemble(facts(held).values)).values == facts(held).values


def test_a_path_reads_in_the_words_of_the_model():
    located = locate((*UO, "contacts", "/01/", "telecoms", "2", "02 61 91 00 01", "usage"))
    assert [(spec.key, identity) for spec, identity in located.steps] == [
        ("contacts", "/01/"), ("telecoms", "2 02 61 91 00 01"), ("usage", "")]  # fmt: skip


OWN = {"type": "uo", "id": "52/1", "nom": "UO"}
POLE = {"type": "pole", "id": "52/9", "nom": "P"}
WITH = {**CONTACT, "description": None}
L, SEEN = {"id": "L", "nom": "Lieu"}, {"id": "L"}


def site(*units: dict[str, Any], **keys: Any) -> Establishment:
    return establishment(unites=list(units), **keys)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "disputed"),
    [
        # We remove an item, they add to it; they remove it, we add to it.
        (establishment(contacts=[{**CONTACT, "site": None}]), establishment(contacts=[]),
         establishment(contacts=[{**CONTACT, "site": "s"}]), "contacts"),
        (establishment(contacts=[WITH]), establishment(contacts=[{**WITH, "description": "d"}]),
         establishment(contacts=[]), "contacts"),
        # A mapping is an item too.
        (establishment(adresse={"voie": "v", "commune": None}), establishment(adresse=None),
         establishment(adresse={"voie": "v", "commune": "c"}), "adresse"),
        # What hangs on a unit: another unit, by its own or by a move.
        (site({**POLE, "unites": []}), site(), site({**POLE, "unites": [OWN]}), "52/9"),
        (site({**POLE, "unites": []}), site({**POLE, "unites": [OWN]}), site(), "52/9"),
        (site({**POLE, "unites": []}, OWN), site({**POLE, "unites": [OWN]}), site(OWN), "52/9"),
        (site({**POLE, "unites": []}, OWN), site(OWN), site({**POLE, "unites": [OWN]}), "52/9"),
        # A lieu that they drop and where one more of our units comes to work.
        (site({**OWN, "lieux": [L]}, {**OWN, "id": "52/2", "lieux": []}),
         site({**OWN, "lieux": [L]}, {**OWN, "id": "52/2", "lieux": [SEEN]}),
         site({**OWN, "lieux": []}, {**OWN, "id": "52/2", "lieux": []}), "L"),
    ],
)  # fmt: skip
def test_what_one_side_removes_and_the_other_changes_inside_is_a_conflict_whole(
    base, ours, theirs, disputed
):
    sides = Sides.of(ours, theirs, facts(base))
    found = merge(sides.ours, sides.theirs, sides.base)
    assert any(disputed in pair[0].path for pair in found.conflicts)
    assert not any(disputed in c.path for c in (*found.ours, *found.theirs))
    settled = Choice(ours=frozenset("*")).settle(found, sides.nodes)
    after = apply_changes(theirs, settled.ours, sides.doubled)
    assert merge(sides.ours, facts(after), None).ours == ()


def test_a_unit_that_they_remove_and_we_change_comes_back_with_its_lieu():
    base = site({**OWN, "lieux": [L]})
    sides = Sides.of(site({**OWN, "nom": "B", "lieux": [L]}), site(), facts(base))
    settled = Choice(ours=frozenset("*")).settle(
        merge(sides.ours, sides.theirs, sides.base), sides.nodes
    )
    (unit,) = apply_changes(site(), settled.ours, sides.doubled).etablissement.unites
    assert (unit.nom, unit.lieux[0].nom) == ("B", "Lieu")


def test_a_default_never_fills_a_key_that_the_file_says_is_none():
    told = {**CONTACT, "confidentialite": None, "courriel": None}
    found = planned(establishment(contacts=[told]), establishment())
    (default,) = [c.path for c in found.ours if c.path[-1] == "confidentialite"]
    assert "telecoms" in default


def test_a_number_of_a_person_whom_only_the_directory_names_is_not_public():
    theirs = establishment(directeur={"nom": "D"})
    found = planned(establishment(directeur={"telephone": "1"}), theirs)
    assert [c.after for c in found.ours if c.path[-1] == "confidentialite"] == ["2"]


def test_two_numbers_for_one_are_new_ones():
    hidden = {"canal": "2", "valeur": "1", "confidentialite": "3"}
    theirs = establishment(contacts=[{"nature": "01", "telecoms": [hidden]}])
    ours = establishment(contacts=[{"nature": "01", "telephone": ["2", "3"]}])
    found = planned(ours, theirs)
    assert {c.path[-2]: c.after for c in found.ours if c.path[-1] == "confidentialite"} == {
        "1": None, "2": "1", "3": "1"}  # fmt: skip


def test_numbers_that_two_contacts_exchange_keep_each_its_own_confidentiality():
    hidden = {"canal": "2", "valeur": "1", "confidentialite": "3"}
    told = {"canal": "2", "valeur": "2", "confidentialite": "1"}
    theirs = establishment(contacts=[{"nature": "01", "telecoms": [hidden]},
                                     {"nature": "02", "telecoms": [told]}])  # fmt: skip
    ours = establishment(
        contacts=[{"nature": "02", "telephone": "1"}, {"nature": "01", "telephone": "2"}]
    )
    levels = {c.path[-2]: c.after for c in planned(ours, theirs).ours
              if c.path[-1] == "confidentialite" and c.after}  # fmt: skip
    assert levels == {"1": "3", "2": "1"}


CHANNELS = [("contact", key) for key in ("telephone", "mobile", "courriel", "mssante")]


@pytest.mark.parametrize(("where", "key"), [*CHANNELS, ("unit", "mssante")])
def test_two_values_in_the_place_of_one_are_a_conflict(where, key):
    def side(value: str | list[str]) -> Establishment:
        told = {key: value}
        return establishment(told if where == "unit" else {"contacts": [{"nature": "07", **told}]})

    def held(establishment: Establishment) -> set[str]:
        unit = establishment.etablissement.unites[0]
        return {t.valeur or "" for c in unit.contacts for t in c.telecoms} | set(unit.mssante)

    base, ours, theirs = (side(value) for value in ("old", "mine", "other"))
    sides = Sides.of(ours, theirs, facts(base))
    found = merge(sides.ours, sides.theirs, sides.base)
    assert {mine.path[-1] for mine, _ in found.conflicts if mine.path[-2:-1] != ("",)} >= {
        "mine",
        "other",
    }
    assert (found.ours, found.theirs) == ((), ())
    kept = Choice(ours=frozenset({"52/1"})).settle(found, sides.nodes)
    assert kept.conflicts == ()
    assert held(apply_changes(theirs, kept.ours, sides.doubled)) == {"mine"}
    left = Choice(theirs=frozenset({"52/1"})).settle(found, sides.nodes)
    assert (left.conflicts, left.ours) == ((), ())


@pytest.mark.parametrize("key", ["mssante", "contacts"])
def test_two_values_in_the_place_of_one_stay_a_conflict_when_something_else_is_saved(key):
    def side(value: str) -> Facts:
        told = value if key == "mssante" else [{"nature": "07", "telephone": value}]
        return facts(establishment({key: told}))

    base, ours, theirs = map(side, ("old", "mine", "other"))
    disputed = merge(ours, theirs, base)
    kept = rebase(base, ours, theirs)
    assert disputed.conflicts
    assert merge(ours, theirs, kept) == disputed
    settled = rebase(kept, theirs, theirs)
    assert (settled.values, merge(ours, theirs, settled).conflicts) == (theirs.values, ())


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (["a"], ["a", "b"], ["a", "c"]),  # both add
        (["a"], ["b"], ["a", "c"]),  # we replace, they add
        (["a", "z"], ["b", "z"], ["a", "y"]),  # each replaces another one
        (["a"], [], ["b"]),  # both drop it, they alone put another
    ],
)
def test_what_does_not_replace_the_same_number_is_no_conflict(base, ours, theirs):
    mine, other, former = (establishment({"mssante": each}) for each in (ours, theirs, base))
    sides = Sides.of(mine, other, facts(former))
    assert merge(sides.ours, sides.theirs, sides.base).conflicts == ()


def test_situations_that_the_base_tells_apart_stay_apart():
    first = {**PRATICIEN, "specialite": "A", "secteur": "secteur_1"}
    second = {**PRATICIEN, "specialite": "B", "secteur": "non_conventionne"}
    both = establishment({"praticiens": [first, second]})
    ours = establishment({"praticiens": [{**first, "secteur": "secteur_2"}]})
    sides = Sides.of(ours, establishment({"praticiens": [first]}), facts(both, doubles(both)))
    found = merge(sides.ours, sides.theirs, sides.base)
    assert [(c.before, c.after) for c in found.ours] == [("secteur_1", "secteur_2")]
    assert found.conflicts == ()


def test_what_both_sides_dropped_is_forgotten():
    base, none = facts(establishment(siret="1")), facts(establishment(siret=None))
    kept = rebase(base, none, facts(establishment()))
    back = merge(none, facts(establishment(siret="1")), kept)
    assert [c.path[-1] for c in back.theirs] == ["siret"]


def test_a_fact_below_what_is_not_there_makes_nothing():
    values = dict(facts(establishment(contacts=[CONTACT], adresse={"voie": "v"})).values)
    for gone in (("etablissement", "contacts", "/01/"), ("etablissement", "adresse"), UO):
        del values[gone]
    made = assemble(values).etablissement
    assert (made.contacts, made.adresse, made.unites) == ((), None, ())


def test_two_states_differ_in_what_either_holds_alone():
    before, after = facts(establishment(nom="A", siret="1")), facts(establishment(nom="B"))
    assert {(c.path[-1], c.before, c.after) for c in differences(before, after)} == {
        ("nom", "A", "B"), ("siret", "1", None)}  # fmt: skip


def test_two_units_that_each_side_puts_under_the_other_are_a_conflict():
    one, other = ({"type": "service", "id": key, "nom": key, "unites": []} for key in "AB")
    base = site(one, other)
    ours, theirs = site({**one, "unites": [other]}), site({**other, "unites": [one]})
    found = merge(facts(ours), facts(theirs), facts(base))
    assert {pair[0].path for pair in found.conflicts} == {
        ("unites", "A", "parent"), ("unites", "B", "parent")}  # fmt: skip
    settled = Choice(ours=frozenset("*")).settle(found, Sides.of(ours, theirs, facts(base)).nodes)
    after = apply_changes(theirs, settled.ours, frozenset())
    assert [placed.path for placed in after.units()] == ["A", "A > B"]


def test_a_unit_that_comes_back_has_what_it_stands_under_back():
    pole = {**POLE, "unites": [OWN]}
    renamed = site({**pole, "unites": [{**OWN, "nom": "B"}]})
    for ours, theirs, choice in (
        (renamed, site(), Choice(ours=frozenset("*"))),
        (site(), renamed, Choice(theirs=frozenset("*"))),
    ):
        sides = Sides.of(ours, theirs, facts(site(pole)))
        settled = choice.settle(merge(sides.ours, sides.theirs, sides.base), sides.nodes)
        after = apply_changes(theirs, settled.ours, sides.doubled)
        assert [placed.path for placed in after.units()] == ["P", "P > B"]


def test_a_unit_that_both_sides_move_keeps_both_its_new_homes_from_going():
    homes = [{"type": "pole", "id": key, "nom": key, "unites": []} for key in "ABC"]
    base = site({**homes[0], "unites": [OWN]}, homes[1], homes[2])
    ours = site(homes[0], {**homes[1], "unites": [OWN]}, homes[2])
    theirs = site(homes[0], {**homes[2], "unites": [OWN]})
    sides = Sides.of(ours, theirs, facts(base))
    settled = Choice(ours=frozenset("*")).settle(
        merge(sides.ours, sides.theirs, sides.base), sides.nodes
    )
    after = apply_changes(theirs, settled.ours, sides.doubled)
    assert "B > UO" in {placed.path for placed in after.units()}


def test_only_what_is_contested_waits_and_the_rest_goes_through():
    base = establishment(nom="A", siret="1", contacts=[WITH])
    ours = establishment(nom="B", siret="1", contacts=[])
    theirs = establishment(nom="A", siret="2", contacts=[{**WITH, "description": "d"}])
    found = merge(facts(ours), facts(theirs), facts(base))
    assert [c.path[-1] for c in found.ours] == ["nom"]
    assert [c.path[-1] for c in found.theirs] == ["siret"]
    assert {pair[0].path[1] for pair in found.conflicts} == {"contacts"}


def test_lieux_without_id_belong_to_their_uo():
    rooms = [{**OWN, "id": key, "lieux": [{"nom": "Salle", "id_externe": key}]} for key in "AB"]
    held = site(*rooms)
    assert {path[1] for path in facts(held).values if path[0] == "lieux"} == {
        "A#nom:Salle", "B#nom:Salle"}  # fmt: skip
    made = assemble(facts(held).values)
    assert [placed.unit.lieux[0].id_externe for placed in made.units()] == ["A", "B"]


def test_a_shared_lieu_is_described_once_and_then_referred_to():
    held = site({**OWN, "lieux": [L]}, {**OWN, "id": "52/2", "lieux": [SEEN]})
    first, second = assemble(facts(held).values).etablissement.unites
    assert (first.lieux[0].nom, second.lieux[0].managed) == ("Lieu", frozenset({"id"}))
    assert (
        assemble({(*UO, "lieux", "L"): True, UO: True}).etablissement.unites[0].lieux[0].id == "L"
    )
    assert locate((*UO, "lieux", "L")).noun is None
    assert locate(("lieux", "L")).noun is Lieu
