"""A syntax fault is told where the slip is, in words for whoever made it."""

import pytest

from rorcli.text.document import read
from tests.sample import edited

# The edit of the sample, § where the slip is told, what is said of it.
SLIPS = [
    ("nom: Hôpital des Saules", 'nom: §"Hôpital des Saules', ("ne sont pas refermés sur leur ligne", "refermez-les")),
    ("nom: DURAND", "nom: §'DURAND\n      prenom: 'A'", ("ne sont pas refermés",)),
    ("nom: DURAND", "nom: 'DURAND d'§Alès'", ("du texte suit des guillemets fermés", "guillemets doubles")),
    ('"440099919"', '"440099919" §EG', ("du texte suit des guillemets fermés",)),
    ('{voie: rue des Saules, code_postal: "44000"', '{voie: "rue des Saules, code_postal: "§44000"', ("du texte suit des guillemets fermés",)),
    ("{nom: MARTIN, prenom: Claire}", "§{nom: MARTIN, prenom: Claire", ("« { » n'est pas refermé",)),
    ('code_postal: "44000", commune', 'code_postal: "44000" §commune', ("virgule",)),
    ("  siret: ", "  §siret ", ("« : » manque après cette clé",)),
    ("  nom: Hôpital des Saules", "  §nom:Hôpital des Saules", ("une espace après « : »",)),
    ("- type: uo", "§-type: uo", ("une espace après « - »",)),
    ("  siret: ", "§\tsiret: ", ("tabulation", "remplacez-la")),
    ("nom: DURAND", "nom: Hôpital§: annexe", ("entre guillemets",)),
    ("  nom: Hôpital des Saules", "   §nom: Hôpital des Saules", ("retrait", "alignez-la", "la ligne d'avant")),
    ("nom: DURAND", "nom: §@durand", ("ne commence pas une valeur",)),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "facts"), SLIPS)
def test_a_slip_is_told_where_it_is(old, new, facts):
    text, *place = edited(old, new)
    [fault] = read(text, "s.yaml").faults
    assert fault.rule == "ROR101"
    assert [fact for fact in facts if fact not in f"{fault.message} {fault.remedy}"] == []
    assert list(read(text, "s.yaml").line_column(fault.offset)) == place


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_moves_no_slip(mark):
    text, line, column = edited("nom: DURAND", 'nom: §"DURAND\n      prenom: "A"')
    document = read(mark + text, "s.yaml")
    assert document.line_column(document.faults[0].offset) == (line, column)


@pytest.mark.parametrize(
    "text", ["'", '"', "{", "[", "a: '", "- '\n'", ":", "-a\nb: c", "'\n' b", "\t"]
)
def test_no_slip_is_beyond_its_text(text):
    for fault in read(text, "s.yaml").faults:
        assert 0 <= fault.offset <= len(text)
        assert fault.message
        assert fault.remedy
