"""What people type as a value becomes what its key holds, or they are told what to type."""

import pytest

from rorcli.errors import UsageError
from rorcli.items import Capacite
from rorcli.model import Unite, keys_of
from rorcli.text.values import parse_value, parse_words

SPEC = keys_of(Unite)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("unite_sensible", "Oui", True), ("unite_sensible", "false", False),
        ("unite_sensible", "", None), ("nom", "", None), ("nom", "true", "true"),
        ("activites", "", []), ("activites", "022, gynécologie médicale", ["022", "053"]),
        ("mode_prise_en_charge", "consultation (CS) ou séance", "32"),
        ("mode_prise_en_charge", "99", "99"),  # the rules will tell
        ("mssante", "a@x,b@x", "a@x,b@x"), ("verifie_le", "hier", "hier"),
    ],
)  # fmt: skip
def test_a_text_becomes_what_its_key_holds(key, text, value):
    assert parse_value(SPEC[key], text) == value


@pytest.mark.parametrize(("spec", "text", "said"), [
    (SPEC["unite_sensible"], "1", "true ou false"), (keys_of(Capacite)["nombre"], "-1", "zéro ou plus"),
    (keys_of(Capacite)["nombre"], "²", "nombre entier"),
])  # fmt: skip
def test_a_text_that_is_no_flag_and_no_number_is_refused(spec, text, said):
    with pytest.raises(UsageError, match=said):
        parse_value(spec, text)


@pytest.mark.parametrize(
    ("words", "code"),
    [("053", "053"), ("Gynécologie médicale", "053"), ("chirurgie gynecologique", "022")],
)
def test_words_mean_one_code(words, code):
    assert parse_words("activites", words) == code


@pytest.mark.parametrize(
    ("words", "said"),
    [("cardiologie", "013 Cardiologie générale"), ("cardiologi generale x", "rorcli codes activites"),
     ("599a", "vouliez-vous dire"), ("soins", "…")],
)  # fmt: skip
def test_words_that_mean_several_or_none_are_told(words, said):
    with pytest.raises(UsageError) as refused:
        parse_words("activites", words)
    assert said in f"{refused.value.message} → {refused.value.remedy}"
