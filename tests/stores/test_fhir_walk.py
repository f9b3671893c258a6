"""How an establishment is found on a server: nothing missing unnoticed, nothing of a neighbour's moved."""

import json
import random
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest

from rorcli.errors import StoreError, StoreUnavailableError
from rorcli.model import decode, to_data
from rorcli.stores.base import Query, same_facts
from tests.stores.contract import LATER, LOADED, SAULES, TREE, changed, plan_to, rename_cardio
from tests.stores.fhir_contract import store_at

EJ = "Organization/ror-organization-440099901"
EG = "Organization/ror-organization-440099919"
OTHER_EJ, SISTER = "720099902", "440099927"
PERSON = {"rpps": "10099999996", "nom": "TARTAMPION", "specialite": "SM19"}


@pytest.fixture
def store(fake):
    opened = store_at(fake.url)
    opened.add(TREE, today=LOADED)
    fake.log.clear()
    yield opened
    opened.close()


def with_people(*people):
    def change(eg):
        eg["unites"][0]["unites"][0].update(praticiens=[*people])

    return changed(TREE, change)


def apply(store, wanted):
    return store.apply(plan_to(store, wanted), today=LATER, author="")


def people(establishment):
    return [p for placed in establishment.units() for p in placed.unit.praticiens]


def sister():
    data = to_data(deepcopy(TREE))
    data["etablissement"] |= {"finess": SISTER, "nom": "Autre site", "unites": []}
    return decode(data)


def under(finess, **more):
    data = to_data(deepcopy(TREE))
    data["entite_juridique"] |= {"finess": finess, **more}
    return decode(data)


# -- nothing is missing unnoticed


def test_roles_are_asked_for_where_the_server_sends_only_some_along(fake, store):
    crowd = [{**PERSON, "specialite": each} for each in ("SM04", "SM19", "SM20")]
    apply(store, with_people(*crowd))
    fake.most_included = 1
    assert len(people(store_at(fake.url).fetch(SAULES).establishment)) == 3


def test_where_partof_is_not_offered_nothing_unread_is_taken_for_removed(fake, store):
    fake.list_interactions()
    fake.statement["rest"][0]["resource"][0]["searchParam"] = [{"name": "identifier"}]
    assert store_at(fake.url).fetch(SAULES).is_partial
    assert not store.fetch(SAULES).is_partial


def test_a_tree_of_any_depth_is_read_and_a_circle_ends(fake, store):
    pole = fake.held["Organization/ror-organization-52-0000009"]
    above = pole["id"]
    for depth in range(20):
        fake.held[f"Organization/deep{depth}"] = {
            **deepcopy(pole), "id": f"deep{depth}", "identifier": [],
            "partOf": {"reference": f"Organization/{above}"},
        }  # fmt: skip
        above = f"deep{depth}"
    assert len(store.fetch(SAULES).changed_on) == len([*TREE.units()]) + 21
    fake.held["Organization/deep0"]["partOf"] = {"reference": "Organization/deep19"}
    assert len(store_at(fake.url).fetch(SAULES).changed_on) == len([*TREE.units()]) + 1


@pytest.mark.parametrize(
    "answer",
    [
        {"resourceType": "OperationOutcome", "id": "x"},
        {"resourceType": "Organization", "id": "autre"},
    ],
)
def test_an_answer_that_is_another_resource_is_not_taken_for_it(fake, store, answer):
    site = fake.held[EG]
    fake.included = lambda found, asked: iter(())
    fake.answers = lambda method, path: (
        (200, {}, json.dumps(answer).encode()) if path == f"/fhir/{EJ}" else None
    )
    with pytest.raises(StoreUnavailableError, match=EJ):
        store_at(fake.url).fetch(SAULES)
    assert site == fake.held[EG]


# -- an EJ is shared


def test_another_finess_of_the_ej_leads_the_eg_elsewhere(fake, store):
    store.add(sister(), today=LOADED)
    before = deepcopy(fake.held[EJ])
    after = apply(store, under(OTHER_EJ, raison_sociale="Autre hôpital"))
    assert same_facts(after.establishment, under(OTHER_EJ, raison_sociale="Autre hôpital"))
    assert fake.held[EJ] == before
    assert fake.held[EG]["partOf"] == {"reference": f"Organization/ror-organization-{OTHER_EJ}"}
    assert store.fetch(SISTER).establishment.entite_juridique == TREE.entite_juridique


def test_an_ej_that_the_server_knows_already_is_only_referred_to(fake, store):
    other = decode({**to_data(sister()), "entite_juridique": {
        "finess": OTHER_EJ, "raison_sociale": "Centre du Mans"}})  # fmt: skip
    store.add(other, today=LOADED)
    known = deepcopy(fake.held[f"Organization/ror-organization-{OTHER_EJ}"])
    after = apply(store, under(OTHER_EJ))
    assert fake.held[f"Organization/ror-organization-{OTHER_EJ}"] == known
    assert after.establishment.entite_juridique.finess == OTHER_EJ
    assert store_at(fake.url).fetch(SAULES).establishment.entite_juridique.finess == OTHER_EJ


def test_a_closed_ej_is_not_taken_and_several_are_told(fake, store):
    double = {**deepcopy(fake.held[EJ]), "id": "a"}
    double["identifier"] = json.loads(
        json.dumps(double["identifier"]).replace("440099901", OTHER_EJ)
    )
    fake.held["Organization/a"] = {**double, "active": False}
    plan = plan_to(store, under(OTHER_EJ))
    fake.held["Organization/b"] = {**double, "id": "b"}
    fake.held["Organization/c"] = {**double, "id": "c"}
    with pytest.raises(StoreUnavailableError, match="Organization/b, Organization/c"):
        store.apply(plan, today=LATER, author="")
    del fake.held["Organization/c"]
    store.apply(plan, today=LATER, author="")
    assert fake.held[EG]["partOf"] == {"reference": "Organization/b"}


# -- a person is one


def elsewhere(fake, name, **more):
    """A person as another directory wrote them."""
    identifier = [{"system": "http://rpps.example/rpps", "value": PERSON["rpps"]}]
    fake.held[f"Practitioner/{name}"] = {
        "resourceType": "Practitioner", "id": name, "identifier": identifier,
        "meta": {"versionId": "1"}, **more,
    }  # fmt: skip


def practitioners(fake):
    return [key for key in fake.held if key.startswith("Practitioner/")]


def test_a_person_under_another_system_gets_no_double(fake):
    store = store_at(fake.url)
    store.add(with_people(), today=LOADED)
    elsewhere(fake, "p1")
    elsewhere(fake, "p0", active=False)
    after = apply(store, with_people(PERSON))
    assert practitioners(fake) == ["Practitioner/p1", "Practitioner/p0"]
    assert [p.rpps for p in people(after.establishment)] == [PERSON["rpps"]]


def test_of_two_persons_of_one_number_none_is_chosen(fake):
    store = store_at(fake.url)
    store.add(with_people(), today=LOADED)
    elsewhere(fake, "p1")
    elsewhere(fake, "p2")
    before = deepcopy(fake.held)
    with pytest.raises(StoreUnavailableError, match=r"Practitioner/p1, Practitioner/p2"):
        apply(store, with_people(PERSON))
    assert fake.held == before


# -- what is no FHIR


def somewhere(chance, held: Any) -> Any:
    """The JSON with one random place turned into something of another shape."""
    wrong: list[Any] = [None, "texte", 7, True, [], {}, [None], {"a": 1}, ["x"], [[]]]
    places = [held]
    for each in places:
        inner = each.values() if isinstance(each, dict) else each
        places += [one for one in inner if isinstance(one, dict | list) and one]
    place = chance.choice(places)
    key = chance.choice([*place] if isinstance(place, dict) else [*range(len(place))])
    place[key] = chance.choice(wrong)
    return held


@pytest.mark.parametrize("seed", range(10))
def test_an_answer_of_any_shape_is_read_or_told(fake, store, seed):
    chance = random.Random(seed)
    apply(store, with_people(PERSON))
    plan = plan_to(
        store, changed(with_people(PERSON, {**PERSON, "specialite": "SM04"}), rename_cardio)
    )

    def bent(calm):
        def answer(method, path):
            if method != "GET" or chance.random() < calm:
                return None
            status, resource = fake.handle(method, path, {}, None)
            return status, {}, json.dumps(somewhere(chance, deepcopy(resource))).encode()

        return answer

    fake.list_interactions()
    for calm in (0.2, 0.5, 0.8, 0.9) * 3:
        fake.answers = bent(calm)
        fresh = store_at(fake.url)
        for attempt in (
            lambda store: store.fetch(SAULES),
            lambda store: [*store.fetch_each(Query())],
            lambda store: store.unsupported(plan),
            lambda store: store.apply(plan, today=LATER, author=""),
            lambda store: store.describe(),
        ):
            with suppress(StoreError):
                attempt(fresh)
        fresh.close()
