"""What becomes of a clinic that a server of the ROR holds."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from rorcli.model import decode
from rorcli.planning.facts import assemble, doubles, facts
from rorcli.stores.base import valued
from rorcli.stores.fhir.bag import MemoryBag
from rorcli.stores.fhir.keys import new_id
from rorcli.stores.fhir.reading import Tree, read, sites
from rorcli.stores.fhir.writing import pairs
from tests.fhir import changes, tree_of
from tests.fhir_samples import DATA, RESOURCES, cc, ext, number, part, system

CLINIC = valued(decode(DATA))


def sample() -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in deepcopy(RESOURCES)}


def after(data: dict[str, Any], held: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What becomes of the resources that the wanted data change, by id."""
    found = changes(valued(decode(data)), tree_of(held.values()))
    return {
        each["id"]: pair.after
        for pair in found
        if pair.is_changed and (each := pair.after or pair.before)
    }


def uo(data: dict[str, Any], rank: int) -> dict[str, Any]:
    unit: dict[str, Any] = data["etablissement"]["unites"][0]["unites"][0]["unites"][rank]
    return unit


def test_the_examples_of_the_guide_are_read_whole():
    assert tree_of(RESOURCES).establishment == CLINIC


def test_the_examples_of_the_guide_are_written_back_as_they_are():
    tree = tree_of(RESOURCES)
    found = changes(tree.establishment, tree)
    assert len(found) == len(RESOURCES)
    assert all(pair.after is pair.before for pair in found)


def test_a_node_is_as_old_as_the_latest_of_its_resources_in_paris():
    held = sample()
    held["situation"]["meta"]["lastUpdated"] = "2026-10-31T23:30:00Z"
    held["lieu"]["meta"]["lastUpdated"] = "2026-10-01T10:00:00+02:00"
    assert tree_of(held.values()).changed_on == {
        "": date(2026, 9, 1), "52/0000401": date(2026, 9, 1), "52/0000402": date(2026, 9, 1),
        "52/0000403": date(2026, 10, 1), "52/0000404": date(2026, 11, 1),
    }  # fmt: skip


def test_one_count_of_beds_changes_one_number():
    data = deepcopy(DATA)
    uo(data, 0)["lieux"][0]["capacites"][0]["nombre"] = 20
    expected = sample()["lieu"]
    expected["extension"][2]["extension"][3]["valueInteger"] = 20
    assert after(data, sample()) == {"lieu": expected}


def test_another_phone_takes_the_place_of_the_former_in_its_element():
    held, data = sample(), deepcopy(DATA)
    contact = held["eg"]["contact"][1]
    contact["telecom"][0]["rank"] = 1
    data["etablissement"]["contacts"][0]["telecoms"][0]["valeur"] = "02 61 91 40 99"
    expected = deepcopy(held["eg"])
    expected["contact"][1]["telecom"][0]["value"] = "02 61 91 40 99"
    assert after(data, held) == {"eg": expected}


def test_another_director_keeps_the_contact_and_what_we_do_not_know_of_it():
    data = deepcopy(DATA)
    data["etablissement"]["directeur"] |= {"nom": "LEROUX", "prenom": "Paul"}
    expected = sample()["eg"]
    expected["contact"][0]["name"] = {"family": "LEROUX", "given": ["Paul", "Lise"]}
    assert after(data, sample()) == {"eg": expected}


def test_another_code_takes_its_label_along_and_leaves_other_vocabularies():
    held, data = sample(), deepcopy(DATA)
    theirs = {"system": "https://autre.example/modes", "code": "HC"}
    held["hc"]["characteristic"][0]["coding"].insert(0, theirs)
    held["hc"]["characteristic"].insert(0, cc("R344", "01"))
    uo(data, 0)["mode_prise_en_charge"] = "29"
    (changed,) = after(data, held).values()
    coding = {"system": system("R213"), "code": "29", "display": "Hospitalisation de jour (HJ)"}
    assert changed["characteristic"] == [cc("R344", "01"), {"coding": [theirs, coding]}]


def test_an_activity_that_comes_stands_behind_those_that_stay():
    data = deepcopy(DATA)
    uo(data, 0)["activites"] = ["538", "022"]
    expected = sample()["hc"]
    expected["specialty"].append(cc("R211", "538", "Chirurgie oncologique gynécologique"))
    assert after(data, sample()) == {"hc": expected}


@pytest.mark.parametrize(
    ("before", "secteur", "code"), [("c3", "secteur_1", "c1"), ("3", "secteur_1", "1")]
)
def test_a_sector_stays_in_the_generation_of_codes_that_the_server_has(before, secteur, code):
    held, data = sample(), deepcopy(DATA)
    coding = held["situation"]["extension"][3]["valueCodeableConcept"]["coding"][0]
    coding["code"] = before
    assert tree_of(held.values()).establishment == CLINIC
    uo(data, 1)["praticiens"][0]["secteur"] = secteur
    (changed,) = after(data, held).values()
    assert changed["extension"][3]["valueCodeableConcept"]["coding"][0]["code"] == code


def test_older_spellings_are_read_and_kept():
    held = sample()
    for each in held.values():
        for identifier in each["identifier"]:
            if "type" in identifier:
                coding = identifier["type"]["coding"][0]
                coding["system"] = (
                    coding["system"].replace("https:", "http:").replace("TRE-", "TRE_")
                )
    held["eg"]["identifier"][2]["system"] = "http://sirene.fr"
    held["eg"]["address"][0]["extension"][0]["valueCoding"]["system"] = system("R13").replace(
        "CommuneOM", "Commune"
    )
    held["hc"]["extension"][3]["extension"][1]["url"] = ext("ror-contact-confidentiality-level")[
        "url"
    ]
    held["cs"]["extension"][3]["extension"][2]["extension"][0]["url"] = ext(
        "ror-communication-channel"
    )["url"]
    tree = tree_of(held.values())
    assert tree.establishment == CLINIC
    assert not [pair for pair in changes(CLINIC, tree) if pair.is_changed]


def test_an_identifier_without_type_is_known_by_its_issuer():
    held = sample()
    held["eg"]["identifier"] = [
        {"system": "http://finess.esante.gouv.fr", "value": "440099919"},
        {"system": "https://sirene.fr", "value": "99900001100018"},
    ]
    assert tree_of(held.values()).establishment == CLINIC


def test_a_practitioner_who_leaves_takes_the_situation_along_not_the_person():
    data = deepcopy(DATA)
    del uo(data, 1)["praticiens"]
    assert after(data, sample()) == {"situation": None}


def test_a_practitioner_who_comes_is_a_person_then_a_situation():
    data = deepcopy(DATA)
    uo(data, 0)["praticiens"] = [{"rpps": "10999404527", "nom": "LE GALL", "mode_exercice": "S"}]
    found = after(data, sample())
    assert list(found) == [
        "ror-practitioner-10999404527",
        "ror-practitionerrole-52-0000403-10999404527",
    ]
    assert found["ror-practitioner-10999404527"]["identifier"] == [
        {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810999404527"}
    ]
    role = found["ror-practitionerrole-52-0000403-10999404527"]
    assert role["practitioner"] == {"reference": "Practitioner/ror-practitioner-10999404527"}
    assert role["healthcareService"] == [{"reference": "HealthcareService/hc"}]


def test_a_second_situation_of_a_person_is_another_role_of_the_same_practitioner():
    data = deepcopy(DATA)
    uo(data, 0)["praticiens"] = uo(data, 1)["praticiens"]
    (role,) = after(data, sample()).values()
    assert role["practitioner"] == {"reference": "Practitioner/personne"}


def test_a_lieu_may_serve_two_units_and_is_described_once():
    data = deepcopy(DATA)
    uo(data, 1)["lieux"] = [{"id": "52/0000405"}]
    held = sample()
    changed = after(data, held)
    assert changed == {"cs": {**held["cs"], "location": [{"reference": "Location/lieu"}]}}
    assert tree_of((held | changed).values()).establishment == valued(decode(data))


def test_a_lieu_without_identifier_is_known_by_its_place_on_the_server():
    held = sample()
    del held["lieu"]["identifier"][0]
    tree = tree_of(held.values())
    lieu = next(u.unit.lieux[0] for u in tree.establishment.units() if u.unit.lieux)
    assert lieu.id == "fhir:Location/lieu"
    assert not [pair for pair in changes(tree.establishment, tree) if pair.is_changed]


def test_a_new_lieu_without_identifier_stays_so():
    data = deepcopy(DATA)
    uo(data, 1)["lieux"] = [{"nom": "Rez-de-chaussée"}]
    held = sample()
    changed = after(data, held)
    assert tree_of((held | changed).values()).establishment == valued(decode(data))


def test_what_a_file_cannot_say_is_not_read_and_stays():
    held = sample()
    lodging = deepcopy(held["lieu"]["extension"][2])
    lodging["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] = "03"
    held["lieu"]["extension"].append(lodging)
    held["eg"]["contact"][1]["telecom"].append({"system": "pager", "value": "77"})
    held["cs"]["availableTime"] += [
        {
            "daysOfWeek": ["sat", "sun"],
            "availableStartTime": "08:00:00",
            "availableEndTime": "12:00:00",
        },
        {"daysOfWeek": ["fri"], "allDay": True},
    ]
    tree = tree_of(held.values())
    assert tree.establishment == CLINIC
    data = deepcopy(DATA)
    data["etablissement"]["contacts"][0]["telecoms"].pop()
    del uo(data, 0)["lieux"][0]["capacites"]
    del uo(data, 1)["horaires"]
    changed = after(data, held)
    assert changed["eg"]["contact"][1]["telecom"][1:] == [{"system": "pager", "value": "77"}]
    assert changed["lieu"]["extension"] == [*held["lieu"]["extension"][:2], lodging]
    assert changed["cs"]["availableTime"] == held["cs"]["availableTime"][1:]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("2026-11-25", "2026-11-25"),
        ("2026-11-25T10:15", "2026-11-25T10:15:00+01:00"),
        ("2026-07-01T10:15:30", "2026-07-01T10:15:30+02:00"),
        ("2026-11-25T10:15Z", "2026-11-25T10:15:00+00:00"),
        ("2026-11-25T10:15:00.5Z", "2026-11-25T10:15:00.5Z"),
    ],
)
def test_an_instant_is_written_whole(said, written):
    data = deepcopy(DATA)
    uo(data, 0)["lieux"][0]["capacites"][0]["comptee_le"] = said
    (changed,) = after(data, sample()).values()
    assert changed["extension"][2]["extension"][5] == {
        "url": "capacityUpdateDate",
        "valueDateTime": written,
    }


def test_references_that_lead_nowhere_are_told_and_kept():
    held = sample()
    held["hc"]["location"].append({"reference": "Location/ailleurs"})
    held["situation"]["practitioner"] = {"reference": "Practitioner/inconnu"}
    tree = tree_of(held.values())
    assert tree.broken == [
        "HealthcareService/hc : location désigne Location/ailleurs, qui manque",
        "PractitionerRole/situation : practitioner désigne Practitioner/inconnu, qui manque",
    ]
    assert not [pair for pair in changes(tree.establishment, tree) if pair.is_changed]


def test_the_double_of_a_unit_or_a_lieu_is_told_and_left_alone():
    held = sample()
    held["uf2"] = deepcopy(held["uf"]) | {"id": "uf2"}
    held["lieu2"] = deepcopy(held["lieu"]) | {"id": "lieu2"}
    held["cs"]["location"] = [{"reference": "Location/lieu2"}]
    tree = tree_of(held.values())
    assert tree.establishment == CLINIC
    assert tree.broken == [
        "Location/lieu2 : a le même identifiant que Location/lieu, 52/0000405",
        "Organization/uf2 : a le même identifiant que Organization/uf, 52/0000402",
    ]
    assert not [pair for pair in changes(CLINIC, tree) if pair.is_changed]


def test_what_has_one_identity_twice_is_shown_and_survives_what_a_plan_makes_of_it():
    held = sample()
    held["cs"]["extension"].append(deepcopy(held["cs"]["extension"][3]))
    held["cs"]["extension"][-1]["extension"].append(part("description", valueString="Le soir"))
    held["situation2"] = deepcopy(held["situation"]) | {"id": "situation2"}
    tree = tree_of(held.values())
    (shown,) = (each.unit for each in tree.establishment.units() if each.key == "52/0000404")
    assert (len(shown.contacts), len(shown.praticiens)) == (2, 2)
    values = facts(tree.establishment, doubles(tree.establishment)).values
    assert not [pair for pair in changes(assemble(values), tree) if pair.is_changed]
    values["unites", "52/0000404", "nom"] = "Consultations"
    (pair,) = (pair for pair in changes(assemble(values), tree) if pair.is_changed)
    assert pair.after == {**held["cs"], "name": "Consultations"}


def test_organizations_in_a_circle_end():
    held = sample()
    held["pole"]["partOf"] = {"reference": "Organization/uf"}
    assert tree_of(held.values()).establishment.etablissement.unites == ()


def test_what_is_no_longer_active_is_not_read():
    held = sample()
    held["cs"]["active"] = False
    units = tree_of(held.values()).establishment.units()
    assert [each.key for each in units] == ["52/0000401", "52/0000402", "52/0000403"]


def test_the_last_check_is_our_own_extension_or_nothing():
    data = deepcopy(DATA)
    uo(data, 0)["verifie_le"] = "2026-11-25"
    url = "https://rorcli.example/verifie-le"
    (changed,) = after(data, sample()).values()
    assert changed["extension"][-1] == {"url": url, "valueDate": "2026-11-25"}
    bag = MemoryBag(RESOURCES)
    tree = read(bag, next(sites(bag)))
    wanted = valued(decode(data))
    assert not [pair for pair in pairs(wanted, tree, today=date(2026, 11, 25)) if pair.is_changed]


def test_the_website_lives_in_the_contact_of_nature_01():
    data, held = deepcopy(DATA), sample()
    data["etablissement"]["site_internet"] = "https://tilleuls.example"
    changed = after(data, held)
    contact = changed["eg"]["contact"][-1]
    assert contact["purpose"] == cc("R287", "01", "Accueil")
    assert [telecom["value"] for telecom in contact["telecom"]] == ["https://tilleuls.example"]
    assert tree_of((held | changed).values()).establishment == valued(decode(data))


def test_levels_are_told_apart_without_type():
    held = sample()
    for key in ("ej", "eg", "uf"):
        del held[key]["type"]
    found = tree_of(held.values()).establishment
    assert found.finess == "440099919"
    assert [each.unit.type for each in found.units()] == ["pole", "service", "uo", "uo"]


@pytest.mark.parametrize(
    ("kind", "key", "id"),
    [
        ("Organization", "440099919", "ror-organization-440099919"),
        ("HealthcareService", "52/0000103", "ror-healthcareservice-52-0000103"),
        ("Location", "52/0000103#Salle", "ror-lieu-52-0000103-Salle-c1ef010a8529b5c2"),
    ],
)
def test_a_new_resource_is_named_after_its_key(kind, key, id):
    assert new_id(kind, key) == id


def test_two_keys_never_share_a_name_and_names_fit():
    names = ("Salle é", "Salle è", "S" * 70, "S" * 71)
    ids = {new_id("Location", f"52/1#{name}") for name in names}
    ids |= {new_id("Location", key) for key in ("52/1", "52-1", "52.1", "52 1", "S" * 64)}
    assert len(ids) == 9
    assert all(len(id) <= 64 for id in ids)


def test_a_server_that_gives_ids_itself_is_followed():
    plain = pairs(CLINIC, Tree(), today=date(2026, 11, 25))
    onto, uo = next(
        (p.onto, p.after)
        for p in plain
        if p.after and p.after["resourceType"] == "HealthcareService"
    )
    moved = {f"Location/{each}": f"Location/s-{each}" for each in ids_at(uo["location"])}
    moved[uo["providedBy"]["reference"]] = "Organization/s1"
    assert onto(uo, moved) == {
        **uo,
        "providedBy": {"reference": "Organization/s1"},
        "location": [{"reference": each} for each in moved.values() if "Location" in each],
    }
    assert onto(uo, {}) == uo


def ids_at(held: Any) -> list[str]:
    return [each["reference"].split("/")[1] for each in held]


def test_a_whole_clinic_is_created_targets_first():
    found = [p.after for p in pairs(CLINIC, Tree(), today=date(2026, 11, 25)) if p.after]
    seen: set[str] = set()
    for each in found:
        for name in ("partOf", "providedBy", "practitioner"):
            assert each.get(name, {}).get("reference", "") in {"", *seen}
        seen.add(f"{each['resourceType']}/{each['id']}")
    assert tree_of(found).establishment == CLINIC
    assert number("G07", "40", "1440099919", "urn:oid:1.2.250.1.71.4.2.2") in found[1]["identifier"]


def told(held: Any, path: str = "") -> set[tuple[str, Any]]:
    """What a resource says: its leaves, but for labels, the server's own, and where others stand."""
    if isinstance(held, list):
        return set().union(*(told(each, path) for each in held))
    if isinstance(held, dict):
        # An extension says what its URL says, wherever it stands in its list.
        name = held.get("url", "")
        ours = {
            k: v for k, v in held.items() if k not in {"display", "id", "meta", "reference", "unit"}
        }
        return set().union(*(told(v, f"{path}/{name}.{k}") for k, v in ours.items()))
    return {(path, held)}


def test_what_is_created_says_what_the_examples_of_the_guide_say():
    created = [p.after for p in pairs(CLINIC, Tree(), today=date(2026, 11, 25)) if p.after]
    ours = set().union(*map(told, created))
    theirs = set().union(*map(told, RESOURCES))
    days = {each for each in ours if each[0].endswith("ror-meta-creation-date.valueDateTime")}
    schemes = {("/.identifier/.system", "https://finess.esante.gouv.fr")}
    assert ours - theirs - schemes == days


@pytest.mark.parametrize(
    ("age", "value", "code", "read"),
    [
        ("15 ans", 15, "a", "15 ans"),
        ("1 an", 1, "a", "1 an"),
        ("1 ans", 1, "a", "1 an"),
        ("6 mois", 6, "mo", "6 mois"),
        ("3 semaines", 3, "wk", "3 semaines"),
        ("0 jour", 0, "d", "0 jour"),
        ("2 jours", 2, "d", "2 jours"),
    ],
)
def test_an_age_is_a_quantity_of_ucum_that_keeps_its_word(age, value, code, read):
    data, held = deepcopy(DATA), sample()
    uo(data, 0)["patientele"]["age_min"] = age
    held |= after(data, held)
    low = held["hc"]["extension"][2]["extension"][0]["valueRange"]["low"]
    assert (low["value"], low["code"], low["system"]) == (value, code, system("R247"))
    assert tree_of(held.values()).establishment == valued(decode(data))
    low.pop("unit", None)
    (shown,) = (
        each.unit
        for each in tree_of(held.values()).establishment.units()
        if each.key == "52/0000403"
    )
    assert shown.patientele
    assert shown.patientele.age_min == read


def test_a_closing_stands_where_each_profile_wants_it():
    data = deepcopy(DATA)
    closed = {
        "date_fermeture": "2026-12-31",
        "type_fermeture": "PRO",
        "date_reouverture": "2027-03-01",
    }
    uo(data, 0).update(closed)
    data["etablissement"]["unites"][0].update(closed)
    found = after(data, sample())
    assert found["hc"]["notAvailable"] == [{
        "id": "closingReopeningDate",
        "description": "Période de fermeture et de réouverture prévisionnelle",
        "during": {"start": "2026-12-31", "end": "2027-03-01"},
    }]  # fmt: skip
    assert found["hc"]["characteristic"][-1]["coding"][0]["system"] == system("R286")
    period, reopening, closing = found["pole"]["extension"][1:]
    assert period["valuePeriod"] == {"start": "2016-04-01", "end": "2026-12-31"}
    assert reopening == ext("ror-organization-reopening-date", valueDate="2027-03-01")
    assert closing["url"] == ext("ror-organization-closing-type")["url"]
    assert closing["valueCodeableConcept"]["coding"][0]["code"] == "PRO"
