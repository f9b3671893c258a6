"""How the FHIR store writes: no double, nothing of others lost, whatever a server leaves out."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rorcli.errors import RefusedError, StoreConflictError, StoreUnavailableError
from rorcli.model import to_data
from rorcli.planning.limits import Thresholds
from rorcli.planning.plan import Sides
from rorcli.settings import StoreSettings
from rorcli.stores.base import same_facts
from rorcli.stores.fhir.bag import parent
from rorcli.stores.fhir.store import FhirStore
from rorcli.stores.fhir.transport import Transport
from tests.servers.fake import FakeServer
from tests.stores.contract import (
    ECUME,
    LATER,
    LOADED,
    SAULES,
    SCHOOL,
    TREE,
    changed,
    establishment,
    plan_to,
    rename_cardio,
    unit,
)
from tests.stores.fhir_contract import CARDIO, STRANGE, WITH_LIEU, store_at

HEART_AT = "HealthcareService/ror-healthcareservice-52-0000004"
SCHOOL_AT = "Organization/ror-organization-52-0000009"
PLACE = "Location/ror-location-52-L1"
IN_CARDIOLOGY = {"rpps": "10099999996", "nom": "TARTAMPION", "specialite": "SM19"}
IN_SURGERY = {**IN_CARDIOLOGY, "specialite": "SM04"}


@pytest.fixture
def store(fake):
    opened = store_at(fake.url)
    opened.add(WITH_LIEU, today=LOADED)
    fake.log.clear()
    yield opened
    opened.close()


def apply(store, wanted):
    return store.apply(plan_to(store, wanted), today=LATER, author="")


def with_people(*people):
    return changed(TREE, lambda eg: eg["unites"][0]["unites"][0].update(praticiens=[*people]))


def specialities(store) -> list[str]:
    units = store.fetch(SAULES).establishment.units()
    [uo] = [each.unit for each in units if each.key == "52/0000003"]
    return sorted(each.specialite for each in uo.praticiens)


def writes(fake):
    return [(method, path) for method, path, _ in fake.log if method != "GET"]


def calls(fake):
    return [(method, path.partition("?")[0].removeprefix("/fhir/")) for method, path, _ in fake.log]


def roles(fake):
    return [each for key, each in fake.held.items() if key.startswith("PractitionerRole/")]


# -- one resource for each business key


def test_a_speciality_that_comes_back_does_not_take_the_place_of_the_one_that_it_became(fake):
    store = store_at(fake.url)
    store.add(with_people(IN_CARDIOLOGY), today=LOADED)
    apply(store, with_people(IN_SURGERY))
    apply(store, with_people(IN_SURGERY, IN_CARDIOLOGY))
    assert specialities(store) == ["SM04", "SM19"]
    apply(store, with_people({**IN_CARDIOLOGY, "specialite": "SM26"}, IN_SURGERY))
    apply(store, with_people({**IN_CARDIOLOGY, "specialite": "SM26"}, IN_SURGERY, IN_CARDIOLOGY))
    assert specialities(store) == ["SM04", "SM19", "SM26"]
    assert len(roles(fake)) == 3


@pytest.mark.parametrize("takes_ids", [True, False])
@pytest.mark.parametrize("heeds_conditions", [True, False])
def test_two_situations_of_one_person_are_two_on_any_server(fake, takes_ids, heeds_conditions):
    fake.takes_ids, fake.heeds_conditions = takes_ids, heeds_conditions
    store = store_at(fake.url)
    bare = {k: v for k, v in IN_CARDIOLOGY.items() if k != "specialite"}
    store.add(with_people(IN_CARDIOLOGY, IN_SURGERY), today=LOADED)
    assert specialities(store) == ["SM04", "SM19"]
    apply(store, with_people(IN_CARDIOLOGY, IN_SURGERY, bare))
    assert len(roles(fake)) == 3


@pytest.mark.parametrize("takes_ids", [True, False])
@pytest.mark.parametrize("heeds_conditions", [True, False])
def test_a_creation_whose_answer_is_lost_makes_no_double(fake, takes_ids, heeds_conditions):
    fake.takes_ids, fake.heeds_conditions = takes_ids, heeds_conditions
    store = store_at(fake.url)
    store.add(with_people(IN_CARDIOLOGY), today=LOADED)
    apply(store, with_people(IN_SURGERY))
    handle = fake.handle
    lost: list[str] = []

    def lose(method, path, headers, body):
        done = handle(method, path, headers, body)
        if done[0] == 201 and not lost:
            lost.append(path)
            return 504, {}
        return done

    fake.handle = lose
    apply(store, with_people(IN_SURGERY, IN_CARDIOLOGY))
    assert lost
    assert specialities(store) == ["SM04", "SM19"]
    assert len(roles(fake)) == 2


def test_a_server_that_takes_no_conditions_is_sent_none(fake):
    fake.list_interactions()
    for each in fake.statement["rest"][0]["resource"]:
        each |= {"updateCreate": False, "conditionalCreate": False}
    store = store_at(fake.url)
    store.add(TREE, today=LOADED)
    assert not [path for _, path, headers in fake.log if "if-none-exist" in headers]
    assert not [path for method, path, _ in fake.log if method == "PUT"]
    assert same_facts(store.fetch(SAULES).establishment, TREE)


def test_that_a_server_gives_the_ids_is_found_out_once(fake):
    fake.takes_ids = False
    store_at(fake.url).add(TREE, today=LOADED)
    tried = [path for method, path, _ in fake.log if method == "PUT"]
    assert len(tried) <= 4 + len({path.split("/")[2] for path in tried})


def test_a_double_on_the_server_is_told_and_nothing_is_added(fake, store):
    person = fake.held["Practitioner/ror-practitioner-10099999996"]
    for each in ("a", "b"):
        fake.held[f"Practitioner/{each}"] = {
            **person, "id": each,
            "identifier": [{**person["identifier"][0], "value": "810099999004"}],
        }  # fmt: skip
    fake.takes_ids = False
    new = {"rpps": "10099999004", "nom": "PERSONNE"}
    hidden = fake.search
    asked: list[str] = []

    def search(kind, parameters):
        # The first question is that of the walk; it is left without answer here.
        if kind == "Practitioner" and not asked:
            asked.append(kind)
            return {"resourceType": "Bundle"}
        return hidden(kind, parameters)

    plan = plan_to(store, changed(WITH_LIEU, lambda eg: eg["unites"][0]["unites"][1].update(
        praticiens=[new])))  # fmt: skip
    fake.search = search
    before = len(fake.held)
    with pytest.raises(StoreUnavailableError, match="plusieurs fois"):
        store.apply(plan, today=LATER, author="")
    assert len(fake.held) == before


@pytest.mark.parametrize("takes_ids", [True, False])
def test_the_unit_of_another_establishment_is_not_taken_from_it(fake, takes_ids):
    fake.takes_ids = takes_ids
    store = store_at(fake.url)
    store.add(TREE, today=LOADED)
    held = dict(fake.held)
    with pytest.raises(StoreConflictError, match="en service ailleurs") as raised:
        store.add(establishment(ECUME, "Hôpital de l'Écume", units=[SCHOOL]), today=LOADED)
    assert "même id" in raised.value.remedy
    assert fake.held == held


def test_what_bears_another_key_at_an_id_of_ours_is_not_overwritten(fake, store):
    fake.keep("Organization/ror-organization-52-0000042", {
        "resourceType": "Organization", "id": "ror-organization-52-0000042", "name": "D'un autre",
        "identifier": [{"system": "https://oi.esante.gouv.fr", "value": "52/0000099"}],
    })  # fmt: skip
    before = dict(fake.held)
    new = unit("pole", "Pôle neuf", "52/0000042")
    with pytest.raises(StoreConflictError, match="rien n'y est écrit"):
        apply(store, changed(WITH_LIEU, lambda eg: eg["unites"].append(new)))
    assert fake.held == before


def test_who_creates_at_our_id_between_our_look_and_our_write_is_not_overwritten(fake, store):
    at = "Organization/ror-organization-52-0000042"
    other = {"resourceType": "Organization", "id": at.split("/")[1], "name": "D'un autre"}
    plan = plan_to(store, changed(WITH_LIEU, lambda eg: eg["unites"].append(
        unit("pole", "Pôle neuf", "52/0000042"))))  # fmt: skip
    meanwhile(fake, 2, lambda: fake.keep(at, other))
    with pytest.raises(StoreConflictError, match="rien n'y est écrit"):
        store.apply(plan, today=LATER, author="")
    assert fake.held[at]["name"] == "D'un autre"


# -- what others wrote

CODING = {"system": "https://ailleurs.example/codes", "code": "x"}
TEXTS = st.text("abc é", min_size=1, max_size=5)
FOREIGN = st.fixed_dictionaries({
    "extension": st.lists(st.builds(lambda value: {**STRANGE, "valueString": value}, TEXTS)),
    "identifier": st.lists(st.builds(
        lambda value: {"system": "https://ailleurs.example/id", "value": value}, TEXTS)),
    "type": st.lists(st.builds(lambda text: {"coding": [CODING], "text": text}, TEXTS)),
    "telecom": st.lists(st.builds(lambda value: {"system": "phone", "value": value}, TEXTS)),
    "alias": st.lists(TEXTS),
})  # fmt: skip


@pytest.mark.parametrize("is_closed", [True, False])
def test_what_is_taken_over_keeps_what_others_wrote(is_closed):
    fake = FakeServer()
    store = store_at(fake.url)
    store.add(TREE, today=LOADED)
    whole = dict(fake.held)
    without = changed(TREE, lambda eg: eg["unites"].pop())

    @settings(max_examples=40, deadline=None)
    @given(foreign=FOREIGN)
    def check(foreign):
        fake.held.clear()
        fake.held.update(whole)
        apply(store, without)
        planted = {**whole[SCHOOL_AT], "active": not is_closed}
        for key, items in foreign.items():
            planted[key] = [*items, *whole[SCHOOL_AT].get(key, ())]
        plan = plan_to(store, TREE)
        fake.keep(SCHOOL_AT, planted)
        store.apply(plan, today=LATER, author="")
        after = fake.held[SCHOOL_AT]
        assert {k: [e for e in after.get(k, ()) if e in v] for k, v in foreign.items()} == foreign
        assert after.get("active") is not False
        assert same_facts(store.fetch(SAULES).establishment, TREE)

    check()
    store.close()
    fake.close()


def test_what_was_closed_comes_back_as_it_is_asked_for(fake, store):
    closed = {"type_fermeture": "DEF", "date_fermeture": "2026-10-01"}
    apply(store, changed(WITH_LIEU, lambda eg: eg["unites"][1].update(closed)))
    apply(store, changed(WITH_LIEU, lambda eg: eg["unites"].pop()))
    assert fake.held[SCHOOL_AT]["active"] is False
    apply(store, WITH_LIEU)
    assert same_facts(store.fetch(SAULES).establishment, WITH_LIEU)


def test_a_shared_lieu_that_no_search_finds_yet_keeps_what_a_mere_reference_does_not_say(
    fake, store
):
    """Indexes lag behind (reference, rule 16): the place is there when it is written to."""
    before = fake.held[PLACE]
    fake.answers = lambda method, path: (
        (200, {}, b'{"resourceType": "Bundle"}') if path.startswith("/fhir/Location?") else None
    )
    uo = unit("uo", "Scanner", "53/1", mode_prise_en_charge="32", lieux=[{"id": "52/L1"}])
    store.add(establishment(ECUME, "Hôpital de l'Écume", units=[uo]), today=LOADED)
    assert fake.held[PLACE] == before


# -- servers without guards


@pytest.fixture
def careless(fake):
    """A server without versions, which looks at no condition."""
    fake.has_versions = fake.heeds_conditions = False
    opened = store_at(fake.url)
    opened.add(WITH_LIEU, today=LOADED)
    fake.log.clear()
    yield opened
    opened.close()


def meanwhile(fake, count, act):
    """`act` happens before the request of that number that is a write or a look at one resource."""
    handle, seen = fake.handle, []

    def handled(method, path, headers, body):
        if "?" not in path and path != "/fhir/metadata":
            seen.append(path)
            if len(seen) == count:
                act()
        return handle(method, path, headers, body)

    fake.handle = handled


def test_without_guards_a_resource_is_read_before_and_after_it_is_written(fake, careless):
    plan = plan_to(careless, changed(WITH_LIEU, rename_cardio))
    fake.log.clear()
    careless.apply(plan, today=LATER, author="")
    single = [call for call in calls(fake) if call[1] == CARDIO]
    assert single == [("GET", CARDIO), ("PUT", CARDIO), ("GET", CARDIO)]


def test_with_guards_a_write_is_one_request(fake, store):
    fake.list_interactions()
    fresh = store_at(fake.url)
    plan = plan_to(fresh, changed(WITH_LIEU, rename_cardio))
    fake.log.clear()
    fresh.apply(plan, today=LATER, author="")
    assert [call for call in calls(fake) if call[1] == CARDIO] == [("PUT", CARDIO)]


def test_without_guards_what_another_wrote_since_the_reading_is_a_conflict(fake, careless):
    plan = plan_to(careless, changed(WITH_LIEU, rename_cardio))
    fake.keep(CARDIO, {**fake.held[CARDIO], "name": "D'un autre"})
    with pytest.raises(StoreConflictError, match="a changé sur le serveur"):
        careless.apply(plan, today=LATER, author="")
    assert fake.held[CARDIO]["name"] == "D'un autre"
    assert writes(fake) == []


def test_without_guards_what_is_told_is_what_is_really_there(fake, careless):
    plan = plan_to(careless, changed(WITH_LIEU, rename_cardio))
    # Somebody writes between our write and our last look at it.
    meanwhile(fake, 3, lambda: fake.keep(CARDIO, {**fake.held[CARDIO], "name": "D'un autre"}))
    after = careless.apply(plan, today=LATER, author="")
    [uo] = [each.unit for each in after.establishment.units() if each.key == "52/0000003"]
    assert uo.nom == "D'un autre"


def test_a_patch_is_guarded_alike(fake, careless):
    fake.list_interactions(Location=("read", "search-type", "patch"))
    for each in fake.statement["rest"][0]["resource"]:
        del each["versioning"]
    fresh = store_at(fake.url)
    plan = plan_to(fresh, counted(9))
    strange = [*fake.held[PLACE]["extension"], STRANGE]
    fake.keep(PLACE, {**fake.held[PLACE], "extension": strange})
    with pytest.raises(StoreConflictError, match="a changé sur le serveur"):
        fresh.apply(plan, today=LATER, author="")
    assert writes(fake) == []
    after = fresh.apply(plan_to(fresh, counted(9)), today=LATER, author="")
    assert same_facts(after.establishment, counted(9))
    assert STRANGE in fake.held[PLACE]["extension"]


def test_the_version_of_an_establishment_moves_where_resources_have_none(fake, careless):
    before = careless.version(SAULES)
    assert careless.version(SAULES) == before
    fake.keep(PLACE, {**fake.held[PLACE], "name": "Étage 2"})
    assert careless.version(SAULES) != before


def counted(number: int) -> Any:
    def change(eg):
        measure = {"nature": "lit", "statut": "installe", "nombre": number,
                   "temporalite": "01", "affectation": "01", "source": "01"}  # fmt: skip
        eg["unites"][0]["unites"][0]["lieux"][0]["capacites"] = [measure]

    return changed(WITH_LIEU, change)


# -- an access profile that may not see everything (ROR model 2.16)


@pytest.fixture
def filtered(fake, store):
    settings = StoreSettings(url=f"fhir+{fake.url}", headers={"Ror-Profil-Utilisateur-Code": "2"},
                             verifie_le_url=store._settings.verifie_le_url)  # fmt: skip
    opened: Any = FhirStore(settings, Transport(settings))
    yield opened
    opened.close()


def test_what_a_profile_may_have_hidden_is_not_written_whole(fake, filtered):
    [reason] = filtered.unsupported(plan_to(filtered, changed(WITH_LIEU, rename_cardio)))
    assert reason.startswith("HealthcareService : votre profil d'accès")
    assert "--only capacites" in reason
    with pytest.raises(RefusedError, match="profil d'accès"):
        filtered.add(changed(WITH_LIEU, rename_cardio), today=LATER, replace=True)
    assert writes(fake) == []


def test_capacities_are_patched_whatever_a_profile_sees(fake, filtered):
    held = filtered.fetch(SAULES)
    sides = Sides.of(counted(9), held.establishment, None)
    plan = sides.plan(SAULES, held.version, Thresholds(), only_capacities=True)
    assert filtered.unsupported(plan) == []
    filtered.apply(plan, today=LATER, author="")
    assert writes(fake) == [("PATCH", f"/fhir/{PLACE}")]
    assert to_data(filtered.fetch(SAULES).establishment) == to_data(
        store_at(fake.url).fetch(SAULES).establishment
    )


def test_what_is_new_hides_nothing(fake, filtered):
    new = unit("pole", "Pôle neuf", "52/0000042")
    plan = plan_to(filtered, changed(WITH_LIEU, lambda eg: eg["unites"].append(new)))
    assert filtered.unsupported(plan) == []
    assert json.dumps(writes(fake)) == "[]"


# -- what closes


def orphans(fake):
    """What is in use below what is closed."""
    active = [each for each in fake.held.values() if each.get("active") is not False]
    return [
        f"{each['resourceType']}/{each['id']}"
        for each in active
        if fake.held.get(parent(each) or "", {}).get("active") is False
    ]


@pytest.mark.parametrize("count", range(5))
def test_a_closing_that_breaks_off_leaves_nothing_in_use_below(fake, store, count):
    done: list[str] = []

    def refuse(method, path):
        if method == "PUT":
            done.append(path)
        return (422, {}, b"{}") if method == "PUT" and len(done) > count else None

    without = changed(WITH_LIEU, lambda eg: eg["unites"].pop(0))
    fake.answers = refuse
    if count < 4:
        with pytest.raises(StoreUnavailableError):
            apply(store, without)
        assert orphans(fake) == []
        fake.answers = lambda method, path: None
    apply(store, without)
    assert orphans(fake) == []
    closed = [key for key, each in fake.held.items() if each.get("active") is False]
    assert len(closed) == 4


def test_what_others_left_below_a_closed_unit_is_found_when_it_is_reopened(fake, store):
    pole = fake.held["Organization/ror-organization-52-0000001"]
    [role] = roles(fake)
    fake.held["PractitionerRole/x"] = {**role, "id": "x"}
    del fake.held[f"PractitionerRole/{role['id']}"]
    fake.held["HealthcareService/y"] = {**fake.held.pop(HEART_AT), "id": "y"}
    fake.keep(CARDIO, {**fake.held[CARDIO], "active": False})
    apply(store, WITH_LIEU)
    assert [each["id"] for each in roles(fake)] == ["x"]
    before = store.fetch(SAULES).establishment
    fake.keep("Organization/ror-organization-52-0000001", {**pole, "active": False})
    apply(store, WITH_LIEU)
    assert [each["id"] for each in roles(fake)] == ["x"]
    assert HEART_AT not in fake.held
    assert same_facts(store.fetch(SAULES).establishment, before)


# -- new units


def test_a_proposal_whose_push_breaks_off_gets_the_same_id_again(fake, store):
    """Else its lieux, written before it, would stay behind with nothing that refers to them."""
    uo = unit("uo", "UO neuve", lieux=[{"nom": "Étage 9"}])
    wanted = changed(WITH_LIEU, lambda eg: eg["unites"][0]["unites"].append(uo))
    before = {*fake.held}
    fake.answers = lambda method, path: (
        (422, {}, b"{}") if method == "PUT" and "HealthcareService" in path else None
    )
    with pytest.raises(StoreUnavailableError):
        apply(store, wanted)
    [lieu] = {*fake.held} - before
    fake.answers = lambda method, path: None
    [given] = apply(store, wanted).given.values()
    assert given.startswith(f"{SAULES}/")
    assert len({*fake.held} - before) == 2
    assert lieu in fake.held
