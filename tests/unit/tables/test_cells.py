"""What a cell says, and what a spreadsheet spoiled: given back when certain, else refused."""

from datetime import date

import pytest

from rorcli.fields import Kind, Spec, specs
from rorcli.items import Capacite, Praticien
from rorcli.model import Unite
from rorcli.tables.cells import Cell, CellError, same_but_zeros, same_number
from rorcli.tables.sheets import MAC_ORIGIN, ORIGIN, Formula

TODAY = date(2026, 11, 25)
RPPS, SECTEUR, PROFESSION = (specs(Praticien)[key] for key in ("rpps", "secteur", "profession"))
NOMBRE, COMPTEE = specs(Capacite)["nombre"], specs(Capacite)["comptee_le"]
ACTIVITE, VERIFIE = specs(Unite)["activites"], specs(Unite)["verifie_le"]
TEXT = Spec("nom", Kind.TEXT, "Nom", "")


def cell(spec, text, **more):
    return Cell(spec.key, spec, text, ORIGIN, **more)


SAID = [
    (RPPS, "10099999996", "10099999996"),
    (RPPS, " 10 099 999 996 ", "10099999996"),
    (RPPS, "10099999996.0", "10099999996"),
    (RPPS, "1,0099999996E+10", "10099999996"),
    (SECTEUR, "secteur_2", "secteur_2"),
    (SECTEUR, "Secteur 2", "secteur_2"),
    (SECTEUR, "Conventionné en secteur 2", "secteur_2"),
    (PROFESSION, "10", "10"),
    (PROFESSION, "médecin", "10"),
    (ACTIVITE, "53", "053"),
    (ACTIVITE, "Gynecologie medicale", "053"),
    (NOMBRE, "24", 24),
    (NOMBRE, "24,0", 24),
    (NOMBRE, "1 024", 1024),
    (COMPTEE, "2026-05-10", "2026-05-10"),
    (COMPTEE, "10/05/2026", "2026-05-10"),
    (COMPTEE, "1.5.2026", "2026-05-01"),
    (COMPTEE, "46152", "2026-05-10"),
    (COMPTEE, "2026-05-10T09:30", "2026-05-10T09:30"),
    (COMPTEE, "2026-05-10 00:00:00", "2026-05-10"),
    (COMPTEE, "20260510", "2026-05-10"),
    (VERIFIE, "2026-05-10 09:30", "2026-05-10"),
    (TEXT, " LE GALL ", "LE GALL"),
]


@pytest.mark.parametrize(("spec", "text", "value"), SAID, ids=lambda x: getattr(x, "key", repr(x)))
def test_what_can_only_mean_one_value_is_that_value(spec, text, value):
    assert cell(spec, text).value() == value


REFUSED = [
    (RPPS, "1,01E+10", "arrondi"),
    (RPPS, "1.00999999E+10", "arrondi"),
    (RPPS, "10099999997", "pas un n° RPPS"),
    (RPPS, "1009999999", "10 caractères"),
    (SECTEUR, "2", "valeur inconnue"),
    (PROFESSION, "Médecine", "« Médecine » n'est ni un code, ni un libellé"),
    (ACTIVITE, "5x3", "ni un code"),
    (NOMBRE, "-1", "nombre entier"),
    (NOMBRE, "2,5", "nombre entier"),
    (NOMBRE, "beaucoup", "nombre entier"),
    (NOMBRE, "9" * 16, "nombre entier"),
    (COMPTEE, "10/05/26", "n'est pas une date"),
    (COMPTEE, "31/02/2026", "n'est pas une date"),
    (COMPTEE, "12", "n'est pas une date"),
    (TEXT, Formula("=A1"), "formule"),
    (NOMBRE, Formula("#REF!"), "formule"),
]


@pytest.mark.parametrize(
    ("spec", "text", "said"), REFUSED, ids=lambda x: getattr(x, "key", repr(x))
)
def test_what_may_mean_several_values_is_refused(spec, text, said):
    with pytest.raises(CellError, match=said):
        cell(spec, text).value()


def test_days_kept_as_numbers_count_from_the_calendar_of_the_workbook():
    assert Cell("d", COMPTEE, "44690", MAC_ORIGIN).value() == "2026-05-10"


LABELS = [
    # text, label, now, label now -> code
    ("10", "Médecin", "", "", "10"),
    ("", "Sage-Femme", "", "", "50"),
    ("10", "un mot à moi", "", "", "10"),
    ("50", "Médecin", "10", "Médecin", "50"),  # the code was changed, its label left
    ("10", "Sage-Femme", "10", "Médecin", "50"),  # the label was changed, its code left
]


@pytest.mark.parametrize(("text", "label", "now", "label_now", "code"), LABELS)
def test_a_code_and_its_label_are_told_apart_from_what_was_there(text, label, now, label_now, code):
    assert cell(PROFESSION, text, label=label, now=now, label_now=label_now).value() == code


def test_a_code_and_the_label_of_another_are_refused_with_what_to_write():
    with pytest.raises(
        CellError, match="le code 10 est « Médecin », le libellé dit « Sage-Femme »"
    ) as told:
        cell(PROFESSION, "10", label="sage femme".replace(" ", "-")).value()
    assert told.value.remedy.startswith("pour ce libellé, écrivez 50")
    with pytest.raises(CellError, match="libellé inconnu"):  # the code was left, its label changed
        cell(PROFESSION, "10", label="Rebouteux", now="10", label_now="Médecin").value()
    with pytest.raises(CellError, match="libellé inconnu"):
        cell(PROFESSION, "", label="Rebouteux").value()


PHONES = [
    ("261910001", "", "02 61 91 00 01"),
    ("0261910001", "", "02 61 91 00 01"),
    ("33261910001", "", "02 61 91 00 01"),
    ("02.61.91.00.01", "", "02.61.91.00.01"),
    ("+33 2 61 91 00 01", "", "+33 2 61 91 00 01"),
    ("261910001", "02 61 91 00 01", "02 61 91 00 01"),
    ("+33261910001", "02-61-91-00-01", "02-61-91-00-01"),
    ("15", "", "15"),
    ("112", "", "112"),
    ("3114", "", "3114"),
    ("116117", "", "116117"),
    ("+3225551212", "", "+3225551212"),
    ("+262262910003", "", "+262262910003"),
    ("261910001.0", "", "02 61 91 00 01"),
    ("02.61.91.00.00", "", "02.61.91.00.00"),
    ("\u202a02 61 91 00 01\u202c", "", "02 61 91 00 01"),
    ("02 61 91 00 01 / 02", "", "02 61 91 00 01 / 02"),
]


@pytest.mark.parametrize(("text", "now", "value"), PHONES)
def test_a_phone_gets_its_zero_back_and_keeps_the_writing_of_the_file(text, now, value):
    assert cell(TEXT, text, now=now).phone() == value


def test_a_rounded_phone_is_refused():
    with pytest.raises(CellError, match="arrondi"):
        cell(TEXT, "2,62E+08").phone()
    assert not same_number("02 61 91 00 01", "02 61 91 00 02")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("oui", "2026-11-25"),
        ("X", "2026-11-25"),
        ("VRAI", "2026-11-25"),
        ("non", ""),
        ("", ""),
        ("20/11/2026", "2026-11-20"),
    ],
)
def test_a_unit_is_verified_by_a_day_or_a_word(text, day):
    assert cell(VERIFIE, text).verified(TODAY) == day


@pytest.mark.parametrize("text", ["2026-11-26", "peut-être"])
def test_a_day_to_come_or_another_word_verifies_nothing(text):
    with pytest.raises(CellError):
        cell(VERIFIE, text).verified(TODAY)


def test_zeros_are_given_back_when_only_one_can_have_lost_them():
    assert same_but_zeros("53", ["053", "54"]) == "053"
    assert same_but_zeros("53", ["053", "0053"]) is None
    assert same_but_zeros("53", ["54"]) is None
