from datetime import date

import pytest

from rorcli.errors import UsageError
from rorcli.model import decode
from rorcli.validation.auditing import Criteria, audit, by_level, oldest_first, parse_checks
from rorcli.validation.freshness import Ask, Dates, parse_limit

TODAY = date(2026, 11, 25)
LIMIT = date(2026, 5, 25)
NOTHING = Dates()


@pytest.mark.parametrize(
    ("text", "today", "day"),
    [
        ("6mo", "2026-11-25", "2026-05-25"),
        ("6mo", "2026-08-31", "2026-02-28"),
        ("6mo", "2024-08-31", "2024-02-29"),
        ("1mo", "2026-03-31", "2026-02-28"),
        ("1mo", "2026-01-15", "2025-12-15"),
        ("18mo", "2026-05-31", "2024-11-30"),
        ("12mo", "2024-02-29", "2023-02-28"),
        ("1y", "2024-02-29", "2023-02-28"),
        ("4y", "2024-02-29", "2020-02-29"),
        ("90d", "2026-03-31", "2025-12-31"),
        ("0d", "2026-03-31", "2026-03-31"),
        ("6w", "2026-11-25", "2026-10-14"),
        ("2026-05-10", "2026-11-25", "2026-05-10"),
        ("10/05/2026", "2026-11-25", "2026-05-10"),
        ("1/5/2026", "2026-11-25", "2026-05-01"),
        ("6 mois", "2026-11-25", "2026-05-25"),
        ("90j", "2026-03-31", "2025-12-31"),
        ("90 jours", "2026-03-31", "2025-12-31"),
        ("6sem", "2026-11-25", "2026-10-14"),
        ("6 semaines", "2026-11-25", "2026-10-14"),
        ("1 an", "2024-02-29", "2023-02-28"),
        ("4 ans", "2024-02-29", "2020-02-29"),
    ],
)
def test_a_limit_is_a_span_before_the_day_or_a_date(text, today, day):
    assert parse_limit(text, date.fromisoformat(today)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    ["", "6", "6  mo", "-6mo", "30/02/2026", "10/05/26", "6 années", "6 jo", "6.5mo", "six mois", "2026-02-30", "20260510", "2026-W01-1",
     "9999y", "99999d", "6MO", "6mo\n", "٦mo"],
)  # fmt: skip
def test_other_forms_are_refused_with_those_that_work(text):
    with pytest.raises(UsageError) as refused:
        parse_limit(text, TODAY)
    assert all(form in refused.value.remedy for form in ("90d", "6w", "6mo", "1y", "2026-05-10"))


def test_a_bare_m_is_refused_as_ambiguous():
    with pytest.raises(UsageError) as refused:
        parse_limit("6m", TODAY)
    assert "ambigu" in refused.value.message
    assert refused.value.remedy == "écrivez 6mo"


def test_checks_are_asked_for_by_name():
    assert parse_checks("capacites, age") == ("age", "capacites")
    with pytest.raises(UsageError, match="lits") as refused:
        parse_checks("age,lits")
    assert "coordonnees" in refused.value.remedy


def site(unites=(), **more):
    eg = {"finess": "440099919", "nom": "Hôpital", "unites": list(unites), **more}
    return decode({"etablissement": eg})


def asking(*checks, limit=LIMIT):
    return Criteria(TODAY, limit, checks)


def unit(id, type="uo", **more):
    return {"type": type, "id": id, "nom": f"Unité {id}", **more}


def days(seen, dates=NOTHING):
    """The day of each open node by its key, whatever the limit."""
    found = audit(seen, dates, asking("age", limit=date.max))
    return {late.at.key: late.dated_on for late in found.late}


def test_verifie_le_holds_for_what_is_below():
    uo = unit("uo")
    tree = [unit("pole", "pole", verifie_le="2026-03-01", unites=[unit("uf", "uf", unites=[uo])])]
    march = date(2026, 3, 1)
    assert days(site(tree)) == {"": None, "pole": march, "uf": march, "uo": march}


def test_of_its_own_verifie_le_and_those_above_the_latest_counts():
    tree = [unit("pole", "pole", verifie_le="2026-03-01", unites=[
        unit("old", verifie_le="2025-01-01"),
        unit("new", verifie_le="2026-04-01"),
        unit("none", verifie_le=None),
        unit("wrong", verifie_le="2026-02-30"),
    ])]  # fmt: skip
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    found = days(site(tree, verifie_le="2026-02-01"))
    assert found.pop("") == date(2026, 2, 1)
    assert found == {"pole": march, "old": march, "new": april, "none": march, "wrong": march}


def test_the_latest_of_verifie_le_and_of_the_store_s_day_counts():
    seen = site([unit("a", verifie_le="2026-03-01"), unit("b", verifie_le="2026-03-01"), unit("c")])
    store = {"": date(2026, 1, 1), "a": date(2026, 4, 1), "b": date(2025, 1, 1)}
    assert days(seen, Dates(store)) == {
        "": date(2026, 1, 1),
        "a": date(2026, 4, 1),
        "b": date(2026, 3, 1),
        "c": None,
    }


def test_the_day_of_the_base_serves_where_nothing_else_is_known():
    base = Dates(saved_on=date(2026, 10, 1))
    found = days(site([unit("a", verifie_le="2026-03-01"), unit("b")]), base)
    assert found == {"": date(2026, 10, 1), "a": date(2026, 3, 1), "b": date(2026, 10, 1)}


@pytest.mark.parametrize(("day", "is_late"), [("2026-05-24", True), ("2026-05-25", False)])
def test_what_is_as_old_as_the_limit_is_not_late(day, is_late):
    found = audit(site(verifie_le=day), NOTHING, asking("age"))
    assert bool(found.late) is is_late


@pytest.mark.parametrize(
    ("closing", "is_late"),
    [
        ({"date_fermeture": "2026-01-01", "type_fermeture": "DEF"}, False),
        ({"date_fermeture": "2026-01-01"}, False),
        ({"date_fermeture": "2026-11-25"}, False),
        ({"date_fermeture": "2026-11-26", "type_fermeture": "DEF"}, True),
        ({"date_fermeture": "2026-01-01", "type_fermeture": "PRO"}, True),
        ({"type_fermeture": "DEF"}, True),
    ],
)
def test_what_is_closed_for_good_is_never_late(closing, is_late):
    tree = [unit("pole", "pole", unites=[unit("uo")], **closing)]
    found = audit(site(tree, verifie_le=None), NOTHING, asking("age"))
    assert [late.at.key for late in found.late] == (["", "pole", "uo"] if is_late else [""])
    assert found.nodes == len(found.late)


def test_the_oldest_comes_first_and_the_unknown_before_it():
    one = site([unit("b", verifie_le="2026-02-01"), unit("a", verifie_le="2025-02-01"), unit("c")])
    two = site([unit("z", verifie_le="2025-12-01")], finess="010099919", verifie_le="2026-11-01")
    audits = [audit(each, NOTHING, asking("age")) for each in (one, two)]
    assert [late.at.key for late in oldest_first(audits)] == ["", "c", "a", "b"]
    far = [audit(each, NOTHING, asking("age", limit=date.max)) for each in (one, two)]
    assert [late.at.key for late in oldest_first(far)] == ["", "c", "a", "b", "", "z"]


REFERENT = {"fonction": "12", "nom": "DURAND", "courriel": "ref@ch.example",
            "telephone": ["02 61 91 00 12", "02 61 91 00 13"]}  # fmt: skip
CHIEF = {"nom": "MARTIN", "courriel": "direction@ch.example"}


@pytest.mark.parametrize(
    ("eg", "own", "ask"),
    [
        ({"contacts": [REFERENT], "directeur": CHIEF}, {},
         Ask("Référent ROR", "ref@ch.example", "02 61 91 00 12")),
        ({"contacts": [REFERENT]}, {"contacts": [{"fonction": "12", "mobile": "06 39 98 00 01"}]},
         Ask("Référent ROR", "", "06 39 98 00 01")),
        ({"contacts": [{"fonction": "12", "nom": "DURAND"}], "directeur": CHIEF}, {},
         Ask("Directeur", "direction@ch.example", "")),
        ({"contacts": [{"fonction": "01", **CHIEF}]}, {},
         Ask("Directeur", "direction@ch.example", "")),
        ({"contacts": [{"nature": "06", "telephone": "02 61 91 00 01"}]}, {}, None),
    ],
)  # fmt: skip
def test_who_to_ask_is_the_nearest_referent_else_the_director(eg, own, ask):
    found = audit(site([unit("uo", **own)], **eg), NOTHING, asking("age"))
    assert found.late[-1].at.key == "uo"
    assert found.late[-1].ask == ask


CONSULTATION = unit("cs", mode_prise_en_charge="32", contacts=[{"telephone": "02 61 91 00 22"}])
BEDS = unit("hc", mode_prise_en_charge="28", lieux=[{"nom": "B"}])


@pytest.mark.parametrize(
    ("checks", "rules"),
    [
        (["age"], []),
        (["praticiens"], ["ROR402"]),
        (["capacites"], ["ROR403"]),
        (["coordonnees"], ["ROR401", "ROR401", "ROR404", "ROR405", "ROR401", "ROR405"]),
    ],
)
def test_each_check_has_its_rules_of_completeness(checks, rules):
    found = audit(site([CONSULTATION, BEDS], verifie_le="2026-11-01"), NOTHING, asking(*checks))
    assert [missing.issue.rule for missing in found.missing] == rules
    assert found.late == ()


def test_what_is_missing_names_its_node_and_goes_from_the_top_down():
    tree = [unit("pole", "pole", unites=[CONSULTATION]), unit("late-pole", "pole")]
    found = audit(site(tree), NOTHING, Criteria(TODAY, LIMIT))
    places = [(each.at.level, each.at.path) for each in by_level([found])]
    assert [level for level, _ in places] == ["eg", "eg", "pole", "pole", "uo", "uo", "uo", "uo"]
    assert places[-1] == ("uo", "Unité pole > Unité cs")


def test_a_file_that_lacks_nearly_everything_is_still_audited():
    found = audit(decode({"etablissement": "?"}), NOTHING, Criteria(TODAY, LIMIT))
    assert [late.at.key for late in found.late] == [""]
