"""What a report that goes round does not tell of an establishment."""

from rorcli.model import decode
from rorcli.reports.discretion import personal
from rorcli.text.document import read
from tests.sample import SAMPLE


def words(text):
    return personal(decode(read(text, "s.yaml").data))


def test_practitioners_are_not_named():
    assert words(SAMPLE) == {"TARTAMPION"}
    both = SAMPLE.replace("nom: TARTAMPION", "nom: TARTAMPION\n              prenom: Zoé")
    assert words(both) == {"TARTAMPION", "Zoé"}


def test_sensitive_units_are_not_named():
    assert "Gynécologie" in words(SAMPLE.replace("sensible: false", "sensible: true"))


def test_telecoms_of_the_third_confidentiality_are_not_told():
    mail = 'valeur: ror@ch-saules.example, confidentialite: "2"'
    assert "ror@ch-saules.example" in words(SAMPLE.replace(mail, mail.replace('"2"', '"3"')))
    contact = SAMPLE.replace('- nature: "06"', '- confidentialite: "3"\n      nature: "06"')
    assert words(contact) > {"02 61 91 00 01", "accueil@ch-saules.example"}


def test_an_unreadable_value_hides_nothing_and_breaks_nothing():
    assert words(SAMPLE.replace("nom: TARTAMPION", "nom: null")) == set()
