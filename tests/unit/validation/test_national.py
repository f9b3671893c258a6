"""The national requirements: each rule as a table of cases, then against SQL over random data."""

import random
import sqlite3
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rorcli import codes
from rorcli.model import Establishment, decode, to_data
from rorcli.validation.auditing import Criteria, audit_all
from rorcli.validation.freshness import Dates
from rorcli.validation.national import (
    CODES,
    Requirement,
    Status,
    requirements,
)
from rorcli.validation.perimeters import is_suspect, up_to_date_needed
from rorcli.validation.view import View
from tests.strategies import establishments

TODAY = date(2026, 11, 25)
CONFORME, ECART, NOTHING = Status.CONFORME, Status.ECART, Status.NON_APPLICABLE


def uo(id="a", **more):
    return {"type": "uo", "id": id, "nom": f"Unité {id}", **more}


def site(*unites, categorie: str | None = "355", **more):
    eg = {"finess": "440099919", "nom": "Hôpital", "categorie": categorie, "unites": [*unites]}
    ej = {"finess": "440099901", "raison_sociale": "Centre hospitalier"}
    return decode({"entite_juridique": ej, "etablissement": {**eg, **more}})


def judged(seen: Establishment, dates: Dates = Dates()) -> dict[str, Requirement]:  # noqa: B008
    return {each.code: each for each in requirements(View(seen, TODAY), dates)}


def verdict(code, seen, dates: Dates = Dates()):  # noqa: B008
    """Status, then k, n and the keys in écart where the rule applies."""
    found = judged(seen, dates)[code]
    if found.verdict is None:
        return found.status
    return (found.status, found.verdict.k, found.verdict.n, [*found.verdict.units])


CLOSED = {"date_fermeture": "2026-01-01", "type_fermeture": "DEF"}
PAUSED = {"date_fermeture": "2026-01-01", "type_fermeture": "PRO"}
ANNOUNCED = {"date_fermeture": "2026-12-01", "type_fermeture": "DEF"}


# RE1.2


def is_met_by_rounding(k: int, n: int) -> bool:
    if n < 8:
        return k >= min(n, 1)
    share = (Decimal(k) / n).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return share >= Decimal("0.25")


def test_re12_needs_what_rounding_to_two_digits_half_up_needs():
    for n in range(2000):
        needed = up_to_date_needed(n)
        assert is_met_by_rounding(needed, n)
        assert needed == 0 or not is_met_by_rounding(needed - 1, n)


@pytest.mark.parametrize(
    ("n", "needed"),
    [(0, 0), (1, 1), (7, 1), (8, 2), (9, 3), (12, 3), (13, 4), (16, 4), (17, 5), (20, 5), (21, 6),
     (25, 7), (29, 8), (33, 9), (37, 10), (40, 10), (102, 25)],
)  # fmt: skip
def test_re12_needs_the_published_numbers(n, needed):
    assert up_to_date_needed(n) == needed


def test_re12_counts_open_offres_dated_after_one_year_ago_and_lists_the_oldest_first():
    seen = site(
        uo("a"), uo("b"), uo("gone", **CLOSED), uo("paused", **PAUSED),
        {"type": "uf", "id": "uf", "unites": [uo("c")]},
    )  # fmt: skip
    limit = date(2025, 11, 25)
    days = {"": TODAY, "uf": TODAY, "a": limit, "b": date(2020, 1, 1), "gone": TODAY,
            "paused": limit, "c": limit}  # fmt: skip
    assert verdict("RE1.2", seen, Dates(days)) == (ECART, 0, 4, ["b", "a", "c", "paused"])
    days["c"] = limit + timedelta(days=1)
    assert verdict("RE1.2", seen, Dates(days)) == (CONFORME, 1, 4, [])


def test_re12_takes_the_instant_of_the_offre_alone_where_the_directory_tells_it():
    """What is below it, lieux and situations, makes a node younger and does not count here."""
    seen, limit = site(uo("a"), uo("b")), datetime(2025, 11, 25, tzinfo=ZoneInfo("Europe/Paris"))
    days = {"": TODAY, "a": TODAY, "b": TODAY}
    dates = Dates(days, written_at={"": limit + timedelta(99), "a": limit})
    assert verdict("RE1.2", seen, dates) == (ECART, 0, 2, ["b", "a"])
    dates = Dates(days, written_at={"a": limit + timedelta(seconds=1)})
    assert verdict("RE1.2", seen, dates) == (CONFORME, 1, 2, [])


def test_re12_on_the_29th_of_february_looks_back_to_the_28th():
    seen, leap = site(uo()), date(2024, 2, 29)
    for day, status in ((date(2023, 2, 28), ECART), (date(2023, 3, 1), CONFORME)):
        found = requirements(View(seen, leap), Dates({"": day, "a": day}))
        assert next(each for each in found if each.code == "RE1.2").status is status


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (site(), (CONFORME, 0, 0, [])),
        (site(categorie=None), (CONFORME, 0, 0, [])),
        (site(categorie="SA07"), NOTHING),
        (site(date_fermeture="2026-12-31"), NOTHING),
        (site(uo(verifie_le="2026-01-01")), (CONFORME, 1, 1, [])),
        (site(uo(), verifie_le="2026-01-01"), (CONFORME, 1, 1, [])),
        (site(uo()), (ECART, 0, 1, ["a"])),
    ],
)
def test_re12_on_a_file_is_an_estimate_by_its_reviews(seen, found):
    assert verdict("RE1.2", seen) == found
    assert judged(seen)["RE1.2"].is_estimate is (found != NOTHING)
    assert not judged(seen, Dates({"": TODAY}))["RE1.2"].is_estimate


def test_re12_on_a_file_takes_the_day_of_its_base():
    assert verdict("RE1.2", site(uo()), Dates(saved_on=TODAY)) == (CONFORME, 1, 1, [])


# CO1, CO2, CO3


@pytest.mark.parametrize(
    ("unit", "found"),
    [
        (
            uo(nom="Accueil des URGENCES", mode_prise_en_charge="33", activites=["157"]),
            (CONFORME, 1, 1, []),
        ),
        (uo(nom="Déchocage", mode_prise_en_charge="33", activites=["249"]), (ECART, 0, 1, ["a"])),
        (
            uo(nom="Déchocage", mode_prise_en_charge="33", activites=["249"], **PAUSED),
            (ECART, 0, 1, ["a"]),
        ),
        (
            uo(nom="Déchocage", mode_prise_en_charge="33", activites=["249"], **ANNOUNCED),
            (ECART, 0, 1, ["a"]),
        ),
        (uo(nom="Déchocage", mode_prise_en_charge="33", activites=["249"], **CLOSED), NOTHING),
        (uo(nom="Déchocage", mode_prise_en_charge="28", activites=["249"]), NOTHING),
        (uo(nom="Déchocage", mode_prise_en_charge="33", activites=["100"]), NOTHING),
    ],
)
def test_co1_wants_emergency_units_named_so(unit, found):
    assert verdict("CO1", site(unit)) == found
    assert verdict("CO1", site(unit, categorie="608")) is NOTHING
    assert verdict("CO1", site(unit, categorie=None)) is NOTHING
    assert "14/23" in judged(site(unit))["CO1"].needs or found is NOTHING


def maternity(level, *activities, nom="Maternité", mode="28"):
    return site(
        uo(nom=nom, mode_prise_en_charge=mode, niveau_maternite=level, activites=[*activities])
    )


@pytest.mark.parametrize(
    ("level", "activities", "status"),
    [
        ("01", ["100"], CONFORME),
        ("01", ["260"], CONFORME),
        ("01", ["100", "094"], ECART),
        ("02", ["100", "094"], CONFORME),
        ("02", ["100"], ECART),
        ("03", ["100", "094", "369"], CONFORME),
        ("03", ["100", "094"], ECART),
        ("03", ["100", "094", "369", "128"], ECART),
        ("04", ["100", "094", "369", "128"], CONFORME),
        ("04", ["100", "094", "128"], ECART),
        (None, ["100"], ECART),
        (None, ["094"], ECART),
        ("01", [], ECART),
    ],
)
def test_co2_wants_a_maternity_to_offer_what_its_level_supposes(level, activities, status):
    assert judged(maternity(level, *activities))["CO2"].status is status


def test_co2_wants_a_name_and_gathers_the_units_of_an_establishment():
    assert verdict("CO2", maternity("01", "100", nom="Naissance")) == (ECART, 0, 1, ["a"])
    assert verdict("CO2", maternity("01", "100", mode="33")) is NOTHING
    assert verdict("CO2", maternity(None, "053")) is NOTHING
    beside = {"mode_prise_en_charge": "28", "activites": ["094"]}
    two = site(uo("a", nom="Maternité", mode_prise_en_charge="28", niveau_maternite="02", activites=["100"]),
               uo("b", **beside), uo("c", **beside, **CLOSED))  # fmt: skip
    assert verdict("CO2", two) == (CONFORME, 1, 1, [])


@pytest.mark.parametrize(
    ("name", "suspect"),
    [
        ("UHSI de Nantes", True),
        ("Unité hospitalière SÉCURISÉE", True),
        ("Unité sécurité inter-régionale", True),
        ("Soins aux détenus", True),
        ("Centre pénitentiaire", True),
        ("Unité spécialement aménagée", True),
        ("SMPR", True),
        ("SMPR, réadaptation", False),
        ("Service médico-psychologique", False),
        ("Service médico-psycologique", True),
        ("Décontamination", True),
        ("Accueil des contaminés", True),
        ("Maison des femmes", False),
    ],
)
def test_co3_knows_suspect_names(name, suspect):
    assert is_suspect(name) is suspect


PRISON = {"nom": "USMP"}
FLAGGED = {"unite_sensible": True}


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (site(uo()), NOTHING),
        (site(uo(**PRISON, **FLAGGED)), (CONFORME, 1, 1, [])),
        (site(uo(**PRISON)), (ECART, 0, 1, ["a"])),
        (site(uo(**PRISON, **CLOSED)), NOTHING),
        (site(uo(activites=["089"])), (ECART, 0, 1, ["a"])),
        (site(uo(**FLAGGED)), (ECART, 0, 1, ["a"])),
        (site(uo(**FLAGGED, **CLOSED)), (ECART, 0, 1, ["a"])),
        (site(uo(**PRISON, **FLAGGED, **CLOSED)), (ECART, 0, 1, ["a"])),
        (site(uo(**PRISON, **FLAGGED), categorie="124"), (ECART, 0, 1, ["a"])),
        (site(uo(**PRISON), categorie="500"), NOTHING),
        (site(uo(**PRISON), categorie=None), NOTHING),
        (
            site({"type": "uf", "id": "uf", **PRISON, "unites": [uo("a", **FLAGGED), uo("b")]}),
            (ECART, 1, 2, ["b"]),
        ),
        (site({"type": "uf", "id": "uf", **PRISON, **CLOSED, "unites": [uo("a")]}), NOTHING),
        (site({"type": "service", "id": "s", **PRISON, "unites": [uo("a")]}), NOTHING),
        (
            site(
                {
                    "type": "pole",
                    "id": "p",
                    **PRISON,
                    "unites": [{"type": "uf", "id": "u", "unites": [uo()]}],
                }
            ),
            NOTHING,
        ),
    ],
)
def test_co3_wants_suspect_offres_flagged_and_no_others(seen, found):
    assert verdict("CO3", seen) == found


# CP4, CP5, CP6

ADDRESS = {"voie": "rue des Saules", "code_postal": "44000", "commune": "Nantes"}
FINAL: dict[str, Any] = {
    "champ_activite": "01",
    "mode_prise_en_charge": "28",
    "patientele": {"age_min": "15 ans", "age_max": "120 ans"},
    "activites": ["053"],
    "contacts": [{"nature": "07", "telephone": "02 61 91 00 20"}],
    "lieux": [{"id": "l1", "adresse": ADDRESS}],
}


@pytest.mark.parametrize(
    ("change", "is_final"),
    [
        ({}, True),
        ({"champ_activite": None}, False),
        ({"champ_activite": "99"}, False),
        ({"mode_prise_en_charge": None}, False),
        ({"patientele": {"age_min": "15 ans"}}, False),
        ({"patientele": {"age_max": "15 ans"}}, False),
        ({"activites": []}, False),
        ({"activites": ["999"]}, False),
        ({"activites": ["999", "053"]}, True),
        ({"lieux": []}, False),
        (
            {"lieux": [{"id": "l1", "adresse": {**ADDRESS, "voie": None, "lieu_dit": "Le Bourg"}}]},
            True,
        ),
        ({"lieux": [{"id": "l1", "adresse": {**ADDRESS, "commune": None}}]}, False),
        ({"lieux": [{"id": "l1", "adresse": ADDRESS}, {"id": "l2"}]}, False),
        ({"contacts": []}, False),
        ({"contacts": [{"telephone": "02 61 91 00 20"}]}, False),
        ({"contacts": [{"nature": "07"}]}, False),
        ({"contacts": [{"nature": "999", "telephone": "02 61 91 00 20"}]}, False),
        ({"contacts": [{"fonction": "12", "courriel": "a@ch.example"}]}, True),
    ],
)
def test_cp4_wants_each_offre_whole(change, is_final):
    found = (CONFORME, 1, 1, []) if is_final else (ECART, 0, 1, ["a"])
    assert verdict("CP4", site(uo(**{**FINAL, **change}))) == found


def test_cp4_wants_an_offre_and_the_type_in_some_categories_only():
    assert verdict("CP4", site()) == (ECART, 0, 0, [])
    assert verdict("CP4", site(uo(**FINAL), categorie="354")) == (ECART, 0, 1, ["a"])
    assert verdict("CP4", site(uo(**FINAL, type_offre="69"), categorie="354")) == (
        CONFORME,
        1,
        1,
        [],
    )
    assert verdict("CP4", site(uo(**CLOSED), uo("b", **FINAL))) == (CONFORME, 1, 1, [])
    assert verdict("CP4", site(uo(**FINAL), categorie="124")) is NOTHING
    assert verdict("CP4", site(uo(**FINAL), **CLOSED)) is NOTHING


@pytest.mark.parametrize(
    ("category", "field", "found"),
    [
        ("355", "03", (ECART, 1, 2, ["b"])),
        ("355", "04", (CONFORME, 1, 1, [])),
        ("355", "99", (ECART, 1, 2, ["b"])),
        ("183", "04", (ECART, 1, 2, ["b"])),
    ],
)
def test_cp4_of_a_hospital_counts_its_own_fields(category, field, found):
    """MCO, PSY and SMR have a line each, whatever is authorised; no other field has one."""
    seen = site(uo(**FINAL), uo("b", champ_activite=field), categorie=category)
    assert verdict("CP4", seen) == found


def test_cp4_takes_a_shared_lieu_as_it_is_described_elsewhere():
    shared = {**FINAL, "lieux": [{"id": "l1"}]}
    assert verdict("CP4", site(uo(**FINAL), uo("b", **shared))) == (CONFORME, 2, 2, [])
    assert verdict("CP4", site(uo("b", **shared))) == (ECART, 0, 1, ["b"])


HOME = {"mode_prise_en_charge": "46", "type_offre": "33", "temporalite_accueil": "02"}


@pytest.mark.parametrize(
    ("category", "change", "status"),
    [
        ("183", {}, CONFORME),
        ("183", {"mode_prise_en_charge": "48"}, CONFORME),
        ("183", {"mode_prise_en_charge": "28"}, NOTHING),
        ("183", {"type_offre": None}, ECART),
        ("183", {"temporalite_accueil": None}, ECART),
        ("183", {"type_offre": "38"}, NOTHING),
        ("500", {}, CONFORME),
        ("500", {"mode_prise_en_charge": "47"}, NOTHING),
        ("445", {}, NOTHING),
        ("355", {}, NOTHING),
        (None, {}, NOTHING),
    ],
)
def test_cp5_wants_the_type_and_temporality_of_residential_offres(category, change, status):
    assert judged(site(uo(**{**HOME, **change}), categorie=category))["CP5"].status is status


def places(nature="place", statut="installe", nombre=4):
    return [{"id": "l1", "capacites": [{"nature": nature, "statut": statut, "nombre": nombre}]}]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"lieux": places()}, CONFORME),
        ({"lieux": places("lit")}, CONFORME),
        ({"lieux": places("salle")}, ECART),
        ({"lieux": places(statut="disponible")}, ECART),
        ({"lieux": places(nombre=0)}, ECART),
        ({"lieux": places(nombre=-1)}, ECART),
        ({}, ECART),
        ({"type_offre": "25"}, NOTHING),
        ({"type_offre": None, "lieux": places()}, CONFORME),
    ],
)
def test_cp6_wants_installed_places(change, status):
    assert judged(site(uo(**{**HOME, **change}), categorie="183"))["CP6"].status is status


# ST3, and what is left


def st3(*seen, is_whole=True):
    audits = audit_all(
        ((each, Dates()) for each in seen), Criteria(TODAY, TODAY), is_whole=is_whole
    )
    return [next(r.status for r in one.requirements if r.code == "ST3") for one in audits]


def test_st3_wants_each_identifier_once_in_the_whole_directory():
    one, two = site(), site(finess="440099927")
    assert st3(one, two) == [CONFORME, CONFORME]
    assert st3(one, one) == [ECART, ECART]
    assert st3(one, two, is_whole=False) == [Status.NON_CALCULABLE] * 2
    assert st3(one, one, is_whole=False) == [ECART, ECART]
    assert st3(one, site(**CLOSED)) == [CONFORME, NOTHING]
    assert st3(one, site(categorie="SA05")) == [CONFORME, NOTHING]
    assert st3(one, site(categorie=None)) == [CONFORME, NOTHING]
    # The EG bears the number of an EJ; two have none, which is the same.
    assert st3(site(finess="440099901")) == [ECART]
    assert st3(site(finess=None), site(finess=None)) == [ECART, ECART]
    assert st3(site(finess=None, siret="99900001100018"), site(finess=None)) == [CONFORME, CONFORME]


def test_what_needs_finess_is_said_and_never_guessed():
    found = judged(site())
    blind = {code for code, each in found.items() if each.status is Status.NON_CALCULABLE}
    assert blind == {"EX1.2", "EX2", "EX3", "EX4", "EX5", "ST2", "CO4"}
    assert all(found[code].needs and found[code].verdict is None for code in blind)
    assert judged(site(categorie="SA05"))["CO4"].status is NOTHING
    assert [*found, "ST3"].sort() == [*CODES].sort()


# An independent formulation, in SQL

SCHEMA = """
CREATE TABLE eg (categorie, closing, closed);
CREATE TABLE oi (key, type, nom, above, closed, flagged, champ, mode, offre, tempo, level, low, high, day);
CREATE TABLE act (key, code, known);
CREATE TABLE lieu (key, whole, places);
CREATE TABLE contact (key, usable);
CREATE VIEW uo AS SELECT * FROM oi WHERE type = 'uo';
CREATE VIEW op AS SELECT * FROM uo WHERE NOT closed;
CREATE VIEW home AS SELECT op.* FROM op, eg WHERE mode IN ('46', '47', '48') AND offre IS NOT '38' AND (
    categorie IN ('183', '186', '194', '195', '255', '390', '395', '437')
    OR categorie IN ('202', '207', '500', '501', '502') AND mode = '46');
CREATE VIEW word (text, less) AS VALUES ('uhsi', '#'), ('securisee interregionale', '#'),
    ('securite inter-regionale', '#'), ('securise', '#'), ('detenus', '#'), ('usmp', '#'), ('penitentia', '#'),
    ('uhsa', '#'), ('specialement amenage', '#'), ('smpr', 'readaptation'), ('service medico-psycologique', '#'),
    ('ufdh', '#'), ('umdh', '#'), ('nrbc', '#'), ('decontamination', '#'), ('contamine', '#');
CREATE VIEW suspect AS SELECT key FROM oi WHERE NOT closed AND (
    EXISTS (SELECT 1 FROM word WHERE instr(nom, text) AND NOT instr(nom, less))
    OR EXISTS (SELECT 1 FROM act WHERE act.key = oi.key AND code = '089'));
CREATE VIEW brought AS SELECT op.key FROM op, eg WHERE categorie IS NOT NULL
    AND categorie NOT IN ('500', '124', 'SA05', 'SA07', 'SA08', 'SA09')
    AND (op.key IN suspect OR EXISTS (SELECT 1 FROM oi uf WHERE uf.key = op.above AND uf.type = 'uf' AND uf.key IN suspect));
"""
# (key, whether it conforms) of each object.
ORACLE = {
    "RE1.2": "SELECT op.key, day > '2025-11-25' FROM op, eg WHERE closing IS NULL"
    " AND (categorie IS NULL OR categorie NOT IN ('SA05', 'SA07', 'SA08', 'SA09'))",
    "CO1": "SELECT op.key, instr(nom, 'urgence') > 0 FROM op, eg WHERE mode = '33' AND categorie IN ('355', '365', '354', '183', '500')"
    " AND EXISTS (SELECT 1 FROM act WHERE act.key = op.key AND code IN ('157', '249'))",
    "CO3": "SELECT key, flagged FROM uo WHERE key IN brought"
    " UNION ALL SELECT key, 0 FROM uo WHERE flagged AND key NOT IN brought",
    "CP4": """SELECT op.key, coalesce(
        champ IN (SELECT code FROM known WHERE name = 'champs') AND mode IN (SELECT code FROM known WHERE name = 'modes')
        AND low <> '' AND high <> '' AND EXISTS (SELECT 1 FROM act WHERE act.key = op.key AND known)
        AND (categorie NOT IN ('209', '354', '460') OR offre IN (SELECT code FROM known WHERE name = 'types-offre'))
        AND EXISTS (SELECT 1 FROM lieu WHERE lieu.key = op.key)
        AND NOT EXISTS (SELECT 1 FROM lieu WHERE lieu.key = op.key AND NOT whole)
        AND EXISTS (SELECT 1 FROM contact WHERE contact.key = op.key AND usable), 0)
        FROM op, eg WHERE NOT eg.closed AND (categorie IN ('354', '183', '500')
        OR categorie IN ('355', '365') AND champ IS NOT '04')""",
    "CP5": "SELECT key, offre IS NOT NULL AND tempo IS NOT NULL FROM home",
    "CP6": "SELECT key, coalesce((SELECT sum(places) FROM lieu WHERE lieu.key = home.key), 0) > 0"
    " FROM home WHERE offre IS NOT '25'",
}
CO2 = """
WITH pop AS (SELECT * FROM op WHERE mode IN ('14', '28', '29', '30', '34') AND (level IS NOT NULL
    OR EXISTS (SELECT 1 FROM act WHERE act.key = op.key AND code IN ('094', '100', '128', '260', '369')))),
  has AS (SELECT
    (SELECT count(*) FROM act JOIN pop USING (key) WHERE code IN ('100', '260')) > 0 AS o,
    (SELECT count(*) FROM act JOIN pop USING (key) WHERE code = '094') > 0 AS n,
    (SELECT count(*) FROM act JOIN pop USING (key) WHERE code = '369') > 0 AS s,
    (SELECT count(*) FROM act JOIN pop USING (key) WHERE code = '128') > 0 AS r,
    (SELECT count(*) FROM pop WHERE instr(nom, 'maternite')) > 0 AS m,
    (SELECT max(level) FROM pop) AS declared, (SELECT count(*) FROM pop) AS size)
SELECT size, coalesce(m AND o AND CASE declared WHEN '01' THEN NOT n AND NOT s AND NOT r
    WHEN '02' THEN n AND NOT s AND NOT r WHEN '03' THEN n AND s AND NOT r WHEN '04' THEN n AND s AND r END, 0) FROM has"""

NAMES = [
    "Urgences adultes",
    "Maternité",
    "USMP",
    "UHSA",
    "SMPR de réadaptation",
    "Unité sécurisée",
    "Médecine",
]
POOLS: dict[str, list[Any]] = {
    "nom": NAMES,
    "champ_activite": ["01", "02", "04", "99", None],
    "mode_prise_en_charge": ["28", "33", "46", "47", "99", None],
    "type_offre": ["25", "38", "69", None],
    "temporalite_accueil": ["01", None],
    "niveau_maternite": ["01", "02", "03", "04", None, None],
    "unite_sensible": [True, False, None],
    "activites": [["157"], ["100"], ["100", "094"], ["100", "094", "369"], ["089"], ["999"], []],
    "date_fermeture": [None, "2026-01-01", "2027-01-01"],
    "type_fermeture": [None, "DEF", "PRO"],
    "patientele": [{"age_min": "1 an", "age_max": "9 ans"}, {"age_min": "1 an"}, None],
    "contacts": [
        [{"nature": "07", "telephone": "02 61 91 00 20"}],
        [{"telephone": "02 61 91 00 20"}],
        [],
    ],
    "lieux": [
        [{"id": "L", "adresse": ADDRESS, **places()[0], "nom": "x"}],
        [{"id": "M", "adresse": ADDRESS}],
        [{"id": "N"}],
        [],
    ],
}
CATEGORIES = ["355", "365", "354", "183", "183", "500", "500", "124", "SA07", "698x", None]


LEVELS_BELOW = {
    "eg": ["pole", "uf", "uo"],
    "pole": ["service", "uf", "uo"],
    "service": ["uf", "uo"],
    "uf": ["uo"],
}


def grown(rng: random.Random, above: str, number: Iterator[int]) -> list[dict[str, Any]]:
    """A tree below a node: random levels, values among those that the rules look at."""
    found = []
    for _ in range(rng.randint(1, 3)):
        level = rng.choice(LEVELS_BELOW[above])
        unit: dict[str, Any] = {"type": level, "id": f"52/{next(number)}"}
        unit |= {key: rng.choice(pool) for key, pool in POOLS.items()}
        if rng.random() < 0.4:
            unit |= {**FINAL, "lieux": [{**FINAL["lieux"][0], "id": f"L{unit['id']}"}]}
        if level != "uo":
            unit = {
                key: unit[key] for key in ("type", "id", "nom", "date_fermeture", "type_fermeture")
            }
            unit["unites"] = grown(rng, level, number)
        found.append(unit)
    return found


def refer(units: list[dict[str, Any]], described: set[str]) -> None:
    """Who comes later gives by its id alone the lieu that another UO described."""
    for unit in units:
        held = unit.get("lieux", [])
        unit["lieux"] = [{"id": each["id"]} if each["id"] in described else each for each in held]
        described.update(each["id"] for each in held)
        refer(unit.get("unites", []), described)


def drawn_site(rng: random.Random, data: dict[str, Any]) -> tuple[Establishment, dict[str, date]]:
    """An establishment of a category that matters, and the directory's days around the limit."""
    eg = data["etablissement"]
    eg["categorie"] = rng.choice(CATEGORIES)
    eg["date_fermeture"] = rng.choice([None, None, None, "2026-01-01", "2027-01-01"])
    eg["type_fermeture"] = rng.choice([None, "DEF", "PRO"])
    eg["unites"] = grown(rng, "eg", count(1))
    refer(eg["unites"], set())
    seen = decode(data)
    days = {
        placed.key: date(2025, 11, 25) + timedelta(rng.randint(-2, 1)) for placed in seen.units()
    }
    return seen, {"": TODAY, **days}


def plain(text: str | None) -> str:
    folded = unicodedata.normalize("NFD", (text or "").lower())
    return "".join(each for each in folded if not unicodedata.combining(each))


def closed(node: Any) -> bool:
    day = node.date_fermeture
    return day is not None and day <= "2026-11-25" and node.type_fermeture in (None, "DEF")


def known(name: str, code: str | None) -> bool:
    return code in codes.table(name).codes


def rows(seen: Establishment, days: dict[str, date]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The establishment as rows of the tables of SCHEMA."""
    eg = seen.etablissement
    yield "eg", (eg.categorie, eg.date_fermeture, closed(eg))
    every = [lieu for placed in seen.units() for lieu in placed.unit.lieux]
    whole = {lieu.id: lieu for lieu in every if lieu.managed - {"id"}}
    for placed in seen.units():
        unit, key, ages = placed.unit, placed.key, placed.unit.patientele
        yield "oi", (
            key, unit.type, plain(unit.nom), placed.above[-1].id if placed.above else None, closed(unit),
            unit.unite_sensible is True, unit.champ_activite, unit.mode_prise_en_charge, unit.type_offre,
            unit.temporalite_accueil, unit.niveau_maternite, (ages and ages.age_min) or "", (ages and ages.age_max) or "",
            days[key].isoformat(),
        )  # fmt: skip
        for code in unit.activites:
            yield "act", (key, code, known("activites", code))
        for lieu in (whole.get(each.id, each) for each in unit.lieux):
            at = lieu.adresse
            full = at is not None and (at.voie or at.lieu_dit) and at.commune and at.code_postal
            held = sum(
                c.nombre or 0
                for c in lieu.capacites
                if c.statut == "installe" and c.nature in ("lit", "place")
            )
            yield "lieu", (key, bool(full), held)
        for contact in unit.contacts:
            role = known("natures-contact", contact.nature) or known(
                "fonctions-contact", contact.fonction
            )
            yield "contact", (key, role and bool(contact.telecoms))


def database(seen: Establishment, days: dict[str, date]) -> sqlite3.Connection:
    base = sqlite3.connect(":memory:")
    base.executescript(SCHEMA)
    base.execute("CREATE TABLE known (name, code)")
    for name in ("champs", "modes", "types-offre"):
        base.executemany(
            "INSERT INTO known VALUES (?, ?)", [(name, code) for code in codes.table(name).codes]
        )
    for table, values in rows(seen, days):
        base.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
    return base


@given(establishments(), st.integers(0, 2**32))
def test_the_verdicts_are_those_of_an_independent_sql(held, seed):
    rng = random.Random(seed)
    for _ in range(6):
        compare(*drawn_site(rng, to_data(held)))


def compare(seen: Establishment, days: dict[str, date]) -> None:
    found = judged(seen, Dates(days))
    base = database(seen, days)
    try:
        for code, sql in ORACLE.items():
            expected = base.execute(sql).fetchall()
            n, k = len(expected), sum(ok for _, ok in expected)
            held = found[code].verdict
            if held is None:
                assert n == 0, code
                continue
            assert (held.k, held.n) == (k, n), code
            met = k >= up_to_date_needed(n) if code == "RE1.2" else n > 0 and k == n
            assert found[code].status is (CONFORME if met else ECART), code
            missed = [] if met else sorted(key for key, ok in expected if not ok)
            assert sorted(held.units) == missed, code
        size, is_met = base.execute(CO2).fetchone()
        status = NOTHING if not size else CONFORME if is_met else ECART
        assert found["CO2"].status is status
    finally:
        base.close()
