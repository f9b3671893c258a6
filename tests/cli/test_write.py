"""The editing commands: what they show, what they write, and when they write nothing."""

import shutil
import sys
from pathlib import Path

import pytest

from rorcli.files import read_file
from rorcli.model import decode
from rorcli.text.edits import value_at
from tests.cli.harness import TODAY, run

EXAMPLES = Path(__file__).parents[2] / "examples"
CONSULTATIONS, BEDS = "Consultations de gynécologie", "52/0000103"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLES / "ch-des-saules.yaml", tmp_path / "etab.yaml"))


def lines(out: str) -> tuple[list[str], list[str]]:
    """What left and what came, without the heads of the diff."""
    body = [line for line in out.splitlines() if not line.startswith(("---", "+++"))]
    return (
        [x[1:].strip() for x in body if x[:1] == "-"],
        [x[1:].strip() for x in body if x[:1] == "+"],
    )


def unit(file: Path, key: str = "52/0000104"):
    return next(p.unit for p in decode(read_file(file).data).units() if p.key == key)


ADDRESSES = [
    (["telephone=02 61 91 00 41"], 'telephone: "02 61 91 00 41"'),
    (["directeur.nom=LEROUX"], "nom: LEROUX"),
    (["adresse.code_postal=44100"], None),
    (["contacts[06].courriel=std@ch-saules.example"], "courriel: std@ch-saules.example"),
    (["contacts[fonction:12].courriel=ror@ch-saules.example"], "courriel: ror@ch-saules.example"),
    (["contacts[Direction].courriel=dg@ch-saules.example"],
     '- {nature: "10", courriel: dg@ch-saules.example}  # Direction'),
    (["entite_juridique.raison_sociale=CH des Saules"], "raison_sociale: CH des Saules"),
    (["site_internet="], "site_internet: null"),
    (["--unit", CONSULTATIONS, "mssante=rdv@ch-saules.mssante.example"],
     "mssante: rdv@ch-saules.mssante.example"),
    (["--unit", "52/0000104", "praticiens[10099999996].secteur=secteur_1"], "secteur: secteur_1"),
    (["--unit", "UF Gynécologie > Consultations de gynécologie", "mssante=a@ch.mssante.example"],
     "mssante: a@ch.mssante.example"),
    (["--unit", CONSULTATIONS, "mode_prise_en_charge=Téléexpertise"],
     'mode_prise_en_charge: "35"  # Téléexpertise'),
    (["--unit", CONSULTATIONS, "unite_sensible=oui"], "unite_sensible: true"),
    (["--unit", CONSULTATIONS, "lieux[52/0000106].nom=Bâtiment C"], "nom: Bâtiment C"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "line"), ADDRESSES, ids=[w[-1] for w, _ in ADDRESSES])
def test_a_value_is_named_as_people_name_it(file, words, line):
    result = run(["edit", file, *words])
    assert (result.code, result.err) == (0, f"{file} : écrit.\n")
    gone, came = lines(result.out)
    assert line is None or came == [line]
    assert len(gone) <= 1
    again = file.read_bytes()
    assert run(["edit", file, *words]).code == 0
    assert file.read_bytes() == again


WRONG = [
    (["teléphone=1"], "vouliez-vous dire « telephone »"),
    (["contacts[99].telephone=1"], "natures-contact"),
    (["praticiens[1].nom=X"], "praticiens"),
    (["contacts=x"], "une liste ne s'écrit pas ainsi"),
    (["adresse=x"], "adresse."),
    (["--unit", "gynécologie", "nom=X"], "52/0000102"),
    (["--unit", "absente", "nom=X"], "aucune unité « absente »"),
    (["--unit", CONSULTATIONS, "unite_sensible=peut-être"], "true ou false"),
    (["--where", "type", "nom=X"], "CLÉ=MOTIF"),
    (["--where", "couleur=bleu", "nom=X"], "clé inconnue"),
    (["--unit", "x", "--where", "type=uo", "nom=X"], "ne vont pas ensemble"),
    ([], "terminal"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_a_name_that_means_nothing_is_told_with_what_to_write(file, words, said):
    before = file.read_bytes()
    result = run(["edit", file, *words])
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert file.read_bytes() == before


def test_an_edit_that_adds_an_error_is_refused_for_all_files(file, tmp_path):
    other = Path(shutil.copy(EXAMPLES / "ehpad-les-tilleuls.yaml", tmp_path / "b.yaml"))
    before = (file.read_bytes(), other.read_bytes())
    result = run(["edit", tmp_path, "categorie=999"])
    assert (result.code, result.out) == (1, "")
    assert "ROR114" in result.err
    assert "rien n'a été écrit" in result.err
    assert (file.read_bytes(), other.read_bytes()) == before


def test_an_error_that_was_there_before_refuses_nothing(file):
    file.write_text(file.read_text("utf-8").replace('"355"', '"999"'), "utf-8")
    assert run(["edit", file, "telephone=02 61 91 00 41"]).code == 0


def test_values_are_replaced_everywhere_or_in_chosen_units(file):
    old, new = "cs-gynecologie@ch-saules.example", "rdv@ch-saules.example"
    result = run(["edit", file, "--where", "type=uo", "--replace", "courriel", old, new])
    assert "1 remplacement" in result.err
    assert old not in file.read_text("utf-8")
    result = run(["edit", file, "--where", "nom=Consultation*", "unite_sensible=false"])
    assert (result.code, result.out) == (0, "")
    assert "n'y figure pas" in run(["edit", file, "--replace", "courriel", old, new]).err


def test_a_dry_run_shows_and_writes_nothing(file):
    before, stamp = file.read_bytes(), file.stat().st_mtime_ns
    result = run(["edit", file, "--dry-run", "telephone=02 61 91 00 41"])
    assert lines(result.out)[1] == ['telephone: "02 61 91 00 41"']
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, stamp)


def test_what_is_already_so_is_success_and_touches_nothing(file):
    stamp = file.stat().st_mtime_ns
    for words in (["add-activity", file, CONSULTATIONS, "053"],
                  ["remove-activity", file, CONSULTATIONS, "001"],
                  ["remove-practitioner", file, CONSULTATIONS, "10999990012"],
                  ["edit", file, "nom=Hôpital des Saules"]):  # fmt: skip
        result = run(words)
        assert (result.code, result.out) == (0, "")
        assert "Rien à changer" in result.err
    assert file.stat().st_mtime_ns == stamp


def test_activities_come_by_code_or_words_and_go(file):
    assert lines(run(["add-activity", file, CONSULTATIONS, "chirurgie", "gynécologique"]).out)[
        1] == ['- "022"  # Chirurgie gynécologique']  # fmt: skip
    assert run(["add-activity", file, CONSULTATIONS, "001", "003"]).code == 0
    assert unit(file).activites[-3:] == ("022", "001", "003")
    assert run(["remove-activity", file, CONSULTATIONS, "053", "001"]).code == 0
    assert {"053", "001"}.isdisjoint(unit(file).activites)
    vague = run(["add-activity", file, CONSULTATIONS, "chirurgie"])
    assert (vague.code, vague.out) == (2, "")
    assert "précisez" in vague.err
    assert "n'est pas une UO" in run(["add-activity", file, "UF Gynécologie", "001"]).err


PERSON = ["--civilite", "M", "--titre", "DR", "--nom", "PRUNIER", "--prenom", "Émile", "--profession",
          "Médecin", "--type-savoir-faire", "S", "--specialite", "Gynécologie médicale (SM)",
          "--mode-exercice", "S"]  # fmt: skip


LOST_NOUGHTS = [
    (["add-activity", CONSULTATIONS, "22"], "022 Chirurgie gynécologique"),
    (["add-activity", CONSULTATIONS, "053", "22"], "022 Chirurgie gynécologique"),
    (["remove-activity", CONSULTATIONS, "53"], "053 Gynécologie médicale"),
    (["edit", "contacts[fonction:1].telephone=02 61 91 00 55"], "01 Directeur"),
    (["edit", "--where", "champ_activite=1", "unite_sensible=false"], "01 Médecine, Chirurgie"),
]


@pytest.mark.parametrize(
    ("words", "meant"), LOST_NOUGHTS, ids=[" ".join(w) for w, _ in LOST_NOUGHTS]
)
def test_a_code_that_lost_its_noughts_is_proposed_whole(file, words, meant):
    before = file.read_bytes()
    result = run([words[0], file, *words[1:]])
    assert (result.code, result.out) == (2, "")
    assert f"vouliez-vous dire {meant}" in result.err
    assert file.read_bytes() == before


@pytest.mark.parametrize("typed", ["0261910022", "02.61.91.00.22", "+33 (0)2 61 91 00 22"])
def test_a_number_is_replaced_however_its_digits_are_set_apart(file, typed):
    result = run(["edit", file, "--replace", "telephone", typed, "02 61 91 00 29"])
    assert "1 remplacement" in result.err
    assert "02 61 91 00 22" not in file.read_text("utf-8")


def test_what_is_replaced_may_have_lost_its_noughts_too(file):
    result = run(["edit", file, "--replace", "activites", "53", "022"])
    assert result.code == 0
    assert "« 53 » n'y figure pas ; vouliez-vous dire 053 Gynécologie médicale ?" in result.err


def test_a_code_may_be_typed_in_small_letters(file):
    words = ["add-practitioner", file, CONSULTATIONS, "--rpps", "10099999996"]
    result = run([*words, "--type-savoir-faire", "s", "--specialite", "sm04"])
    assert (result.code, lines(result.out)[1]) == (
        0,
        ["specialite: SM04  # Cardiologie et Maladies vasculaires (SM)"],
    )


def test_a_practitioner_is_added_updated_and_removed(file):
    rpps = "10999990004"
    assert run(["add-practitioner", file, CONSULTATIONS, "--rpps", rpps, *PERSON]).code == 0
    added = unit(file).praticiens[-1]
    assert (added.profession, added.specialite, added.secteur) == ("10", "SM19", None)
    result = run(
        ["add-practitioner", file, CONSULTATIONS, "--rpps", rpps, "--secteur", "secteur_1"]
    )
    assert lines(result.out) == ([], ["secteur: secteur_1"])
    assert run(["add-practitioner", file, BEDS, "--rpps", rpps]).code == 0
    assert unit(file, BEDS).praticiens[-1].nom == "PRUNIER"
    assert run(["remove-practitioner", file, CONSULTATIONS, rpps]).code == 0
    assert rpps not in {p.rpps for p in unit(file).praticiens}


def test_a_practitioner_who_lacks_what_is_mandatory_is_refused(file):
    result = run(["add-practitioner", file, CONSULTATIONS, "--rpps", "10999990004"])
    assert (result.code, result.out) == (1, "")
    assert "nom" in result.err
    assert run(["add-practitioner", file, CONSULTATIONS, "--rpps", "1", *PERSON]).code == 1


def test_a_capacity_is_counted_today(file):
    result = run(["set-capacity", file, BEDS, "26"])
    assert lines(result.out)[1] == [
        f"- {{nature: lit, statut: installe, nombre: 26, comptee_le: {TODAY}}}"
    ]
    assert f"comptée le {TODAY}" in result.err
    assert run(["set-capacity", file, BEDS, "26"]).out == ""
    new = run(["set-capacity", file, CONSULTATIONS, "2", "--nature", "salle"])
    assert "nature: salle" in new.out
    assert run(["set-capacity", file, BEDS, "3", "--nature", "chaise"]).code == 1
    assert run(["set-capacity", file, BEDS, "3", "--lieu", "ailleurs"]).code == 2


def test_beds_of_a_consultation_are_doubted_though_another_consultation_shares_the_lieu(file):
    result = run(["set-capacity", file, CONSULTATIONS, "4"])
    assert (result.code, "ROR316 warning" in result.err) == (0, True)
    assert (
        "ce lieu, « Bâtiment A, rez-de-chaussée », est aussi celui de « Centre d'orthogénie »"
        in result.err
    )
    assert "est aussi celui de" not in run(["set-capacity", file, BEDS, "25"]).err


def test_a_unit_without_lieu_gets_one_at_the_address_of_the_establishment(file):
    text = file.read_text("utf-8")
    assert "id: 52/0000106" in text
    bare = [
        p.unit for p in decode(read_file(file).data).units() if p.unit.is_uo and not p.unit.lieux
    ]
    for each in bare[:1]:
        result = run(["set-capacity", file, each.id or "", "4"])
        assert "créé, à l'adresse" in result.err


MOVED = [
    ([], "adresse.", ""),
    ([], "entite_juridique.adresse.", ""),
    (["--unit", CONSULTATIONS], "lieux[52/0000106].adresse.", " --unit 52/0000104"),
]


@pytest.mark.parametrize(("where", "prefix", "unit"), MOVED, ids=["EG", "EJ", "lieu"])
def test_codes_of_the_former_commune_do_not_stay_unseen(file, where, prefix, unit):
    result = run(["edit", file, *where, f"{prefix}commune=Angers"])
    (said,) = [line for line in result.err.splitlines() if "Angers" in line]
    assert "code_insee 44109 sans changement" in said
    command = f'rorcli edit {file}{unit} "{prefix}code_postal=…" "{prefix}code_insee=…"'
    assert said.endswith(command)
    given = [f"{prefix}code_postal=49000", f"{prefix}code_insee=49007"]
    assert "sans changement" not in run(["edit", file, *where, *given]).err


def test_many_addresses_that_move_together_are_told_in_one_sentence(file):
    result = run(["edit", file, "--replace", "commune", "Nantes", "Angers"])
    (said,) = [line for line in result.err.splitlines() if "sans changement" in line]
    assert said.endswith(f"rorcli edit {file} --replace code_insee 44109 …")


def test_only_the_code_that_stays_is_told_and_none_for_a_new_spelling(file):
    some = run(["edit", file, "adresse.commune=Angers", "adresse.code_postal=49000"])
    assert "mais code_insee 44109 sans changement" in some.err
    assert "sans changement" not in run(["edit", file, "adresse.commune=ANGERS"]).err


def test_a_check_is_dated_on_the_whole_or_on_units(file):
    assert lines(run(["confirm", file]).out)[1] == [f"verifie_le: {TODAY}"]
    run(["confirm", file, "--unit", CONSULTATIONS, "--le", "2026-11-20"])
    assert unit(file).verifie_le == "2026-11-20"
    assert run(["confirm", file, "--le", "2026-11-26"]).code == 2
    assert run(["confirm", file, "--le", "hier"]).code == 2


def test_a_check_forgets_no_later_one_unless_that_is_asked_for(file):
    assert run(["confirm", file, "--unit", CONSULTATIONS]).code == 0
    before = file.read_bytes()
    result = run(["confirm", file, "--unit", CONSULTATIONS, "--le", "20/11/2026"])
    assert (result.code, result.out) == (2, "")
    assert f"déjà vérifié le {TODAY}, après le 2026-11-20 que vous donnez" in result.err
    assert file.read_bytes() == before
    (command,) = [line for line in result.err.splitlines() if "rorcli edit" in line]
    words = command.partition("rorcli ")[2].split()
    assert run(words).code == 0
    assert unit(file).verifie_le == "2026-11-20"


def test_a_check_on_a_day_to_come_gives_way_to_one_of_today(file):
    assert run(["edit", file, "verifie_le=2027-11-25"]).code == 0
    assert lines(run(["confirm", file]).out) == (
        ["verifie_le: 2027-11-25"], [f"verifie_le: {TODAY}"])  # fmt: skip


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """An editor that replaces the first text by the second; its calls are counted by lines."""

    def use(old: str, new: str) -> None:
        script = tmp_path / "editor.py"
        script.write_text(
            "import sys, pathlib\n"
            "file = pathlib.Path(sys.argv[1])\n"
            f"file.write_text(file.read_text('utf-8').replace({old!r}, {new!r}), 'utf-8')\n"
        )
        monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
        monkeypatch.delenv("VISUAL", raising=False)

    return use


def test_without_a_value_the_person_s_editor_opens(file, editor):
    editor("nom: MARTIN", "nom: LEROUX")
    result = run(["edit", file], tty=True)
    assert result.code == 0
    assert value_at(read_file(file).data, "/etablissement/directeur/nom") == "LEROUX"
    assert "Rien à changer" in run(["edit", file], tty=True).err


def test_an_editor_that_leaves_an_error_is_reopened_or_given_up(file, editor):
    before = file.read_bytes()
    editor('categorie: "355"', 'categorie: "999"')
    result = run(["edit", file], stdin="n\no\n", tty=True)
    assert "ROR114" in result.err
    assert file.read_bytes() == before
    draft = file.with_name("etab.yaml.brouillon")
    assert '"999"' in draft.read_text("utf-8")
    assert draft.stat().st_mode & 0o077 == 0


def test_an_editor_that_cannot_be_started_is_told(file, monkeypatch):
    monkeypatch.setenv("VISUAL", "/nulle/part")
    result = run(["edit", file], tty=True)
    assert result.code == 2
    assert "/nulle/part" in result.err


def test_push_may_follow_an_edit(file, tmp_path):
    store = f"sqlite:{tmp_path / 'a.sqlite'}"
    run(["load", file], store=store)
    alone = run(["edit", file, "--push", "telephone=02 61 91 00 41"], store=store)
    assert alone.code == 2
    assert "--yes" in alone.err
    asked = run(["edit", file, "--push", "mobile=06 39 98 00 41"], "o\n", tty=True, store=store)
    assert asked.code == 0
    assert "1 enregistré" in asked.err
    assert run(["diff", file, "--exit-code"], store=store).code == 0


def test_a_value_that_is_not_text_is_refused(file):
    before = file.read_bytes()
    assert run(["edit", file, "nom=caf\udce9"]).code == 2
    assert file.read_bytes() == before


def test_a_long_value_is_a_value_and_a_long_name_of_file_is_told(file):
    assert run(["edit", file, "nom=" + "Hôpital " * 60 + "X"]).code == 0
    result = run(["show", "x" * 400])
    assert result.code == 2
    assert "trop long" in result.err


def test_a_mistyped_number_renames_no_colleague(file):
    before = file.read_bytes()
    result = run(["add-practitioner", file, CONSULTATIONS, "--rpps", "10099999996", *PERSON])
    assert (result.code, result.out) == (1, "")
    assert "TARTAMPION" in result.err
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [["finess=440099927"], ["--unit", CONSULTATIONS, "id=52/1"],
     ["--unit", CONSULTATIONS, "lieux[52/0000106].id=52/1"]],
)  # fmt: skip
def test_an_identifier_is_not_changed_in_passing(file, words):
    before = file.read_bytes()
    result = run(["edit", file, *words])
    assert (result.code, file.read_bytes()) == (2, before)
    assert "un retrait et une création" in result.err


def test_a_warning_that_an_edit_adds_is_told_and_an_old_one_is_not(file):
    run(["edit", file, "telephone=0261"])
    told = run(["edit", file, "contacts[10].courriel=nulle part", "--dry-run"])
    again = run(["edit", file, "contacts[12].description=au fond du couloir"])
    assert "nulle part" in told.err
    assert (again.code, "0261" in again.err) == (0, False)


def test_a_value_without_quotes_is_told_how_to_write_it(file):
    result = run(["edit", file, "telephone=02", "61", "91", "00", "01"])
    assert result.code == 2
    assert 'des guillemets : "telephone=02 61 91 00 01"\n' in result.err
    result = run(["edit", file, "nom=Hôpital", "du", "Parc", "courriel=a@b.example"])
    assert '"nom=Hôpital du Parc"\n' in result.err


def test_what_is_so_already_in_many_units_is_said_once(file):
    result = run(["edit", file, "--where", "nom=*gyn*", "--where", "type=uo", "unite_sensible=non"])
    assert result.err == f"{file} : unite_sensible vaut déjà « non »\nRien à changer.\n"


def test_days_ages_and_numbers_may_be_written_as_people_do(file):
    result = run(["edit", file, "date_ouverture=1/9/1974", "adresse.code_postal=44 100"])
    assert (result.code, "date_ouverture: 1974-09-01" in result.out) == (0, True)
    assert 'code_postal: "44100"' in result.out
    age = run(["edit", file, "--unit", CONSULTATIONS, "patientele.age_min=16ans"])
    assert (age.code, "age_min: 16 ans" in age.out) == (0, True)
    who = ["--rpps", "10 999 990 004", *PERSON]
    assert run(["add-practitioner", file, CONSULTATIONS, *who]).code == 0
    assert "10999990004" in {each.rpps for each in unit(file).praticiens}


def test_a_service_is_answered_with_the_uo_below_it(file):
    result = run(["set-capacity", file, "Service de maternité", "20"])
    assert (result.code, result.out) == (2, "")
    assert "  52/0000112  Pôle femme-mère-enfant > Service de maternité > Salles" in result.err
    assert "donnez l'une de ces UO" in result.err


def test_a_practitioner_who_lacks_something_is_told_how_to_give_it(file):
    result = run(["add-practitioner", file, CONSULTATIONS, "--rpps", "10999990004"])
    assert (result.code, "--annuaire" in result.err) == (1, True)


def test_a_day_may_be_written_as_the_french_do(file):
    assert run(["confirm", file, "--le", "20/11/2026"]).code == 0
    assert "verifie_le: 2026-11-20" in file.read_text()


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("0261910041", "02 61 91 00 41"),
        ("02.61.91.00.41", "02 61 91 00 41"),
        ("+33 2 61 91 00 41", "+33 2 61 91 00 41"),
        ("3639", "3639"),
    ],
)
def test_a_french_number_is_written_as_people_write_it(file, typed, written):
    done = run(["edit", file, f"telephone={typed}"])
    assert (done.code, f'+      telephone: "{written}"' in done.out) == (0, True)
