"""A finding beside its line: what is underlined, named, cut, and never broken by the file's text."""

import pytest

from rorcli.reports import plain
from rorcli.reports.excerpts import WIDTH, render_excerpts
from rorcli.text.document import read
from rorcli.validation import validate
from tests.sample import TODAY, edited


def shown(text, path="s.yaml"):
    """The lines below each headline."""
    document = read(text, path)
    findings = validate(document, TODAY)
    paragraphs: list[list[str]] = [[]]
    for line in map(plain, render_excerpts(findings, document.text)):
        paragraphs[-1].append(line) if line else paragraphs.append([])
    assert paragraphs.pop() == []
    assert [p[0].partition(" — ")[0] for p in paragraphs] == [
        f"{path}:{f.line}:{f.column}: {f.rule} {f.severity} {f.message}" for f in findings
    ]
    return [each[1:] for each in paragraphs]


# The edit of the sample, what is underlined, the name after it.
UNDERLINED = [
    ('siret: "99900001100018"', 'siret: "99900001100019"', '"99900001100019"', "SIRET"),
    ('code_postal: "44000"', "code_postal: 44000", "44000", "Code postal"),
    ("  site_internet:", "  vitesse: 3\n  site_internet:", "vitesse", ""),
    ("{nom: MARTIN, prenom: Claire}", "[{nom: MARTIN}]", "[{nom: MARTIN}]", "Directeur"),
    ('          type_offre: "157"  # Unité hospitalière de gynécologie\n', "", "type", "il y manque : Type d'offre"),
    ("nombre: 20", "nombre: -1", "-1", "Nombre"),
    ("civilite: MME", "civilite: MME  # rorcli: ignore=ROR304 motif", "# rorcli: ignore=ROR304 motif", ""),
    ('- {nature: "07", telephone: "02 61 91 00 20", ', '- {nature: "07", ', "-", "Contacts"),
    ("nom: MARTIN", "nom: *s", "*", ""),
    ("nom: DURAND", "nom: >\n        DURAND\n      nature: x", "x", "Nature"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "words", "label"), UNDERLINED)
def test_carets_underline_what_is_meant_and_name_it(old, new, words, label):
    [[line, carets, *remedy]] = shown(edited(old, new)[0])
    assert line[:5].strip().isdigit()
    assert line[5:7] == carets[5:7] == "| "
    run = [at for at, sign in enumerate(carets) if sign == "^"]
    assert run == list(range(run[0], run[-1] + 1))
    assert line[run[0] : run[-1] + 1] == words
    assert carets[run[-1] + 1 :].strip() == label
    assert [each[:7] for each in remedy] == ["     = "]


@pytest.mark.parametrize(
    ("name", "columns"), [("ÉÉ", 2), ("e\u0301e\u0301", 2), ("日本", 4), ("🏥\ufe0f", 2)]
)
def test_carets_stand_under_what_a_terminal_shows_wide_or_narrow(name, columns):
    new = f'{{prenom: "{name}", nom: 12, nature: "06"}}'
    [[line, carets, _]] = shown(edited("{nom: MARTIN, prenom: Claire}", new)[0])
    assert carets.index("^") == line.index("12,") - len(name) + columns


@pytest.mark.parametrize("indent", [1, 30, 90, 200, 990])
def test_a_long_line_is_cut_around_what_is_meant(indent):
    comment = "x" * indent
    text = edited(
        "{nom: MARTIN, prenom: Claire}", f'{{prenom: "{comment}", nom: 12, nature: "06"}}'
    )[0]
    [[line, carets, _]] = shown(text)
    assert len(line) <= WIDTH + 9
    assert line[carets.index("^") : carets.rindex("^") + 1] == "12"


def test_a_value_longer_than_a_line_is_underlined_as_far_as_it_is_shown():
    [[line, carets, _]] = shown(
        edited("www.ch-saules.example", "www.ch-saules.example/ " + "x" * 300)[0]
    )
    assert carets.rindex("^") < len(line) <= WIDTH + 9


def test_the_file_s_text_commands_no_terminal_and_breaks_no_line():
    [[line, *_]] = shown(edited("DURAND", "D\u0085\u2028\t[/b]: x")[0])
    assert line.isprintable()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_endings_and_byte_order_mark_move_no_caret(mark, newline):
    plain_text = edited("format: 1", "format: 2")[0]
    assert shown(mark + plain_text.replace("\n", newline)) == shown(plain_text)


@pytest.mark.parametrize("content", ["", b"\xff", b"\0", "# rien\n", "a: 'b"])
def test_a_file_that_cannot_be_read_is_told_too(content):
    assert shown(content)[0][-1].startswith("     = ")


def test_a_file_that_is_shorter_by_now_is_told_without_a_line():
    findings = validate(read(edited("nombre: 20", "nombre: -1")[0], "s.yaml"), TODAY)
    assert len(list(render_excerpts(findings, "format: 1\n"))) == 3
