"""The extract of the Annuaire santé: read, indexed once, asked for people."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rorcli.annuaire import extract as rows
from rorcli.annuaire.extract import COLUMNS, Extract, Situation
from rorcli.annuaire.index import Index, open_index
from rorcli.annuaire.people import look_up
from rorcli.errors import UsageError
from tests.annuaire import HEADER, line, write

TARTAMPION, LE_GALL, KERVELLA = "10099999996", "10999404527", "10999407397"
SAULES = "440099919"
GYNECO = {"type_savoir_faire": "S", "specialite": "SM19"}


@pytest.fixture
def indexed(tmp_path) -> Iterator[Callable[..., Index]]:
    """Makes the index of an extract with these lines; closed at the end."""
    opened = []

    def make(*lines: str) -> Index:
        path = write(tmp_path / "extrait.txt", *lines)
        index = open_index(path, tmp_path / "cache", lambda blocks, total: blocks, print)
        opened.append(index)
        return index

    yield make
    for index in opened:
        index.close()


def read(path: Path):
    return [Situation._make(row) for block in Extract(path).blocks() for row in block]


def test_columns_are_found_by_name_whatever_their_order(tmp_path):
    usual = write(tmp_path / "a.txt", line(TARTAMPION, nom="TARTAMPION", **GYNECO))
    text = usual.read_text("utf-8")
    turned = "".join("|".join(reversed(each.split("|"))) + "\n" for each in text.splitlines())
    (tmp_path / "b.txt").write_text("\ufeff" + turned, "utf-8")
    assert read(tmp_path / "b.txt") == read(usual)
    assert read(usual)[0]._asdict() | {"nom": "TARTAMPION"} == read(usual)[0]._asdict()


def test_lines_may_end_as_on_windows_and_the_last_one_in_nothing(tmp_path):
    path = write(tmp_path / "a.txt", line(TARTAMPION), line(LE_GALL))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    assert [row.rpps for row in read(path)] == [TARTAMPION, LE_GALL]
    assert read(path)[1].site == ""


def test_an_extract_of_our_columns_alone_is_enough(tmp_path):
    (tmp_path / "a.txt").write_text(
        f"{'|'.join(COLUMNS.values())}\r\n{TARTAMPION}|MME|DR|A|B|10|S|SM19|L|{SAULES}|HOPITAL\r\n",
        "utf-8",
    )
    [row] = read(tmp_path / "a.txt")
    assert (row.rpps, row.site) == (TARTAMPION, "HOPITAL")


def test_quotes_are_letters_and_people_without_rpps_are_left_out(tmp_path):
    path = write(tmp_path / "a.txt", line(TARTAMPION, nom='D"ARC'), line("449300001", nom="ADELI"))
    assert [row.nom for row in read(path)] == ['D"ARC']


def test_blocks_cut_nothing(tmp_path, monkeypatch):
    path = write(tmp_path / "a.txt", *(line(f"{10_000_000_000 + n}") for n in range(300)))
    monkeypatch.setattr(rows, "BLOCK", 500)
    found = list(Extract(path).blocks())
    assert len(found) > 10
    assert [row[0] for block in found for row in block] == [
        f"{10_000_000_000 + n}" for n in range(300)
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "il y manque les colonnes Identifiant PP"),
        (b"PK\x03\x04", "archive ZIP"),
        (b"a;b\n1;2\n", "il y manque les colonnes"),
        (HEADER.replace("Code profession", "Profession").encode() + b"\n", "la colonne Code profession"),
        (f"{HEADER}\n{line(TARTAMPION)}\n".encode("cp1252"), "ligne 1 n'est pas en UTF-8"),
        (f"{HEADER}\n{line(TARTAMPION)}\n".encode() + b"\xe9|\n", "ligne 3 n'est pas en UTF-8"),
        (f"{HEADER}\n{line(TARTAMPION)}\n{line(LE_GALL)[:9]}".encode(), "dernière ligne (3) est coupée"),
        (f"{HEADER}\n{line(TARTAMPION)}\n".encode() + b"a|b\n" * 4, "4 lignes n'ont pas tous leurs champs, dont les lignes 3, 4, 5"),
    ],
)  # fmt: skip
def test_a_damaged_extract_is_refused_with_the_place(tmp_path, content, said):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        open_index(path, tmp_path / "cache", lambda blocks, total: blocks, print)
    assert said in refused.value.message
    assert refused.value.remedy
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_absent_extract_is_told(tmp_path):
    for path in (tmp_path / "rien.txt", tmp_path):
        with pytest.raises(UsageError, match="illisible"):
            open_index(path, tmp_path / "cache", lambda blocks, total: blocks, print)


def test_some_odd_lines_among_many_are_left_out_and_told(tmp_path):
    path = write(tmp_path / "a.txt", *(line(TARTAMPION) for _ in range(5000)), "a|b")
    said: list[str] = []
    open_index(path, tmp_path / "cache", lambda blocks, total: blocks, said.append).close()
    assert said == [f"{path} : 1 ligne illisible de côté, d'abord la ligne 5002"]


def test_an_index_is_built_once_and_again_when_the_extract_changes(tmp_path):
    path = write(tmp_path / "a.txt", line(TARTAMPION))
    passes = []

    def progress(blocks, total):
        passes.append(total)
        return blocks

    def ask() -> bool:
        index = open_index(path, tmp_path / "cache", progress, print)
        found = index.holds(LE_GALL)
        index.close()
        return found

    assert [ask(), ask()] == [False, False]
    assert passes == [1]
    write(path, line(TARTAMPION), line(LE_GALL))
    assert ask()
    assert passes == [1, 1]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_an_interrupted_index_leaves_nothing(tmp_path):
    path = write(tmp_path / "a.txt", line(TARTAMPION))

    def interrupted(blocks, total):
        yield next(iter(blocks))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_index(path, tmp_path / "cache", interrupted, print)
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_extract_that_changes_while_it_is_read_is_refused(tmp_path):
    path = write(tmp_path / "a.txt", line(TARTAMPION))

    def progress(blocks, total):
        yield from blocks
        write(path, line(TARTAMPION), line(LE_GALL))

    with pytest.raises(UsageError, match="a changé pendant sa lecture"):
        open_index(path, tmp_path / "cache", progress, print)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_damaged_index_says_how_to_go_on(tmp_path, indexed):
    index = indexed(line(TARTAMPION))
    index.close()
    [path] = (tmp_path / "cache").iterdir()
    path.write_bytes(b"x" * 5000)
    again = indexed_again = open_index(
        tmp_path / "extrait.txt", tmp_path / "cache", lambda blocks, total: blocks, print
    )
    with pytest.raises(UsageError, match="index de l'Annuaire santé abîmé"):
        again.holds(TARTAMPION)
    indexed_again.close()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_cache_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "cache").mkdir(mode=0o500)
    path = write(tmp_path / "a.txt", line(TARTAMPION))
    with pytest.raises(UsageError, match="ne peut pas y être écrit"):
        open_index(path, tmp_path / "cache", lambda blocks, total: blocks, print)


def test_numbers_that_are_none_are_asked_of_nobody(indexed):
    index = indexed(line(TARTAMPION))
    assert [index.holds(n) for n in (TARTAMPION, LE_GALL, "", "x" * 11, "²" * 11)] == [True] + [
        False
    ] * 4
    assert index.of("abc") == []
    assert isinstance(index._connection, sqlite3.Connection)


# Who is meant


def test_a_number_gives_the_whole_practitioner(indexed):
    index = indexed(line(TARTAMPION, "MME", "DR", "TARTAMPION", "Anne-Sophie", mode="L", **GYNECO))
    assert look_up(index, {"rpps": TARTAMPION}, SAULES).fields == {
        "rpps": TARTAMPION, "civilite": "MME", "titre": "DR", "nom": "TARTAMPION",
        "prenom": "Anne-Sophie", "profession": "10", "type_savoir_faire": "S",
        "specialite": "SM19", "mode_exercice": "L",
    }  # fmt: skip


def test_what_is_not_a_specialite_ordinale_is_no_specialite(indexed):
    index = indexed(line(KERVELLA, profession="50", type_savoir_faire="CM", specialite="C26"))
    found = look_up(index, {"rpps": KERVELLA}, SAULES)
    assert (found.fields["type_savoir_faire"], "specialite" in found.fields) == ("CM", False)
    assert found.notes == ()


def test_the_same_activity_at_several_sites_is_one(indexed):
    index = indexed(*(line(LE_GALL, mode="S", finess=f) for f in ("750000001", SAULES, "")))
    assert look_up(index, {"rpps": LE_GALL}, SAULES).fields["mode_exercice"] == "S"


def test_the_activity_of_the_establishment_is_preferred(indexed):
    index = indexed(
        line(LE_GALL, mode="L", finess="750000001"), line(LE_GALL, mode="S", finess=SAULES)
    )
    assert look_up(index, {"rpps": LE_GALL}, SAULES).fields["mode_exercice"] == "S"
    with pytest.raises(UsageError) as refused:
        look_up(index, {"rpps": LE_GALL}, "490099918")
    assert "plusieurs activités" in refused.value.message
    assert refused.value.message.count("\n") == 2
    assert "750000001" in refused.value.message


def test_activities_that_differ_are_listed_until_an_option_tells(indexed):
    index = indexed(line(LE_GALL, type_savoir_faire="S", specialite="SM20"),
                    line(LE_GALL, type_savoir_faire="S", specialite="SM19"),
                    line(LE_GALL, type_savoir_faire="CAPA", specialite="CAPA03"))  # fmt: skip
    with pytest.raises(UsageError) as refused:
        look_up(index, {"rpps": LE_GALL}, SAULES)
    assert "Gynécologie médicale (SM) (SM19)" in refused.value.message
    assert "--specialite" in refused.value.remedy
    with pytest.raises(UsageError):
        look_up(index, {"rpps": LE_GALL, "type_savoir_faire": "S"}, SAULES)
    found = look_up(index, {"rpps": LE_GALL, "specialite": "SM19"}, SAULES)
    assert found.fields["specialite"] == "SM19"


def test_what_is_given_and_unknown_there_keeps_the_identity_only(indexed):
    index = indexed(line(LE_GALL, nom="LE GALL", mode="S"))
    fields = look_up(index, {"rpps": LE_GALL, "mode_exercice": "B"}, SAULES).fields
    assert fields["nom"] == "LE GALL"
    assert "mode_exercice" not in fields


def test_a_name_is_enough_when_one_person_bears_it(indexed):
    index = indexed(line(LE_GALL, nom="LE GALL", prenom="Erwan"), line(KERVELLA, nom="KERVELLA"),
                    line(TARTAMPION, nom="LE GALL", prenom="Anne"))  # fmt: skip
    assert look_up(index, {"nom": "Kervella"}, SAULES).fields["rpps"] == KERVELLA
    assert look_up(index, {"nom": "le gall", "prenom": "erwan"}, SAULES).fields["rpps"] == LE_GALL
    with pytest.raises(UsageError) as refused:
        look_up(index, {"nom": "LE GALL"}, SAULES)
    assert "2 homonymes" in refused.value.message
    assert LE_GALL in refused.value.message
    with pytest.raises(UsageError, match="personne de ce nom"):
        look_up(index, {"nom": "DURAND"}, SAULES)


def test_names_are_found_without_accents_and_with(indexed):
    index = indexed(line(LE_GALL, nom="HELENE"), line(KERVELLA, nom="HÉLÈNE"))
    assert {row.rpps for row in index.named("Hélène")} == {LE_GALL, KERVELLA}


def test_a_hundred_homonyms_are_not_all_listed(indexed):
    index = indexed(*(line(f"{10_000_000_000 + n}", nom="MARTIN") for n in range(100)))
    with pytest.raises(UsageError) as refused:
        look_up(index, {"nom": "MARTIN"}, SAULES)
    assert refused.value.message.count("\n") == 21
    assert refused.value.message.endswith("…")


def test_a_number_that_is_somebody_else_s_is_told(indexed):
    index = indexed(line(LE_GALL, nom="LE GALL"))
    assert "nomme ce n° RPPS" in look_up(index, {"rpps": LE_GALL, "nom": "Dupont"}, SAULES).notes[0]
    assert look_up(index, {"rpps": LE_GALL, "nom": "Le Gall"}, SAULES).notes == ()
    unknown = look_up(index, {"rpps": TARTAMPION}, SAULES)
    assert (unknown.fields, "n'est pas dans l'extrait" in unknown.notes[0]) == ({}, True)


def test_codes_that_the_ror_lacks_are_left_out_and_told(indexed):
    index = indexed(line(LE_GALL, titre="ZZ", mode="X"))
    found = look_up(index, {"rpps": LE_GALL}, SAULES)
    assert {"titre", "mode_exercice"}.isdisjoint(found.fields)
    assert [note.split(" ")[0] for note in found.notes] == ["titre", "mode_exercice"]
    assert len(look_up(index, {"rpps": LE_GALL, "titre": "DR"}, SAULES).notes) == 1


def test_the_columns_are_those_of_the_published_extract():
    assert set(COLUMNS.values()) <= set(HEADER.split("|"))
