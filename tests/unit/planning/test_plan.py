"""The guards on both sides of their thresholds, and the nodes that a plan touches."""

from time import process_time
from typing import Any

import pytest

from rorcli.model import Establishment, decode
from rorcli.planning.facts import facts
from rorcli.planning.limits import GUARDS, Thresholds
from rorcli.planning.plan import Plan, Sides, by_node


def establishment(unit: dict[str, Any] | None = None, **site: Any) -> Establishment:
    uo = {"type": "uo", "id": "52/1", "nom": "UO", **(unit or {})}
    return decode({"entite_juridique": {"finess": "440099901"},
                   "etablissement": {"finess": "440099919", "unites": [uo], **site}})  # fmt: skip


def plan_of(ours: Establishment, theirs: Establishment, *, base: bool = True) -> Plan:
    known = facts(theirs) if base else None
    return Sides.of(ours, theirs, known).plan("440099919", "1", Thresholds())


def guards(ours: Establishment, theirs: Establishment, *, base: bool = True) -> dict[str, int]:
    return {guard.name: guard.count for guard in plan_of(ours, theirs, base=base).guards}


def activities(count: int) -> dict[str, Any]:
    return {"activites": [f"{n:03}" for n in range(count)]}


def beds(count: int | None, statut: str = "installe") -> dict[str, Any]:
    measure = {"nature": "lit", "statut": statut, "nombre": count}
    return {"lieux": [{"id": "L", "capacites": [measure]}]}


CASES = [
    # Removing less, then more, than 30 % of ten or more; more than twenty whatever the share.
    (activities(9), activities(5), {}),
    (activities(10), activities(7), {}),
    (activities(10), activities(6), {"mass-delete": 4}),
    (activities(100), activities(80), {}),
    (activities(100), activities(79), {"mass-delete": 21}),
    # A list that becomes empty, from three on.
    (activities(2), activities(0), {}),
    (activities(3), activities(0), {"empty-section": 1}),
    ({"mssante": ["a@x", "b@x", "c@x"]}, {"mssante": []}, {}),
    # Installed capacity down to zero, or by half and five.
    (beds(1), beds(0), {"capacity-drop": 1}),
    (beds(9), beds(5), {}),
    (beds(10), beds(6), {}),
    (beds(10), beds(5), {"capacity-drop": 1}),
    (beds(8), beds(4), {}),
    (beds(10, "occupe"), beds(0, "occupe"), {}),
    (beds(5), beds(50), {}),
]


@pytest.mark.parametrize(("before", "after", "met"), CASES)
def test_counting_guards_stop_from_their_threshold_on(before, after, met):
    assert guards(establishment(after), establishment(before)) == met


STRUCTURE = [
    ({"unites": []}, {"structure": 1}),
    ({"unites": [{"type": "uo", "id": "52/1", "nom": "UO"}, {"type": "uo", "nom": "Neuve"}]},
     {"structure": 1}),
    ({"unites": [{"type": "uf", "id": "52/1", "nom": "UO"}]}, {"structure": 1}),
    ({"unites": [{"type": "uo", "id": "52/1", "nom": "Autre nom"}]}, {}),
    ({"unites": [{"type": "pole", "id": "52/2", "nom": "P",
                  "unites": [{"type": "uo", "id": "52/1", "nom": "UO"}]}]}, {"structure": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("site", "met"), STRUCTURE)
def test_structure_is_not_a_hospital_s_to_change(site, met):
    assert guards(establishment(**site), establishment()) == met


@pytest.mark.parametrize(
    ("before", "after", "met"),
    [
        ({"siret": "1"}, {"siret": "2"}, {"identity": 1}),
        ({"siret": "1", "categorie": "a"}, {"siret": "2", "categorie": "b"}, {"identity": 2}),
        ({}, {"siret": "2"}, {}),
        ({"nom": "A"}, {"nom": "B"}, {}),
    ],
)
def test_identity_is_guarded_once_it_is_known(before, after, met):
    assert guards(establishment(**after), establishment(**before)) == met


@pytest.mark.parametrize(
    ("before", "after", "met"),
    [
        ({}, {"nom": "A"}, {}),
        ({"nom": "A"}, {"nom": "B"}, {"no-base": 1}),
        ({"nom": "A"}, {"nom": None}, {"no-base": 1}),
        ({"adresse": {"voie": "v", "commune": "c"}}, {"adresse": None}, {"no-base": 1}),
        ({"contacts": [{"nature": "01", "telephone": "1"}]}, {"contacts": []}, {"no-base": 1}),
        ({"contacts": []}, {"contacts": [{"nature": "01", "telephone": "1"}]}, {}),
    ],
)
def test_without_a_base_adding_is_free_and_replacing_is_not(before, after, met):
    assert guards(establishment(**after), establishment(**before), base=False) == met


@pytest.mark.parametrize(
    ("statut", "met"), [("disponible", {}), ("occupe", {}), ("installe", {"no-base": 1})]
)
def test_the_count_of_the_day_replaces_the_one_before_without_a_base(statut, met):
    def counted(nombre: int) -> Establishment:
        measure = {"nature": "lit", "statut": statut, "nombre": nombre}
        return establishment({"lieux": [{"id": "L", "capacites": [measure]}]})

    assert guards(counted(9), counted(10), base=False) == met


def test_each_guard_is_lifted_by_its_own_name():
    plan = plan_of(
        establishment(activities(0), siret="2"), establishment(activities(40), siret="1")
    )
    assert {guard.name for guard in plan.guards} == {"identity", "mass-delete", "empty-section"}
    assert [g.name for g in plan.refusals({"identity", "mass-delete"})] == ["empty-section"]
    assert plan.refusals(GUARDS) == []


def test_messages_say_count_threshold_and_setting():
    (guard,) = plan_of(establishment(activities(6)), establishment(activities(10))).guards
    assert "4 activités sur 10" in guard.message
    assert "30 % dès 10" in guard.message
    assert "guards.mass_delete_" in guard.message


def test_a_plan_touches_the_nodes_whose_resource_changes():
    shared = {"lieux": [{"id": "L"}]}
    two = [{"type": "uo", "id": "52/1", "nom": "A", **beds(3)},
           {"type": "uo", "id": "52/2", "nom": "B", **shared}]  # fmt: skip
    fewer = [{**two[0], **beds(4)}, two[1]]
    assert plan_of(establishment(unites=fewer), establishment(unites=two)).touched == {
        "52/1", "52/2"}  # fmt: skip
    assert plan_of(establishment(nom="B"), establishment(nom="A")).touched == {""}
    other = decode({"entite_juridique": {"finess": "440099901", "raison_sociale": "R"}})
    assert plan_of(other, establishment()).touched == {"ej"}


def places(*counts: int, **keys: Any) -> list[dict[str, Any]]:
    return [{"id": f"L{n}", "capacites": beds(count)["lieux"][0]["capacites"], **keys}
            for n, count in enumerate(counts)]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "met"),
    [
        # The beds of a lieu go with it, unless another of the UO has them or somebody stays there.
        ({"lieux": places(12)}, {"lieux": []}, {"capacity-drop": 1}),
        ({"lieux": places(12, 4)}, {"lieux": places(12)}, {"capacity-drop": 1}),
        ({"lieux": places(0)}, {"lieux": []}, {}),
        ({"lieux": [{"nom": "A", **beds(12)["lieux"][0], "id": None}]},
         {"lieux": [{"nom": "B", **beds(12)["lieux"][0], "id": None}]}, {}),
        ({"lieux": [{"nom": "A", **beds(12)["lieux"][0], "id": None}]},
         {"lieux": [{"nom": "B", **beds(6)["lieux"][0], "id": None}]}, {"capacity-drop": 1}),
        # A list is empty when the store's is, whoever filled it.
        (activities(3), {"activites": ["900"]}, {}),
        ({"contacts": [{"nature": f"0{n}"} for n in range(3)]}, {"contacts": []},
         {"empty-section": 1}),
    ],
)  # fmt: skip
def test_what_goes_with_something_else_counts_as_gone(before, after, met):
    assert guards(establishment(after), establishment(before)) == met


def test_a_lieu_where_another_uo_works_keeps_its_beds():
    other = {"type": "uo", "id": "52/2", "nom": "B", "lieux": [{"id": "L"}]}
    uo = {"type": "uo", "id": "52/1", "nom": "A"}
    before = establishment(unites=[{**uo, **beds(12)}, other])
    assert guards(establishment(unites=[{**uo, "lieux": []}, other]), before) == {}


def test_a_unit_that_goes_is_one_matter_of_structure():
    before = establishment({**activities(5), **beds(12)})
    assert guards(establishment(unites=[]), before) == {"structure": 1}


def test_a_list_that_the_directory_fills_meanwhile_does_not_become_empty():
    base, theirs = establishment(activities(3)), establishment(activities(4))
    found = Sides.of(establishment(activities(0)), theirs, facts(base))
    assert found.plan("440099919", "1", Thresholds()).guards == ()


def test_a_unit_that_moves_and_changes_level_counts_once():
    pole = {"type": "pole", "id": "52/2", "nom": "P"}
    uo = {"type": "uo", "id": "52/1", "nom": "UO"}
    before = establishment(unites=[{**pole, "unites": []}, uo])
    after = establishment(unites=[{**pole, "unites": [{**uo, "type": "uf"}]}])
    assert guards(after, before) == {"structure": 1}


def test_thresholds_are_those_of_the_settings():
    strict = Thresholds(mass_delete_percent=0, mass_delete_min=1, empty_section_min=1)
    sides = Sides.of(establishment(activities(0)), establishment(activities(1)), None)
    met = {guard.name for guard in sides.plan("440099919", "1", strict).guards}
    assert met == {"no-base", "mass-delete", "empty-section"}


def test_changes_are_gathered_by_node():
    plan = plan_of(establishment(activities(1), nom="B"), establishment(activities(2), nom="A"))
    assert {node: len(each) for node, each in by_node(plan.changes).items()} == {
        ("etablissement",): 1, ("unites", "52/1"): 1}  # fmt: skip


def test_a_whole_hospital_of_changes_is_compared_and_guarded_at_once():
    units = [{"type": "uo", "id": f"52/{n}", "nom": "A", **activities(3),
              "contacts": [{"nature": "07", "telephone": str(n)}],
              "lieux": [{"id": f"L{n}", "nom": "A"}]} for n in range(1500)]  # fmt: skip
    bare = [{**unit, "activites": [], "contacts": [], "lieux": []} for unit in units]
    started = process_time()
    assert len(plan_of(establishment(unites=units), establishment(unites=bare)).changes) > 10_000
    assert process_time() - started < 4, "linear work takes a tenth, squares eight times that"
