"""What the FHIR store promises beyond the contract, against the server in memory."""

import json
from copy import deepcopy
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rorcli.errors import RefusedError, StoreConflictError, StoreUnavailableError
from rorcli.exchange import merge_into, pull
from rorcli.model import decode, to_data
from rorcli.planning.limits import Thresholds
from rorcli.planning.plan import Sides
from rorcli.settings import StoreSettings
from rorcli.stores.base import Query, same_facts
from rorcli.stores.fhir.probes import Probe
from rorcli.stores.fhir.profiles import ROR
from rorcli.stores.fhir.store import FhirStore
from rorcli.stores.fhir.transport import Patience, Transport
from tests.cli.harness import run
from tests.stores.contract import LATER, LOADED, SAULES, TREE, changed, plan_to, rename_cardio
from tests.stores.fhir_contract import CARDIO, STRANGE, WITH_LIEU, store_at


@pytest.fixture
def store(fake):
    opened = store_at(fake.url)
    opened.add(WITH_LIEU, today=LOADED)
    fake.log.clear()
    yield opened
    opened.close()


def writes(fake):
    return [(method, path) for method, path, _ in fake.log if method != "GET"]


def capacity(count):
    def change(eg):
        measure = eg["unites"][0]["unites"][0]["lieux"][0]["capacites"][0]
        measure.update(nombre=count, temporalite="01", affectation="01", source="01")

    return changed(WITH_LIEU, change)


def apply(store, wanted):
    return store.apply(plan_to(store, wanted), today=LATER, author="")


# -- reading


def test_an_establishment_costs_few_requests_whatever_its_size(fake, store):
    store.fetch(SAULES)
    assert len(fake.log) <= 6


def test_pages_are_followed(fake, store):
    fake.page = 1
    assert same_facts(
        store.fetch(SAULES).establishment, store_at(fake.url).fetch(SAULES).establishment
    )
    fake.page = 200
    assert len(list(store.fetch(SAULES).establishment.units())) == 4


def test_a_server_that_ignores_what_is_asked_sends_nobody_elses_units(fake, store):
    other = deepcopy(TREE)
    other = decode({**to_data(other), "etablissement": {
        **to_data(other)["etablissement"], "finess": "440099927", "nom": "Autre", "unites": [
            {"type": "pole", "nom": "Pôle d'à côté", "id": "52/999"}]}})  # fmt: skip
    store.add(other, today=LOADED)
    whole = {"resourceType": "Bundle", "entry": [{"resource": e} for e in fake.held.values()]}
    fake.answers = lambda method, path: (
        (200, {}, json.dumps(whole).encode()) if "?" in path else None
    )
    assert same_facts(
        store.fetch(SAULES).establishment, store_at(fake.url).fetch(SAULES).establishment
    )
    assert len(list(store.fetch(SAULES).establishment.units())) == 4


def test_where_partof_is_not_offered_the_national_query_serves(fake, store):
    fake.list_interactions()
    listed = fake.statement["rest"][0]["resource"]
    listed[0]["searchParam"] = [{"name": "identifier"}]
    held = [{"resource": each} for each in fake.held.values()]
    asked = []

    def national(method, path):
        if "organization.identifier%3Aabove" in path:
            asked.append(path)
            return 200, {}, json.dumps({"resourceType": "Bundle", "entry": held}).encode()
        return None

    fake.answers = national
    assert len(list(store_at(fake.url).fetch(SAULES).establishment.units())) == 4
    assert "1440099919" in asked[0]


def test_an_empty_answer_to_the_national_query_is_no_answer(fake, store):
    fake.list_interactions()
    fake.statement["rest"][0]["resource"][0]["searchParam"] = [{"name": "identifier"}]
    fake.answers = lambda method, path: (
        (200, {}, b'{"resourceType": "Bundle"}') if "above" in path else None
    )
    assert len(list(store_at(fake.url).fetch(SAULES).establishment.units())) == 4


def test_two_establishments_of_one_number_are_told(fake, store):
    eg = fake.held["Organization/ror-organization-440099919"]
    fake.held["Organization/double"] = {**eg, "id": "double"}
    with pytest.raises(StoreUnavailableError, match="EG 440099919 : le serveur en tient plusieurs"):
        store.fetch(SAULES)


def test_a_closed_resource_is_read_no_more(fake, store):
    fake.held["Organization/ror-organization-52-0000009"]["active"] = False
    assert "52/0000009" not in store.fetch(SAULES).changed_on


def test_without_its_extension_a_server_has_no_place_for_verifie_le(fake, store):
    settings = StoreSettings(url=f"fhir+{fake.url}")
    bare: Any = FhirStore(settings, Transport(settings))
    held = bare.fetch(SAULES)
    assert held.unheld == {"verifie_le"}
    ours = WITH_LIEU.without(held.unheld)
    assert Sides.of(ours, held.establishment, None).plan(SAULES, "", Thresholds()).changes == ()
    bare.close()


# -- writing


def test_only_what_changes_is_written_guarded_by_its_version(fake, store):
    apply(store, changed(WITH_LIEU, rename_cardio))
    [(method, path, headers)] = [each for each in fake.log if each[0] != "GET"]
    assert (method, path) == ("PUT", f"/fhir/{CARDIO}")
    assert headers["if-match"] == 'W/"1"'


def test_what_is_not_ours_survives_a_write(fake, store):
    fake.held[CARDIO] |= {
        "extension": [*fake.held[CARDIO]["extension"], STRANGE],
        "text": {"status": "additional", "div": "<div/>"},
        "program": [{"text": "programme"}],
    }
    apply(store, changed(WITH_LIEU, rename_cardio))
    after = fake.held[CARDIO]
    assert after["name"] == "Consultations de rythmologie"
    assert STRANGE in after["extension"]
    assert after["program"] == [{"text": "programme"}]
    assert after["text"]["status"] == "additional"


def test_a_resource_that_moved_to_something_else_is_a_conflict(fake, store):
    plan = plan_to(store, changed(WITH_LIEU, rename_cardio))
    fake.keep(CARDIO, {**fake.held[CARDIO], "name": "D'un autre"})
    with pytest.raises(StoreConflictError, match="a changé sur le serveur"):
        store.apply(plan, today=LATER, author="")
    assert fake.held[CARDIO]["name"] == "D'un autre"


def test_a_version_that_moved_without_content_is_none(fake, store):
    plan = plan_to(store, changed(WITH_LIEU, rename_cardio))
    fake.keep(CARDIO, fake.held[CARDIO])
    store.apply(plan, today=LATER, author="")
    assert fake.held[CARDIO]["name"] == "Consultations de rythmologie"


def test_a_lost_answer_to_a_write_that_went_through_is_no_conflict(fake, store):
    plan = plan_to(store, changed(WITH_LIEU, rename_cardio))
    lost: list[str] = []

    def lose(method, path):
        if method == "PUT" and not lost:
            lost.append(path)
            fake.keep(CARDIO, {**fake.held[CARDIO], "name": "Consultations de rythmologie"})
            return 504, {}, b""
        return None

    fake.answers = lose
    after = store.apply(plan, today=LATER, author="")
    assert same_facts(after.establishment, changed(WITH_LIEU, rename_cardio))
    assert fake.held[CARDIO]["meta"]["versionId"] == "2"


def test_a_push_that_breaks_off_says_how_far_it_came_and_is_taken_up(fake, store):
    def wish(eg):
        rename_cardio(eg)
        eg["nom"] = "Autre nom"

    fake.answers = lambda method, path: (
        (422, {}, b"{}") if method == "PUT" and "Healthcare" in path else None
    )
    with pytest.raises(StoreUnavailableError, match=r"écritures déjà faites : 1 sur 2") as raised:
        apply(store, changed(WITH_LIEU, wish))
    assert "reprend" in raised.value.remedy
    fake.answers = lambda method, path: None
    fake.log.clear()
    apply(store, changed(WITH_LIEU, wish))
    assert writes(fake) == [("PUT", f"/fhir/{CARDIO}")]


def test_nothing_new_is_begun_once_a_write_failed(fake, store):
    def wish(eg):
        for pole in eg["unites"]:
            pole["nom"] += " bis"
            for each in pole.get("unites", ()):
                each["nom"] += " bis"

    fake.answers = lambda method, path: (422, {}, b"{}") if method == "PUT" else None
    plan = plan_to(store, changed(WITH_LIEU, wish))
    with pytest.raises(StoreUnavailableError, match="422"):
        store.apply(plan, today=LATER, author="")
    assert len(writes(fake)) <= store.at_once
    assert not [path for _, path in writes(fake) if "HealthcareService" in path]


def test_a_person_known_elsewhere_is_not_created_again(fake, store):
    new = {"rpps": "10099999996", "nom": "TARTAMPION", "specialite": "SM19"}
    apply(
        store, changed(WITH_LIEU, lambda eg: eg["unites"][0]["unites"][1].update(praticiens=[new]))
    )
    assert [path for path in fake.held if path.startswith("Practitioner/")] == [
        "Practitioner/ror-practitioner-10099999996"
    ]


def test_who_comes_back_is_reopened_not_doubled(fake, store):
    without = changed(WITH_LIEU, lambda eg: eg["unites"][0]["unites"][0].update(praticiens=[]))
    apply(store, without)
    assert [e["active"] for k, e in fake.held.items() if k.startswith("PractitionerRole/")] == [
        False
    ]
    apply(store, WITH_LIEU)
    [role] = [each for key, each in fake.held.items() if key.startswith("PractitionerRole/")]
    assert role.get("active") is not False


def test_a_server_that_gives_the_ids_gets_one_of_each(fake):
    fake.takes_ids = False
    store = store_at(fake.url)
    assert store.add(WITH_LIEU, today=LOADED) == "created"
    before = len(fake.held)
    assert same_facts(store.fetch(SAULES).establishment, WITH_LIEU) or before
    assert store.add(WITH_LIEU, today=LOADED, replace=True) in {"unchanged", "replaced"}
    assert len(fake.held) == before
    assert all(key.split("/")[1].startswith("s") for key in fake.held)
    store.close()


# -- what a server takes


def test_a_refusal_is_known_before_the_plan_is_shown(fake, store):
    fake.list_interactions(HealthcareService=("read", "search-type"))
    fresh = store_at(fake.url)
    plan = plan_to(fresh, changed(WITH_LIEU, rename_cardio))
    [reason] = fresh.unsupported(plan)
    assert reason.startswith("HealthcareService : ")
    assert "--only capacites" in reason


def test_a_statement_that_lists_nothing_forbids_nothing(store):
    assert store.unsupported(plan_to(store, changed(WITH_LIEU, rename_cardio))) == []


def test_the_national_ror_takes_capacities_by_patch(fake, store):
    fake.list_interactions(
        **dict.fromkeys(("Organization", "HealthcareService"), ("read", "search-type")),
        Location=("read", "search-type", "patch"),
    )
    fresh = store_at(fake.url)

    def wish(eg):
        rename_cardio(eg)
        eg["unites"][0]["unites"][0]["lieux"][0]["capacites"][0]["nombre"] = 9

    held = fresh.fetch(SAULES)
    sides = Sides.of(changed(WITH_LIEU, wish), held.establishment, None)
    plan = sides.plan(SAULES, held.version, Thresholds(), only_capacities=True)
    assert fresh.unsupported(plan) == []
    fake.log.clear()
    after = fresh.apply(plan, today=LATER, author="")
    assert writes(fake) == [("PATCH", "/fhir/Location/ror-location-52-L1")]
    [measure] = next(iter(after.establishment.units())).unit.unites[0].lieux[0].capacites
    assert measure.nombre == 9
    assert fake.held[CARDIO]["name"] == "Consultations de cardiologie"


def test_a_patch_that_does_something_else_is_told(fake, store):
    fake.list_interactions(Location=("read", "search-type", "patch"))
    fresh = store_at(fake.url)
    plan = plan_to(fresh, capacity(9))
    place = fake.held["Location/ror-location-52-L1"]
    reply = json.dumps(place).encode()
    fake.answers = lambda method, path: (200, {}, reply) if method == "PATCH" else None
    with pytest.raises(StoreUnavailableError, match="compris le PATCH autrement"):
        fresh.apply(plan, today=LATER, author="")


def test_other_measures_and_foreign_elements_survive_a_patch(fake, store):
    fake.list_interactions(Location=("read", "search-type", "patch"))
    place = fake.held["Location/ror-location-52-L1"]
    place["extension"].append(STRANGE)
    two = deepcopy(place["extension"])
    fresh = store_at(fake.url)
    apply(fresh, capacity(9))
    after = fake.held["Location/ror-location-52-L1"]["extension"]
    assert STRANGE in after
    assert [e["url"] for e in after].count(f"{ROR}ror-location-supported-capacity") == 1
    assert len(after) == len(two)


def test_a_partial_reading_is_never_written_back(fake, store):
    fake.held[CARDIO]["meta"]["tag"] = [{"code": "SUBSETTED"}]
    plan = plan_to(store, changed(WITH_LIEU, rename_cardio))
    [reason] = store.unsupported(plan)
    assert "profil d'accès" in reason


def test_what_an_access_profile_does_not_show_was_not_removed(fake, store, tmp_path):
    """ROR model 2.16: a contact of confidentiality 3 and a sensitive unit are not shown to all."""

    def wish(eg):
        desk = {"nature": "07", "confidentialite": "3", "telephone": "02 61 91 00 30"}
        eg["contacts"] = [desk]
        eg["unites"][0]["unites"][1]["unite_sensible"] = True

    apply(store, changed(WITH_LIEU, wish))
    settings = StoreSettings(url=f"fhir+{fake.url}", headers={"Ror-Profil-Utilisateur-Code": "0"})
    reader: Any = FhirStore(settings, Transport(settings))
    file = tmp_path / "e.yaml"
    assert (
        pull(reader.fetch(SAULES), file, reader.url, today=LATER, availability=True).problem is None
    )
    before = file.read_bytes()
    eg = fake.held["Organization/ror-organization-440099919"]
    fake.keep(
        "Organization/ror-organization-440099919", {k: v for k, v in eg.items() if k != "contact"}
    )
    del fake.held["HealthcareService/ror-healthcareservice-52-0000004"]
    assert "02 61 91 00 30" not in str(reader.fetch(SAULES).establishment)
    assert merge_into(file, reader.fetch(SAULES), reader.url, today=LATER).problem is None
    assert file.read_bytes() == before
    # What every profile sees is gone when it is missing.
    del fake.held["Organization/ror-organization-52-0000009"]
    merge_into(file, reader.fetch(SAULES), reader.url, today=LATER)
    assert "52/0000009" not in file.read_text("utf-8")
    assert "52/0000004" in file.read_text("utf-8")
    reader.close()


def test_a_store_opened_to_read_does_not_write(fake, store):
    settings = StoreSettings(url=f"fhir+{fake.url}")
    reader = FhirStore(settings, Transport(settings), read_only=True)
    with pytest.raises(StoreUnavailableError, match="lecture seule"):
        apply(reader, changed(WITH_LIEU.without(frozenset({"verifie_le"})), rename_cardio))
    assert writes(fake) == []
    reader.close()


def test_a_search_asks_for_cards_only_unless_words_are_sought(fake, store):
    [hit] = store.search(Query(place="nantes"))
    assert (hit.finess, hit.commune) == (SAULES, "Nantes")
    assert not [path for _, path, _ in fake.log if "HealthcareService" in path]


def test_the_real_directory_is_no_place_to_try(fake):
    settings = StoreSettings(url=f"fhir+{fake.url}", production=True)
    store = FhirStore(settings, Transport(settings, patience=Patience()))
    with pytest.raises(RefusedError, match="production"):
        store.write_test()
    assert fake.log == []
    store.close()


def test_probes_leave_nothing_open(fake, store):
    before = set(fake.held)
    told: list[Probe] = []
    store.write_test().run(told.append)
    probes = {each.name: each.is_ok for each in told}
    assert probes["création"]
    assert probes["versions"]
    assert probes["If-Match"]
    assert probes["PATCH"]
    left = [fake.held[key] for key in fake.held.keys() - before]
    assert [each for each in left if each.get("active") is not False] == []


def test_the_days_are_the_servers(fake, store):
    fake.held[CARDIO]["meta"]["lastUpdated"] = "2026-01-31T23:30:00Z"
    fake.held["Location/ror-location-52-L1"]["meta"]["lastUpdated"] = "2026-01-01T00:00:00Z"
    for key in fake.held:
        if key.startswith("Practitioner"):
            fake.held[key]["meta"]["lastUpdated"] = "2026-01-02T00:00:00Z"
    assert store.fetch(SAULES).changed_on["52/0000003"] == date(2026, 2, 1)


def test_the_instant_of_a_unit_is_that_of_its_own_resource_in_paris(fake, store):
    fake.held[CARDIO]["meta"]["lastUpdated"] = "2026-01-31T23:30:00Z"
    fake.held["Location/ror-location-52-L1"]["meta"]["lastUpdated"] = "2026-10-01T00:00:00Z"
    held = store.fetch(SAULES)
    assert held.changed_on["52/0000003"] >= date(2026, 10, 1)
    assert held.written_at["52/0000003"] == datetime(
        2026, 2, 1, 0, 30, tzinfo=ZoneInfo("Europe/Paris")
    )
    assert held.written_at.keys() == held.changed_on.keys()


def test_a_count_of_beds_does_not_bring_an_offre_up_to_date(fake, store):
    """National requirement RE1.2; the age of the unit is another matter."""
    for key, resource in fake.held.items():
        year = 2020 if key.startswith("HealthcareService") else 2026
        resource["meta"]["lastUpdated"] = f"{year}-11-01T00:00:00Z"
    words = ["audit", "--check", "age,national", "--as-of", "2026-11-25", "-o", "json"]
    told = json.loads(run([*words, "--store", f"fhir+{fake.url}"]).out)
    [found] = [each for each in told["requirements"] if each["code"] == "RE1.2"]
    assert (found["status"], found["k"]) == ("ecart", 0)
    assert "52/0000003" in found["units"]
    assert "52/0000003" not in {each["key"] for each in told["late"]}


def test_a_server_without_authors_or_place_for_checks_is_told_as_such(fake, store, tmp_path):
    card, at = tmp_path / "e.yaml", ["--store", f"fhir+{fake.url}"]
    run(["pull", SAULES, "-f", card, *at])
    run(["confirm", card, *at])
    told = run(["diff", card, *at])
    assert "verifie_le : cet annuaire n'a pas de place pour cela ; verifie_le_url" in told.err
    head = run(["history", SAULES, *at]).out.splitlines()[0]
    assert head.startswith("version ")
    assert "par" not in head


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, b"", "répond 404"),
        (200, b'{"resourceType": "Bundle"}', "n'est pas la ressource FHIR attendue"),
        (200, b'{"resourceType": "CapabilityStatement", "fhirVersion": "5.0.0"}', "FHIR 5.0.0"),
        (200, b"<html>Bienvenue</html>", "n'est pas du FHIR"),
    ],
)
def test_an_address_without_a_server_for_us_is_told_by_doctor(fake, status, body, said):
    fake.answers = lambda method, path: (status, {}, body)
    done = run(["doctor", "--store", f"fhir+{fake.url}"])
    assert done.code == 8
    assert said in done.out + done.err
