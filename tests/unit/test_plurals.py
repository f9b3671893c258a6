"""How many there are, as a person says it."""

import re
from pathlib import Path

import pytest

from rorcli.plurals import counted

PACKAGE = Path(__file__).parents[2] / "rorcli"


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "erreur", "0 erreur"),
        (1, "autre fichier", "1 autre fichier"),
        (3, "autre fichier", "3 autres fichiers"),
        (2, "ligne illisible", "2 lignes illisibles"),
        (2, "refus", "2 refus"),
    ],
)
def test_every_word_takes_its_plural(number, noun, said):
    assert counted(number, noun) == said


def test_no_message_leaves_the_plural_to_the_reader():
    for path in PACKAGE.rglob("*.py"):
        found = re.findall(r"[a-zàéè]\(s\)[ \",;]", path.read_text("utf-8"))
        assert not found, path
