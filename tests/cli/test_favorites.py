"""`favorite`, and favourites wherever an establishment is named."""

import json
from pathlib import Path

import pytest

from rorcli import favorites
from rorcli.errors import UsageError
from tests.cli.harness import make_store, run

EXAMPLES = Path(__file__).parents[2] / "examples"
SAULES, CLINIQUE, EHPAD = "440099919", "720099910", "490099918"
FILES = [
    EXAMPLES / f"{n}.yaml" for n in ("ch-des-saules", "clinique-du-parc", "ehpad-les-tilleuls")
]


@pytest.fixture
def store(tmp_path, monkeypatch) -> str:
    url: str = make_store(tmp_path, *FILES)
    (tmp_path / "ici").mkdir()
    monkeypatch.chdir(tmp_path / "ici")
    return url


@pytest.fixture
def two(store: str) -> str:
    assert run(["favorite", "add", SAULES, EHPAD], store=store).code == 0
    return store


def test_a_list_is_made_shown_and_undone(store):
    added = run(["favorite", "add", SAULES, CLINIQUE], store=store)
    assert (added.code, added.out) == (0, "")
    assert added.err.splitlines() == [
        f"{SAULES} Hôpital des Saules : ajouté à vos favoris",
        f"{CLINIQUE} Clinique du Parc : ajouté à vos favoris",
    ]
    assert run(["favorite"]).out == f"{SAULES}\tHôpital des Saules\n{CLINIQUE}\tClinique du Parc\n"
    again = run(["favorite", "add", SAULES], store=store)
    assert (again.code, "déjà" in again.err) == (0, True)
    gone = run(["favorite", "remove", "clinique"])
    assert gone == (0, "", f"{CLINIQUE} Clinique du Parc : retiré de vos favoris\n")
    assert "n'est pas dans" in run(["favorite", "remove", CLINIQUE]).err
    assert run(["favorite", "list"]).out == f"{SAULES}\tHôpital des Saules\n"


def test_a_file_tells_its_name_and_asks_no_directory():
    assert run(["favorite", "add", FILES[2]]).code == 0
    assert run(["favorite", "list"]).out == f"{EHPAD}\tEHPAD Les Tilleuls\n"


def test_an_empty_list_is_no_failure():
    assert run(["favorite", "list"]) == (0, "", "aucun favori\n")


def test_json(two):
    data = json.loads(run(["favorite", "list", "-o", "json"]).out)
    assert data["schema"] == "rorcli/favorites/v1"
    assert data["favorites"][0] == {"finess": SAULES, "nom": "Hôpital des Saules"}
    after = json.loads(run(["favorite", "remove", SAULES, "-o", "json"]).out)
    assert [each["finess"] for each in after["favorites"]] == [EHPAD]


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["add"], 2, "donnez un FINESS"),
        (["remove"], 2, "donnez un FINESS"),
        (["list", SAULES], 2, "n'attend pas"),
        (["ajoute", SAULES], 2, "choisissez parmi add, list, remove"),
        (["add", SAULES, "440099927"], 1, "inconnu de l'annuaire"),
        (["add", "rien"], 2, "ni un FINESS, ni un fichier"),
    ],
)
def test_what_cannot_be_done_changes_nothing(store, argv, code, said):
    result = run(["favorite", *argv], store=store)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert favorites.read() == ()


@pytest.mark.parametrize(
    "argv",
    [
        ["show", "saules"],
        ["history", "Hôpital des Saules"],
        ["pull", "HOPITAL saules", "-f", "x.yaml"],
    ],
)
def test_a_name_stands_for_the_finess(two, argv):
    by_name, by_finess = run(argv, store=two), run([argv[0], SAULES, *argv[2:]], store=two)
    assert by_name.code == 0, by_name
    assert argv[0] == "pull" or by_name.out == by_finess.out


def test_a_name_that_several_answer_to_is_refused(two):
    assert run(["favorite", "add", CLINIQUE], store=two).code == 0
    result = run(["show", "d"], store=two)  # des Saules, du Parc
    assert (result.code, "désigne 2 favoris" in result.err) == (2, True)
    assert SAULES in result.err
    assert CLINIQUE in result.err


def test_search_and_pull_take_the_favourites_alone(two, tmp_path):
    found = run(["search", "--favoris"], store=two).out
    assert {line.split("\t")[0] for line in found.splitlines()} == {SAULES, EHPAD}
    assert run(["pull", "--favoris", "--to", "f"], store=two).code == 0
    assert {path.name for path in Path("f").glob("*.yaml")} == {f"{SAULES}.yaml", f"{EHPAD}.yaml"}
    assert run(["pull", "--all", "--to", "tout"], store=two).code == 0
    assert len(list(Path("tout").glob("*.yaml"))) == 3


@pytest.mark.parametrize("argv", [["search", "--favoris"], ["pull", "--favoris"]])
def test_no_favourite_is_nothing_to_look_at(store, argv):
    result = run(argv, store=store)
    assert (result.code, "favorite add" in result.err) == (2, True)


def test_pull_takes_one_choice(two):
    result = run(["pull", "--favoris", "--all"], store=two)
    assert (result.code, "--favoris" in result.err) == (2, True)


@pytest.mark.parametrize("content", [b"44009991\tx\n", b"\xff\xfe", b"Saules\t440099919\n"])
def test_a_damaged_list_is_told_and_kept(content):
    favorites.path().parent.mkdir(parents=True, exist_ok=True)
    favorites.path().write_bytes(content)
    result = run(["favorite", "list"])
    assert (result.code, "favoris illisible" in result.err) == (2, True)
    assert favorites.path().read_bytes() == content


def test_a_whole_name_goes_before_words_of_another():
    saules, annexe = (
        favorites.Favorite(SAULES, "Les Saules"),
        favorites.Favorite(EHPAD, "Les Saules Annexe"),
    )
    favorites.save([annexe, saules])
    assert favorites.named("les saules") == saules
    assert favorites.named("annexe") == annexe


def test_names_cannot_break_the_list():
    favorites.save([favorites.Favorite(SAULES, "Hôpital\tdes\nSaules")])
    assert favorites.read() == (favorites.Favorite(SAULES, "Hôpital des Saules"),)
    assert favorites.named("saules") is not None
    assert favorites.named(" ") is None


def test_what_cannot_be_saved_is_not_said_to_be(monkeypatch, store):
    def full(_: object) -> None:
        raise UsageError("disque plein")

    monkeypatch.setattr(favorites, "save", full)
    assert run(["favorite", "add", SAULES], store=store).err == "Erreur : disque plein\n"
