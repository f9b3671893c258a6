"""What every store keeps to. A suite for a store is a subclass with a `store` fixture."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from rorcli.errors import DataError, StoreConflictError
from rorcli.identifiers import closing_digit
from rorcli.model import Establishment, decode, to_data
from rorcli.planning.changes import Change
from rorcli.planning.limits import Thresholds
from rorcli.planning.plan import Plan, Sides
from rorcli.stores.base import Query, same_facts

LOADED, LATER = date(2026, 5, 12), date(2026, 11, 3)
SAULES, ORMES, ECUME = "440099919", "2A0099917", "440099927"


def establishment(
    finess: str = SAULES,
    nom: str = "Hôpital des Saules",
    commune: str = "Nantes",
    code_postal: str = "44000",
    units: Any = (),
    **more: Any,
) -> Establishment:
    ej = {"finess": "440099901", "raison_sociale": "Centre hospitalier de l'Écluse"}
    eg = {
        "finess": finess,
        "nom": nom,
        "categorie": "355",
        "adresse": {"code_postal": code_postal, "commune": commune},
        "unites": list(units),
        **more,
    }
    return decode({"entite_juridique": ej, "etablissement": eg})


def unit(type: str, nom: str, id: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": type, "nom": nom, **({"id": id} if id else {}), **more}


CARDIO = unit(
    "uo", "Consultations de cardiologie", "52/0000003",
    verifie_le="2026-03-01", mode_prise_en_charge="32", activites=["053"],
    contacts=[{"nature": "07", "telephone": "02 61 91 00 21"}],
    praticiens=[{"rpps": "10099999996", "nom": "TARTAMPION", "specialite": "SM19"}],
)  # fmt: skip
HEART = unit("uo", "Chirurgie du cœur", "52/0000004", mode_prise_en_charge="28")
POLE = unit("pole", "Pôle médico-chirurgical", "52/0000001", verifie_le="2026-02-01",
            unites=[CARDIO, HEART])  # fmt: skip
SCHOOL = unit("pole", "Pôle Santé à l'école", "52/0000009")
TREE = establishment(units=[POLE, SCHOOL])
TOWNS = (
    TREE,
    establishment(ORMES, "Clinique des Ormes", "Ajaccio", "20000"),
    establishment(ECUME, "Hôpital de l'Écume", "Saint-Herblain", "44800"),
)


def changed(base: Establishment, change: Any) -> Establishment:
    """`base` after `change` has worked on its data."""
    data = deepcopy(to_data(base))
    change(data["etablissement"])
    return decode(data)


def plan_to(store: Any, wanted: Establishment) -> Plan:
    held = store.fetch(wanted.finess)
    sides = Sides.of(wanted, held.establishment, None)
    return sides.plan(wanted.finess, held.version, Thresholds())


def rename_cardio(eg: dict[str, Any]) -> None:
    eg["unites"][0]["unites"][0]["nom"] = "Consultations de rythmologie"


class StoreContract:
    """Reading, searching and writing; `put` is how the tests fill the store."""

    MANY = 500

    def put(self, store: Any, *establishments: Establishment) -> None:
        for each in establishments:
            store.add(each, today=LOADED)

    def written_on(self, today: date) -> date:
        """The store's own day of what was written on a day that it was told."""
        return today

    def test_an_unknown_establishment_is_none(self, store):
        assert store.fetch(SAULES) is None

    def test_what_is_fetched_is_every_value_and_no_empty_key(self, store):
        cardio = {**CARDIO, "mssante": None, "horaires": [], "patientele": {}}
        self.put(store, establishment(units=[cardio], site_internet=None, contacts=[{}]))
        held = store.fetch(SAULES).establishment.etablissement
        assert held.managed == {"finess", "nom", "categorie", "adresse", "unites"}
        assert held.unites[0].managed == CARDIO.keys()
        (telephone,) = held.unites[0].contacts[0].telecoms
        assert (telephone.canal, telephone.valeur) == ("2", "02 61 91 00 21")

    def test_a_node_is_as_old_as_its_nearest_check_else_as_the_loading(self, store):
        self.put(store, TREE)
        assert store.fetch(SAULES).changed_on == {
            "": LOADED,
            "52/0000001": date(2026, 2, 1),
            "52/0000003": date(2026, 3, 1),
            "52/0000004": date(2026, 2, 1),
            "52/0000009": LOADED,
        }

    def test_apply_writes_the_changes_and_moves_the_version(self, store):
        self.put(store, TREE)
        before = store.fetch(SAULES)
        plan = plan_to(store, changed(TREE, rename_cardio))
        after = store.apply(plan, today=LATER, author="M. Durand")
        assert after == store.fetch(SAULES)
        assert after.version != before.version
        assert same_facts(after.establishment, changed(TREE, rename_cardio))

    def test_apply_dates_only_what_it_touches(self, store):
        self.put(store, TREE)
        before = store.fetch(SAULES).changed_on
        plan = plan_to(store, changed(TREE, rename_cardio))
        after = store.apply(plan, today=LATER, author="").changed_on
        assert after == {**before, "52/0000003": LATER}

    def test_a_plan_on_a_former_version_is_a_conflict_and_writes_nothing(self, store):
        self.put(store, TREE)
        late = plan_to(store, changed(TREE, lambda eg: eg.update(nom="Autre nom")))
        now = store.apply(plan_to(store, changed(TREE, rename_cardio)), today=LATER, author="")
        with pytest.raises(StoreConflictError):
            store.apply(late, today=LATER, author="")
        assert store.fetch(SAULES) == now

    def test_a_plan_on_an_establishment_that_is_gone_is_a_conflict(self, store):
        with pytest.raises(StoreConflictError):
            store.apply(Plan(SAULES, "1", (), (), (), ()), today=LATER, author="")

    def test_an_empty_plan_makes_no_version(self, store):
        self.put(store, TREE)
        before = store.fetch(SAULES)
        assert store.apply(plan_to(store, TREE), today=LATER, author="") == before
        assert store.fetch(SAULES) == before

    def test_new_units_get_an_id_and_their_day(self, store):
        self.put(store, TREE)
        new = unit("uf", "UF neuve", unites=[unit("uo", "UO neuve")])
        wanted = changed(TREE, lambda eg: eg["unites"][0]["unites"].append(new))
        after = store.apply(plan_to(store, wanted), today=LATER, author="")
        ids = {placed.unit.nom: placed.unit.id for placed in after.establishment.units()}
        uf = "52/0000001>nouvelle:uf:UF neuve"
        assert after.given == {uf: ids["UF neuve"], f"{uf}>nouvelle:uo:UO neuve": ids["UO neuve"]}
        assert len({*ids.values(), None}) == len(ids) + 1
        assert after.changed_on[ids["UF neuve"]] == self.written_on(LATER)
        assert store.fetch(SAULES).establishment == after.establishment

    def test_ids_are_never_given_twice(self, store):
        self.put(store, TREE)
        given = []
        for _ in range(2):
            wanted = changed(TREE, lambda eg: eg["unites"].append(unit("uf", "Passagère")))
            given += store.apply(plan_to(store, wanted), today=LATER, author="").given.values()
            store.apply(plan_to(store, TREE), today=LATER, author="")
        assert len(set(given)) == 2

    def test_a_unit_that_goes_is_found_no_more(self, store):
        self.put(store, TREE)
        wanted = changed(TREE, lambda eg: eg["unites"].pop())
        after = store.apply(plan_to(store, wanted), today=LATER, author="")
        assert "52/0000009" not in after.changed_on
        assert list(store.search(Query(what="ecole"))) == []

    def test_search_follows_a_change(self, store):
        self.put(store, TREE)
        store.apply(plan_to(store, changed(TREE, rename_cardio)), today=LATER, author="")
        (hit,) = store.search(Query(what="rythmologie"))
        path = "Pôle médico-chirurgical > Consultations de rythmologie"
        assert hit.units == (("52/0000003", path),)
        assert list(store.search(Query(what="cardiologie"))) == []

    def test_a_result_with_a_double_id_writes_nothing(self, store):
        self.put(store, TREE)
        before = store.fetch(SAULES)

        class Doubling(Plan):
            def result(self, theirs: Establishment) -> Establishment:
                return changed(theirs, lambda eg: eg["unites"].append(SCHOOL))

        plan = Doubling(SAULES, before.version, (Change((), None, "x"),), (), (), ())
        with pytest.raises(DataError):
            store.apply(plan, today=LATER, author="")
        assert store.fetch(SAULES) == before

    def test_a_hit_tells_who_and_where(self, store):
        self.put(store, TREE)
        (hit,) = store.search(Query())
        assert (hit.finess, hit.nom, hit.categorie) == (SAULES, "Hôpital des Saules", "355")
        assert (hit.commune, hit.code_postal) == ("Nantes", "44000")
        assert (hit.finess_ej, hit.raison_sociale) == (
            "440099901",
            "Centre hospitalier de l'Écluse",
        )
        assert hit.units == ()

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            (Query(), [ORMES, SAULES, ECUME]),
            (Query(limit=2), [ORMES, SAULES]),
            (Query(limit=0), []),
            (Query(finess=(ECUME, SAULES, "440000000")), [SAULES, ECUME]),
            (Query(place="nantes"), [SAULES]),
            (Query(place="NANT"), [SAULES]),
            (Query(place="antes"), []),
            (Query(place="saint herblain"), [ECUME]),
            (Query(place="Hôpital"), [SAULES, ECUME]),
            (Query(place="hopital ecume"), [ECUME]),
            (Query(place="44"), [SAULES, ECUME]),
            (Query(place="44800"), [ECUME]),
            (Query(place="448"), []),
            (Query(place="2a"), [ORMES]),
            (Query(place="20"), []),
            (Query(place="ecluse"), []),
            (Query(ej="440099901"), [ORMES, SAULES, ECUME]),
            (Query(ej="centre ecluse", place="44"), [SAULES, ECUME]),
            (Query(ej="centre inconnu"), []),
            (Query(ej=SAULES), []),
            (Query(words=SAULES), [SAULES]),
            (Query(words="ecluse saint"), [ECUME]),
            (Query(words="nantes cardio"), [SAULES]),
            (Query(words="herblain cardio"), []),
            (Query(what="nantes"), []),
            (Query(what="ormes"), [ORMES]),
            (Query(what="gynecologie medicale"), [SAULES]),
            (Query(what="cardio", place="44"), [SAULES]),
            (Query(what="cardio", place="2A"), []),
            (Query(what="cardio", words="nantes"), [SAULES]),
        ],
    )
    def test_search_finds(self, store, query, found):
        self.put(store, *TOWNS)
        assert [hit.finess for hit in store.search(query)] == found
        assert [each.establishment.finess for each in store.fetch_each(query)] == found

    @pytest.mark.parametrize(
        ("words", "units"),
        [
            ("cardiologie", ["52/0000003"]),
            ("CARDIO consult", ["52/0000003"]),
            ("coeur", ["52/0000004"]),
            ("cœur", ["52/0000004"]),
            ("hospitalisation complète", ["52/0000004"]),
            ("pole chirurgical", ["52/0000001", "52/0000004", "52/0000003"]),
            ("l'ecole", ["52/0000009"]),
            ("L’École", ["52/0000009"]),
            ("saules ecole", ["52/0000009"]),
            ("saules", []),
        ],
    )
    def test_all_words_are_in_one_unit_unless_the_name_has_them(self, store, words, units):
        self.put(store, TREE)
        (hit,) = store.search(Query(what=words))
        assert [key for key, _ in hit.units] == units

    @pytest.mark.parametrize(
        "text", ['"', "'", "*", "a*b", "NEAR(a b)", "offer : x", "a OR", "^a", "(", "%", "_", "-x",
                 "\0", "a\0b", "\ud800", "𞤀𞤣", "😀", "x" * 5000],
    )  # fmt: skip
    def test_what_a_person_types_is_words_only(self, store, text):
        self.put(store, TREE)
        for key in ("words", "what", "place", "ej"):
            assert len(list(store.search(Query(**{key: text})))) <= 1

    def test_writing_while_reading_each(self, store):
        self.put(store, *TOWNS)
        for snapshot in store.fetch_each(Query()):
            wanted = changed(snapshot.establishment, lambda eg: eg.update(nom="Rebaptisé"))
            store.apply(plan_to(store, wanted), today=LATER, author="")
        assert [hit.nom for hit in store.search(Query())] == ["Rebaptisé"] * 3

    def test_many_establishments(self, store):
        starts = [f"4400{number:04}" for number in range(self.MANY)]
        names = [f"Résidence n° {number:03}" for number in range(self.MANY)]
        for start, nom in zip(starts, names, strict=True):
            pole = unit("pole", f"Pôle de {nom}", f"52/{start}")
            self.put(store, establishment(start + closing_digit(start), nom, units=[pole]))
        assert [hit.nom for hit in store.search(Query(words="residence"))] == names
        (hit,) = store.search(Query(what="pôle 042"))
        assert hit.units == (("52/44000042", "Pôle de Résidence n° 042"),)
        found = [each.establishment.etablissement.nom for each in store.fetch_each(Query())]
        assert found == names

    def test_nothing_is_unsupported(self, store):
        self.put(store, TREE)
        assert store.unsupported(plan_to(store, changed(TREE, rename_cardio))) == []

    def test_the_store_tells_where_and_what_it_is(self, store):
        assert store.url
        assert store.describe()


class LoadContract:
    """What a store that takes whole establishments keeps to besides."""

    def test_adding_twice_is_adding_once(self, store):
        assert store.add(TREE, today=LOADED) == "created"
        before = store.fetch(SAULES)
        assert store.add(TREE, today=LATER) == "unchanged"
        assert store.fetch(SAULES) == before

    def test_order_is_no_content(self, store):
        store.add(TREE, today=LOADED)
        turned = changed(TREE, lambda eg: eg["unites"].reverse())
        assert store.add(turned, today=LATER) == "unchanged"

    def test_another_content_needs_replace(self, store):
        store.add(TREE, today=LOADED)
        before = store.fetch(SAULES)
        other = changed(TREE, rename_cardio)
        with pytest.raises(DataError):
            store.add(other, today=LATER)
        assert store.fetch(SAULES) == before
        assert store.add(other, today=LATER, replace=True) == "replaced"
        assert store.fetch(SAULES).version != before.version
        assert same_facts(store.fetch(SAULES).establishment, other)

    @pytest.mark.parametrize(
        "wrong",
        [
            establishment(finess=""),
            establishment(units=[unit("pole", "Sans id")]),
            establishment(units=[SCHOOL, SCHOOL]),
        ],
        ids=["no finess", "no id", "double id"],
    )
    def test_what_has_no_key_of_its_own_is_refused(self, store, wrong):
        with pytest.raises(DataError):
            store.add(wrong, today=LOADED)
        assert list(store.search(Query())) == []
