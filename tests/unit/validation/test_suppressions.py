"""`# rorcli: ignore=RULE reason`: what is set aside, where, and what is said of the comments."""

import pytest

from rorcli.text.document import Document, read
from rorcli.validation import validate, validate_all
from rorcli.validation.suppressions import SIGN
from tests.sample import SAMPLE, TODAY, edited

# A closed code, on a line of its own.
CLOSED = edited("civilite: MME", "civilite: §MLLE")[0]
LINE = "              civilite: MLLE"


def rules(text):
    return [each.rule for each in validate(read(text, "s.yaml"), TODAY)]


def told(text):
    return {(each.rule, each.line, each.column, each.message) for each in validate(read(text, "s.yaml"), TODAY)}  # fmt: skip


def test_without_comment_the_code_is_told():
    assert rules(CLOSED) == ["ROR304"]


@pytest.mark.parametrize(
    "lines",
    [
        f"{LINE}  # rorcli: ignore=ROR304 dossier en cours",
        f"{LINE}  # Mademoiselle  # rorcli: ignore=ROR304 dossier en cours",
        f"{LINE} #rorcli:ignore = ROR304  motif",
        f"{LINE}  # rorcli : ignore=ROR304 dossier en cours",
        f"{LINE}  # rorcli\xa0: ignore=ROR304 dossier en cours",
        f"              # rorcli: ignore=ROR304 dossier en cours\n{LINE}",
        f"# rorcli: ignore=ROR304 dossier en cours\n\n              # autre commentaire\n{LINE}",
        f"              # rorcli: ignore=ROR304 dossier en cours\r\n{LINE}\r",
    ],
)
def test_a_comment_sets_a_finding_of_its_line_aside(lines):
    assert rules(CLOSED.replace(LINE, lines)) == []


def test_the_first_line_of_a_file_may_be_the_comment():
    text = "\ufeff# rorcli: ignore=ROR401 contact en cours\n" + SAMPLE
    assert [each[:3] for each in told(text)] == [("ROR118", 1, 1)]


def test_several_rules_and_several_comments_speak_for_one_line():
    flow = CLOSED.replace(
        '- {nature: "05", mobile: "06 39 98 00 23", courriel: uo@ch-saules.example}',
        '- {nature: "05", mobile: "06 39 98", courriel: uo.example}',
    )
    assert rules(flow) == ["ROR206", "ROR207", "ROR304"]
    where = '            - {nature: "05"'
    both = flow.replace(where, f"            # rorcli: ignore=ROR206, ROR207 reçus ainsi\n{where}")
    assert rules(both) == ["ROR304"]
    apart = flow.replace(
        where,
        f"            # rorcli: ignore=ROR206 reçu\n            # rorcli: ignore=ROR207 reçu\n{where}",
    )
    assert rules(apart) == ["ROR304"]


def test_another_line_and_another_rule_are_still_told():
    assert rules(CLOSED.replace(LINE, f"{LINE}\n              # rorcli: ignore=ROR304 motif")) == ["ROR304", "ROR118"]  # fmt: skip
    assert rules(CLOSED.replace(LINE, f"{LINE}  # rorcli: ignore=ROR305 motif")) == ["ROR118", "ROR304"]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "rule", "said"),
    [
        ("ignore=ROR304", "ROR117", "sans motif"),
        ("ignore=ROR304   ", "ROR117", "sans motif"),
        ("ignore=ROR304 motif", None, ""),
        ("ignore=ROR304,ROR999 motif", "ROR117", "ROR999 n'existe pas"),
        ("ignore=ROR304,ROR114 motif", "ROR117", "ROR114 ne peut pas être ignorée"),
        ("ignore=ROR304,ROR118 motif", "ROR117", "ROR118 ne peut pas être ignorée"),
        ("ignore=ROR304,ROR306 motif", "ROR118", "ROR306"),
    ],
)
def test_a_comment_that_is_not_right_is_told_at_its_place(order, rule, said):
    text, line, column = edited("civilite: MME", f"civilite: MLLE  §# rorcli: {order}")
    found = validate(read(text, "s.yaml"), TODAY)
    assert [each.rule for each in found] == [rule] * (rule is not None)
    for each in found:
        assert (each.line, each.column) == (line, column)
        assert said in each.message
        assert each.remedy


@pytest.mark.parametrize(
    "comment", ["# rorcli ignore ROR304 motif", "# rorcli ignore=ROR304 motif"]
)
def test_an_order_without_its_colon_is_told(comment):
    assert rules(CLOSED.replace(LINE, f"{LINE}  {comment}")) == ["ROR117", "ROR304"]


@pytest.mark.parametrize("order", ["ignore", "ignore ROR304 motif", "ignore=304 motif", "ignore="])
def test_what_is_not_understood_ignores_nothing(order):
    assert rules(CLOSED.replace(LINE, f"{LINE}  # rorcli: {order}")) == ["ROR117", "ROR304"]


@pytest.mark.parametrize(
    "comment",
    ["# rorcli: voir le guide", "# rorcli ignore cette fiche", "# .rorcli/base", "# ignore=ROR304"],
)
def test_other_comments_are_left_alone(comment):
    assert rules(CLOSED.replace(LINE, f"{LINE}  {comment}")) == ["ROR304"]


@pytest.mark.parametrize(
    "name",
    [
        '"Hôpital  # rorcli: ignore=ROR304 motif"',
        "'Hôpital  # rorcli: ignore=ROR304 motif'",
        "|-\n    Hôpital\n    # rorcli: ignore=ROR304 motif",
        ">-\n    Hôpital\n    # rorcli: ignore=ROR304 motif",
        "Hôpital#rorcli:ignore",
    ],
)
def test_what_looks_like_a_comment_inside_a_text_is_text(name):
    assert rules(SAMPLE.replace("Hôpital des Saules", name)) == []


def test_errors_of_coherence_and_check_digits_can_be_ignored_but_not_those_of_the_schema():
    wrong = SAMPLE.replace('"99900001100018"', '"99900001100019"  # rorcli: ignore=ROR203 La Poste')
    assert rules(wrong) == []
    wrong = SAMPLE.replace('"99900001100018"', '"1"  # rorcli: ignore=ROR113 en attente')
    assert rules(wrong) == ["ROR113", "ROR117"]


def test_findings_between_files_are_set_aside_in_the_file_that_says_so():
    other = SAMPLE.replace("nom: TARTAMPION", "nom: TARTEMPION").replace("440099919", "440099927")
    pair = [read(SAMPLE, "1.yaml"), read(other, "2.yaml")]
    assert {each.rule for each in validate_all(pair, TODAY)} >= {"ROR310"}
    said = "nom: TARTEMPION  # rorcli: ignore=ROR310 nom d'usage"
    pair[1] = read(other.replace("nom: TARTEMPION", said), "2.yaml")
    assert {each.rule for each in validate_all(pair, TODAY)}.isdisjoint({"ROR310", "ROR118"})
    # In the other file, the same comment says nothing.
    pair[0] = read(SAMPLE.replace("nom: TARTAMPION", said), "1.yaml")
    assert ("1.yaml", "ROR118") in {(e.path, e.rule) for e in validate_all(pair, TODAY)}


def test_what_cannot_be_read_has_its_own_finding_only():
    assert rules(f"a: [  # {SIGN} ignore=ROR101 motif") == ["ROR101"]


def test_a_rule_set_aside_everywhere_is_not_ignored_for_nothing_here():
    text = CLOSED.replace(LINE, f"{LINE}  # rorcli: ignore=ROR304 motif")
    assert validate(read(text, "s.yaml"), TODAY, frozenset({"ROR304"})) == []


def test_a_file_without_such_a_comment_is_not_walked_again(monkeypatch):
    def refuse(self):
        raise AssertionError(self)

    monkeypatch.setattr(Document, "marks", property(refuse))
    assert rules(SAMPLE) == []
