"""What `--fix` writes for each kind of mistake, what it leaves to people, and what it never touches."""

import re

import pytest

from rorcli.identifiers import usual_phone
from rorcli.mending import mend
from rorcli.text.document import Document, read
from rorcli.validation import validate
from rorcli.validation.lessons import lessons
from tests.sample import SAMPLE, TODAY, edited


def mended(text, ignored=frozenset()):
    return mend(read(text, "s.yaml"), lambda each: validate(each, TODAY, ignored)).text


TIDY = mended(SAMPLE)


def test_the_sample_only_lacks_labels():
    assert SAMPLE.replace("civilite: MME", "civilite: MME  # Madame") == TIDY


# What stands in the sample, and ways to write it that can mean nothing else.
CERTAIN = [
    ('"440099901"', "440099901"),
    ('"99900001100018"', "99900001100018"),
    ('"355"  # Centre', "355  # Centre"),
    ("nom: TARTAMPION", "nom: TARTAMPION"),
    ('- "022"  # Chirurgie gynécologique', "- 022  # Chirurgie gynécologique"),
    ('- "022"  # Chirurgie gynécologique', "- 22  # Chirurgie gynécologique"),
    ('- "022"  # Chirurgie gynécologique', "- 22"),
    ('- "022"  # Chirurgie gynécologique', '- "22"'),
    ('- "022"  # Chirurgie gynécologique', "- chirurgie  gynecologique"),
    ('- "022"  # Chirurgie gynécologique', '- "Chirurgie gynécologique"'),
    ('- "022"  # Chirurgie gynécologique', '- "022"  # Gynécologie médicale'),
    ('- "022"  # Chirurgie gynécologique', '- "022"'),
    ('- "022"  # Chirurgie gynécologique', '- "022"   '),
    ('modalites_accueil: ["03"]', "modalites_accueil: [03]"),
    ('modalites_accueil: ["03"]', "modalites_accueil: [3]"),
    ('modalites_accueil: ["03"]', "modalites_accueil: [En présentiel]"),
    ('"12"  # Référent ROR', "Référent ROR"),
    ('"06"  # Standard', '"06"  # Secrétariat'),
    ("mode_exercice: L  # Libéral", "mode_exercice: libéral"),
    ("type: pole", "type: Pôle"),
    ("nom: Pôle femme-mère-enfant", "nom: Pôle femme\u200b-mère-enfant\u00a0"),
    ("id: 52/0000104", "id: 52/0000104\u200b"),
    ('champ_activite: "01"', "champ_activite: MCO"),
    ("[lundi, mardi]", "[Lundi, MARDI]"),
    ("secteur: secteur_2", "secteur: c3"),
    ("secteur: secteur_2", "secteur: conventionné en Secteur 2"),
    ('"09:00"', "09:00"),
    ('"09:00"', "9:00"),
    ('"09:00"', '"9h"'),
    ('"09:00"', "9 h 00"),
    ('"17:00"', "17H"),
    ('"99900001100018"', '"999 000 011 00018"'),
    ('"99900001100018"', "999 000 011 00018"),
    ('"10099999996"', '"10 099 999\u00a0996"'),
    ('"44000"', '"44 000"'),
    ("age_min: 15 ans", "age_min: 15 Ans"),
    ("age_min: 15 ans", "age_min: 15ans"),
    ("age_min: 15 ans", "age_min: 15\u00a0ans"),
    ("uo@ch-saules.example", "mailto:uo@ch-saules.example"),
    ("accueil@ch-saules.mssante.example", "<accueil@ch-saules.mssante.example>"),
    ("https://www.ch-saules.example", "<https://www.ch-saules.example>"),
    ("unite_sensible: false", 'unite_sensible: "false"'),
    ("unite_sensible: false", "unite_sensible: Non"),
    ("unite_sensible: false", "unite_sensible: no"),
    ("nombre: 20", 'nombre: "20"'),
    ("comptee_le: 2026-05-10", "comptee_le: 10/05/2026"),
    ("comptee_le: 2026-05-10", "comptee_le: 10.5.2026"),
    ("comptee_le: 2026-05-10", "comptee_le: 2026-5-10"),
    ('"02 61 91 00 20"', "0261910020"),
    ('"02 61 91 00 20"', "261910020"),
    ('"02 61 91 00 20"', '"02.61.91.00.20"'),
    ('"02 61 91 00 20"', '"02-61-91-00-20"'),
    ('"02 61 91 00 20"', '"+33 (0)2 61 91 00 20"'),
    ('"02 61 91 00 20"', '"0033 261910020"'),
    ('["02 61 91 00 01", "02 61 91 00 02"]', "[0261910001, 02 61 91 0002]"),
    ('{canal: "3", valeur: ror@ch-saules.example, confidentialite: "2"}', "{canal: 3, valeur: ror@ch-saules.example, confidentialite: 2}"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "written"), CERTAIN)
def test_what_can_mean_one_thing_only_is_written_so(right, written):
    assert mended(edited(right, written, TIDY)[0]) == TIDY


@pytest.mark.parametrize(("right", "written"), CERTAIN)
def test_it_is_told_that_it_can_be_mended_where_a_rule_tells_it(right, written):
    text = edited(right, written, TIDY)[0]
    assert [f for f in validate(read(text, "s.yaml"), TODAY) if f.mend is None] == []


def test_the_page_of_rules_says_which_are_mended():
    texts = [edited(right, written, TIDY)[0] for right, written in CERTAIN]
    found = {f.rule for text in texts for f in validate(read(text, "s.yaml"), TODAY)}
    assert found == {rule for rule, lesson in lessons().items() if lesson.fix}


# What only a person can decide.
UNCERTAIN = [
    ("secteur: secteur_2", "secteur: 2"),
    ("secteur: secteur_2", 'secteur: "1"'),
    ("age_min: 15 ans", "age_min: 15"),
    ('"44000"', "4400"),
    ('"44000"', '"4400"'),
    ('- "022"  # Chirurgie gynécologique', '- "998"  # Chirurgie gynécologique'),
    ('- "022"  # Chirurgie gynécologique', '- "22"  # Gynécologie médicale'),
    ('- "022"  # Chirurgie gynécologique', "- Chirurgie gynécologique  # Gynécologie médicale"),
    ('"355"  # Centre hospitalier (CH)', "Centre de santé"),
    ('"355"  # Centre hospitalier (CH)', '"355"  # à vérifier'),
    ("mode_exercice: L  # Libéral", "mode_exercice: à deux"),
    ("unite_sensible: false", "unite_sensible: 0"),
    ("nombre: 20", "nombre: vingt"),
    ("nombre: 20", 'nombre: "' + "9" * 5000 + '"'),
    ("uo@ch-saules.example", "uo saules@ch-saules.example"),
    ("uo@ch-saules.example", "uo@ch-saules.example standard@ch-saules.example"),
    ("nombre: 20", "nombre: -1"),
    ("comptee_le: 2026-05-10", "comptee_le: 10/05/26"),
    ("comptee_le: 2026-05-10", "comptee_le: 10/25/2026"),
    ('"09:00"', '"25h"'),
    ('"09:00"', '"24:00"'),
    ('"17:00"', '"24h30"'),
    ('"02 61 91 00 20"', '"02 61 91 00 2"'),
    ('"02 61 91 00 20"', '"+33 2 61 91 00 20"'),
    ('"02 61 91 00 20"', '"3624"'),
    ('"02 61 91 00 20"', '"+262 262 90 00 00"'),
    ("uo@ch-saules.example", "uo.ch-saules.example"),
    ("  site_internet:", "  site_internett:"),
    ('"440099919"', '"440099918"'),
    ("format: 1", "format: ["),
    ("format: 1", "format: 1\nformat: 1"),
    ("civilite: MME  # Madame", "civilite: MLLE  # Mademoiselle"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "written"), UNCERTAIN)
def test_what_a_person_must_decide_is_left_as_it_is(right, written):
    text = edited(right, written, TIDY)[0]
    assert mended(text) == text


def test_what_is_set_aside_is_left_as_it_is():
    phone = 'telephone: "02 61 91 00 20"'
    text = edited(phone, phone.replace('"0', '"+33 0'), TIDY)[0]
    ignored = edited(
        '        - {nature: "07"',
        '        # rorcli: ignore=ROR206 voulu\n        - {nature: "07"',
        text,
    )[0]
    assert mended(text) == TIDY
    assert mended(ignored) == ignored
    assert mended(text, frozenset({"ROR206"})) == text


def test_a_mend_that_would_make_more_findings_is_not_made_and_hinders_no_other():
    """The number without quotes is a colleague's: with them, it would tell two contradictions."""
    person = '            - {rpps: 10099999996, nom: NOM%s, civilite: M, profession: "10", type_savoir_faire: S, specialite: SM2%s, mode_exercice: L}\n'
    text = edited("          lieux:\n", person % (1, 1) + "          lieux:\n", TIDY)[0]
    assert mended(text) == text
    text = edited("          lieux:\n", person % (2, 2) + "          lieux:\n", text)[0]
    more = edited("unite_sensible: false", "unite_sensible: non", text)[0]
    assert mended(more) == text


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_endings_byte_order_mark_and_comments_stay(mark, newline):
    text = edited("      nom: DURAND", "\n      # un mot\n      nom: DURAND   # un autre\n", TIDY)[
        0
    ]
    wrong = edited('"355"  # Centre hospitalier (CH)', "355", text)[0]
    assert mended(mark + wrong.replace("\n", newline)) == mark + text.replace("\n", newline)


def test_the_last_line_needs_no_newline():
    text = edited(TIDY[TIDY.index("          lieux:\n") :], "          niveau_maternite: 1", TIDY)[
        0
    ]
    assert mended(text).endswith('          niveau_maternite: "01"  # Type 1')


@pytest.mark.parametrize("text", ["", "3", "[]", "a: [", "{}", "etablissement: null", "# rien\n"])
def test_what_is_no_establishment_is_left_as_it_is(text):
    assert mended(text) == text


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("0261910001", "02 61 91 00 01"),
        ("(02) 61/91.00-01", "02 61 91 00 01"),
        ("+33 (0) 2 61 91 00 01", "02 61 91 00 01"),
        ("003302 61 91 00 01", "02 61 91 00 01"),
        ("+33261910001", ""),
        ("+32 2 555 12 12", ""),
        ("15", ""),
        ("02 61 91 00 01 poste 3", ""),
        ("٠٢٦١٩١٠٠٠١", ""),
        ("", ""),
    ],
)
def test_a_french_number_is_written_in_pairs(written, usual):
    assert usual_phone(written) == usual


def test_a_long_line_is_gone_through_once_for_all_its_values(monkeypatch):
    asked: list[str] = []
    tail = Document.tail

    def counted(document: Document, pointer: str) -> re.Match[str] | None:
        asked.append(pointer)
        return tail(document, pointer)

    monkeypatch.setattr(Document, "tail", counted)
    mended(TIDY.replace("[lundi, mardi]", "[" + ", ".join(["lundi"] * 999) + "]"))
    assert len(asked) < 99
