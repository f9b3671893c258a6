"""`refresh`: a round by one key an answer, saved at once, left and taken up at any point."""

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from rorcli import files
from rorcli.errors import RefusedError
from rorcli.files import read_file
from rorcli.model import decode
from rorcli.validation.auditing import Criteria
from rorcli.validation.freshness import Dates
from rorcli.validation.rounds import Stop, below, stops
from tests.cli.harness import TODAY, Screen, run

ROOT = Path(__file__).parents[2]
FILE = Path("etab.yaml")
ASKED = Criteria(TODAY, date(2026, 5, 25))
POLE, CONSULT = "52/0000701", "52/0000704"
TEXT = """\
format: 1
entite_juridique: {finess: "440099901", raison_sociale: Centre hospitalier des Saules}
etablissement:
  finess: "440099919"
  nom: Hôpital des Saules
  unites:
    - type: pole
      id: 52/0000701
      nom: Pôle
      unites:
        - type: uf
          id: 52/0000702
          nom: UF
          verifie_le: 2026-11-20
        - type: uo
          id: 52/0000703
          nom: Hospitalisation
          type_offre: "157"
          champ_activite: "01"
          mode_prise_en_charge: "28"
          patientele: {age_min: 15 ans, age_max: 120 ans}
          unite_sensible: false
          activites: ["022"]
          lieux:
            - {nom: Bâtiment B}
        - type: uo
          id: 52/0000704
          nom: Consultations
          type_offre: "69"
          champ_activite: "01"
          mode_prise_en_charge: "32"
          patientele: {age_min: 15 ans, age_max: 120 ans}
          unite_sensible: false
          activites: ["053"]
          contacts:
            - {nature: "02", telephone: "02 61 91 00 22"}
          praticiens:
            - {rpps: "10099999996", nom: TARTAMPION, profession: "10", type_savoir_faire: S, mode_exercice: L}
            - {rpps: "10999404527", nom: LE GALL, profession: "10", type_savoir_faire: S, mode_exercice: S}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    FILE.write_text(TEXT, "utf-8")


def refresh(*keys: str, options: tuple[str, ...] = ()):
    return run(["refresh", FILE, *options], stdin="".join(f"{key}\n" for key in keys), tty=True)


def verified() -> dict[str, str | None]:
    held = decode(read_file(FILE).data)
    return {placed.unit.id or "": placed.unit.verifie_le for placed in held.units()} | {
        "": held.etablissement.verifie_le
    }


def titles(result) -> list[str]:
    said = [line for line in result.out.splitlines() if line.startswith("Fiche ")]
    return [line.partition(" sur ")[0].removeprefix("Fiche ") for line in said]


def test_what_depends_on_a_node_comes_before_it_and_the_eg_last():
    held = decode(read_file(FILE).data)
    found = stops(held, Dates(), ASKED)
    assert [each.placed.key if each.placed else "eg" for each in found] == [
        "52/0000703", CONSULT, POLE, "eg"]  # fmt: skip
    assert [below(each, found) for each in found] == [0, 0, 2, 3]
    assert below(Stop("/etablissement/unites/1"), (Stop("/etablissement/unites/10"),)) == 0


def test_what_is_closed_is_not_visited():
    closed = TEXT.replace("nom: Pôle\n", "nom: Pôle\n      date_fermeture: 2026-01-01\n")
    FILE.write_text(closed, "utf-8")
    found = stops(decode(read_file(FILE).data), Dates(), ASKED)
    assert [each.placed for each in found] == [None]


def test_the_day_of_the_base_counts_when_the_file_says_none():
    held = decode(read_file(FILE).data)
    assert stops(held, Dates(saved_on=TODAY), ASKED) == ()


def test_a_whole_round_dates_every_node_and_nothing_else():
    result = refresh("c", "c", "c", "c")
    assert (result.code, titles(result)) == (0, ["1", "2", "3", "4"])
    assert set(verified().values()) == {"2026-11-25", "2026-11-20"}
    lines = [line for line in FILE.read_text("utf-8").splitlines() if "2026-11-25" not in line]
    assert lines == TEXT.splitlines()
    assert "4 fiches vérifiées, 0 encore à revoir." in result.err
    assert "rorcli push etab.yaml" in result.err
    again = refresh()
    assert (again.code, again.out) == (0, "")


def test_what_is_to_be_checked_is_shown():
    page = refresh("p", "q").out
    for said in ("Fiche 1 sur 4", "hospitalisation complète sans lit installé", "Bâtiment B",
                 "02 61 91 00 22", "TARTAMPION", "il manque courriel, MSSanté"):  # fmt: skip
        assert said in page
    assert "Type d'offre" not in page


def test_each_answer_is_saved_at_once_and_the_round_goes_on_later(monkeypatch):
    assert titles(refresh("c", "q")) == ["1", "2"]
    assert verified()["52/0000703"] == "2026-11-25"
    later = refresh("c", "q")
    assert later.out.count("Fiche 1 sur 3") == 1
    assert verified()[CONSULT] == "2026-11-25"


@pytest.mark.parametrize("keys", [(), ("c",), ("m",), ("c", "m", "telephone=")])
def test_the_end_of_input_leaves_the_round(keys):
    result = refresh(*keys)
    assert result.code == 0
    assert "encore à revoir" in result.err


def test_ctrl_c_keeps_what_was_answered(monkeypatch):
    typed = iter(["c\n"])

    def readline(self):
        try:
            return next(typed)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(Screen, "readline", readline)
    assert refresh().code == 130
    assert verified()["52/0000703"] == "2026-11-25"


def test_one_goes_back_and_passes():
    assert titles(refresh("v", "p", "v", "p", "p", "p", "p")) == ["1", "1", "2", "1", "2", "3", "4"]
    assert set(verified().values()) == {None, "2026-11-20"}


def test_a_confirmation_above_says_what_it_covers():
    page = refresh("p", "c", "q").out
    assert "Confirmer vaudra aussi pour 1 unité qui en dépend et reste à revoir." in page


def test_edits_on_the_way_are_shown_and_saved():
    result = refresh(
        "l", "12", "c",
        "m", "courriel=cs@ch.example", "m", "mssante = cs@ch.mssante.example", "r", "le gall", "q",
    )  # fmt: skip
    text = FILE.read_text("utf-8")
    assert "nombre: 12, comptee_le: 2026-11-25" in text
    assert "courriel: cs@ch.example" in text
    assert "mssante: cs@ch.mssante.example" in text
    assert "LE GALL" not in text
    assert "+" in result.out
    # The node is shown again as it is now.
    assert titles(result) == ["1", "1", "2", "2", "2", "2"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("m", "inconnu=1"), "inconnu"),
        (("m", "unite_sensible=peut-être"), "true ou false attendu"),
        (("m", "type=service"), "rien n'a été écrit"),
        (("p", "r", "DUPONT"), "« DUPONT » n'est pas un praticien de cette UO"),
        (("p", "a", "10999990004"), "rien n'a été écrit"),
        (("p", "a", "10999990004"), "→ rorcli add-practitioner etab.yaml 52/0000704 --rpps …"),
        (("x",), "explique"),
        (("m", "tel 02 61"), "« tel 02 61 » n'est pas CLÉ=VALEUR ; rien n'a changé"),
        (("l", "douze"), "« douze » n'est pas un nombre de lits ; rien n'a changé"),
        (("p", "a", "Prunier"), "« Prunier » n'est pas un n° RPPS ; rien n'a changé"),
        (("p", "a", "1099"), "« 1099 » n'est pas un n° RPPS ; rien n'a changé"),
    ],
)
def test_what_cannot_be_changes_nothing_and_the_round_goes_on(keys, said):
    result = refresh(*keys, "q")
    assert result.code == 0
    assert said in result.err
    assert FILE.read_text("utf-8") == TEXT


def test_a_node_that_did_not_change_is_not_shown_again():
    assert titles(refresh("m", "inconnu=1", "m", "type=service", "m", "", "q")) == ["1"]


@pytest.mark.parametrize(
    "keys", [("m", ""), ("l", ""), ("p", "a", ""), ("p", "r", ""), ("m",), ("l",)]
)
def test_nothing_typed_is_nothing_done(keys):
    result = refresh(*keys, "q")
    assert result.code == 0
    assert "Erreur" not in result.err
    assert "add-practitioner" not in result.err
    assert FILE.read_text("utf-8") == TEXT


def test_a_practitioner_is_added_by_number_when_another_unit_knows_them():
    result = refresh("a", "10099999996", "q")
    assert FILE.read_text("utf-8").count("TARTAMPION") == 2
    assert "repris d'une autre unité" in result.err


def test_beds_counted_in_a_shared_lieu_are_seen():
    """The lieu is described by the UO before; the node shows what it holds all the same."""
    shared = TEXT.replace("- {nom: Bâtiment B}", "- {id: 52/0000705, nom: Bâtiment B}")
    FILE.write_text(shared + "          lieux: [{id: 52/0000705}]\n", "utf-8")
    page = refresh("p", "l", "7", "q").out
    assert "7 lits installés" in page.rpartition("Fiche 2 sur")[2]


def test_keys_explain_themselves_and_fit_the_node():
    page = refresh("?", "p", "p", "?", "q").out
    assert page.count("  l : donner le nombre") == 1
    assert page.count("  c : confirmer") == 2


def test_one_unit_and_what_depends_on_it():
    result = refresh("c", options=("--unit", "Consultations"))
    assert (result.code, titles(result)) == (0, ["1"])
    assert verified() == {POLE: None, "52/0000702": "2026-11-20", "52/0000703": None,
                          CONSULT: "2026-11-25", "": None}  # fmt: skip


def test_the_age_is_an_option():
    assert titles(refresh("q", options=("--older-than", "2026-11-25")))
    assert "sur 5" in refresh("q", options=("--older-than", "2026-11-25")).out


def test_what_takes_the_round_up_again_is_the_same_round():
    result = refresh("q", options=("--unit", "Consultations", "--older-than", "90d"))
    assert "→ rorcli refresh etab.yaml --unit Consultations --older-than 90d reprend" in result.err
    assert "→ rorcli refresh etab.yaml reprend" in refresh("q").err


def test_off_a_terminal_it_says_what_to_do_instead():
    result = run(["refresh", FILE])
    assert (result.code, result.out) == (2, "")
    assert "rorcli audit etab.yaml" in result.err
    assert FILE.read_text("utf-8") == TEXT


def test_a_file_that_somebody_else_changes_is_not_overwritten(monkeypatch):
    def changed(*_: object) -> None:
        raise RefusedError("ce fichier a changé pendant la commande")

    monkeypatch.setattr(files, "save", changed)
    result = refresh("c")
    assert (result.code, "a changé pendant" in result.err) == (7, True)
    assert FILE.read_text("utf-8") == TEXT


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal of POSIX")
def test_on_a_real_terminal(tmp_path):
    import pty

    shutil.copy(ROOT / "examples" / "ehpad-les-tilleuls.yaml", FILE)
    ours, theirs = pty.openpty()
    line = [
        sys.executable,
        "-m",
        "rorcli",
        "refresh",
        str(tmp_path / FILE),
        "--older-than",
        "2999-01-01",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    with subprocess.Popen(
        line, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        seen = b""
        for key in (b"c\n", b"q\n"):
            while not seen.endswith(b"explique) : "):
                seen += os.read(ours, 4096)
            os.write(ours, key)
            seen += b"\n"
        try:
            while chunk := os.read(ours, 4096):
                seen += chunk
        except OSError:  # Linux: the other end is gone
            pass
        assert process.wait(20) == 0
    os.close(ours)
    page = seen.decode()
    assert "Fiche 2 sur" in page
    assert "1 fiche vérifiée" in page
    # No screen is taken over: no cursor movement, no alternate screen.
    assert "\x1b[?" not in page
    assert "\x1b[H" not in page
    assert "verifie_le" in FILE.read_text("utf-8")


def test_a_level_may_have_a_limit_of_its_own():
    Path("rorcli.toml").write_text('audit.older_than_uf = "2026-11-25"\n', "utf-8")
    assert "sur 5" in refresh("q").out
