"""What a report that goes round does not tell of an establishment."""

import re

from hypothesis import given
from hypothesis import strategies as st

from rorcli.model import decode
from rorcli.reports.discretion import hiding, personal
from rorcli.text.document import read
from tests.sample import SAMPLE


def words(text):
    return personal(decode(read(text, "s.yaml").data))


def test_practitioners_are_not_named():
    assert words(SAMPLE) == {"TARTAMPION", "Tartampion"}
    both = SAMPLE.replace("nom: TARTAMPION", "nom: TARTAMPION\n              prenom: Zoé")
    assert words(both) == {"TARTAMPION", "Tartampion", "Zoé", "ZOÉ", "Zoe", "ZOE"}


def test_a_name_is_hidden_in_the_spellings_that_units_use_and_words_are_not():
    text = SAMPLE.replace("nom: TARTAMPION", "nom: LE PETIT-LÉGER")
    hide = hiding(words(text))
    for said in ("LE PETIT-LÉGER", "Le Petit-Léger", "LE PETIT-LEGER", "Le Petit-Leger"):
        assert hide(f"Consultations du Dr {said}, lundi") == "Consultations du Dr …, lundi"
    assert hide("un repas léger pour le petit") == "un repas léger pour le petit"


def test_sensitive_units_are_not_named():
    assert "Gynécologie" in words(SAMPLE.replace("sensible: false", "sensible: true"))


def test_telecoms_of_the_third_confidentiality_are_not_told():
    mail = 'valeur: ror@ch-saules.example, confidentialite: "2"'
    assert "ror@ch-saules.example" in words(SAMPLE.replace(mail, mail.replace('"2"', '"3"')))
    contact = SAMPLE.replace('- nature: "06"', '- confidentialite: "3"\n      nature: "06"')
    assert words(contact) > {"02 61 91 00 01", "accueil@ch-saules.example"}


def test_an_unreadable_value_hides_nothing_and_breaks_nothing():
    assert words(SAMPLE.replace("nom: TARTAMPION", "nom: null")) == set()


@given(
    st.sets(st.text("ab +.é", min_size=1, max_size=5), max_size=8), st.text("ab +.é", max_size=20)
)
def test_the_longest_word_that_stands_alone_is_hidden(words, text):
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    found = re.compile(rf"(?<!\w)(?:{longest_first})(?!\w)" if words else r"(?!)")
    assert hiding(words)(text) == found.sub("…", text)


def test_a_region_of_words_is_no_trouble():
    many = {f"NOM{number:05}" for number in range(50_000)}
    hide = hiding(many | {"NOM00001-DURAND"})
    assert (
        hide("Dr NOM00001-DURAND, NOM49999, NOM99999, NOM000012") == "Dr …, …, NOM99999, NOM000012"
    )
