"""`rorcli validate --fix`: what is written, where it is shown, what is left to say."""

import json
from pathlib import Path

import pytest

from tests.cli.harness import run
from tests.cli.test_validate import CLEAN, FAULTY, data

MENDED = FAULTY.replace("44000", '"44000"')
COUNTS = "0 erreur, 3 avertissements, 1 information dans 1 fichier\n"
DIFF = """\
--- ormes.yaml
+++ ormes.yaml
@@ -6,7 +6,7 @@
   finess: "440099919"
   nom: Clinique [/bold] des Ormes
   categorie: "355"  # Centre hospitalier (CH)
-  adresse: {code_postal: 44000, commune: Nantes}
+  adresse: {code_postal: "44000", commune: Nantes}
   contacts:
     - nature: "06"  # Standard
       telephone: "02 61 91"
"""


@pytest.fixture
def faulty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ormes.yaml").write_text(FAULTY, encoding="utf-8")
    return Path("ormes.yaml")


def test_a_file_is_mended_shown_and_judged_as_it_is_then(faulty):
    result = run(["validate", "--fix", faulty])
    assert faulty.read_text("utf-8") == MENDED
    assert result.out == DIFF + run(["validate", faulty]).out
    assert result.err == f"ormes.yaml : écrit, 1 ligne corrigée.\n{COUNTS}"
    assert result.code == 0
    assert run(["validate", "--fix", faulty]) == run(["validate", faulty])


def test_a_dry_run_writes_nothing_and_judges_what_is_there(faulty):
    result = run(["validate", "--fix", "--dry-run", faulty])
    assert faulty.read_text("utf-8") == FAULTY
    assert result.out == DIFF + run(["validate", faulty]).out
    assert "ormes.yaml : 1 ligne à corriger, rien n'est écrit." in result.err
    assert result.code == 1


def test_what_can_be_mended_is_said_where_it_is_found(faulty):
    result = run(["validate", faulty])
    assert 'écrivez "44000"  [--fix]' in result.out
    assert result.out.count("[--fix]") == 1
    assert result.err.startswith("rorcli validate --fix peut en corriger 1.\n")
    told = data(run(["validate", faulty, "-o", "json"]))
    assert [each["mend"] for each in told["findings"]].count("44000") == 1


def test_forms_for_programs_keep_stdout_to_themselves(faulty):
    result = run(["validate", "--fix", faulty, "-o", "json"])
    assert data(result)["counts"]["error"] == 0
    assert result.err.startswith(DIFF)


def test_a_clean_file_is_not_touched(faulty, tmp_path):
    copy = tmp_path / "copie.yaml"
    copy.write_bytes(CLEAN.read_bytes())
    before = copy.stat()
    result = run(["validate", "--fix", copy])
    assert (result.code, result.out) == (0, "")
    assert copy.read_bytes() == CLEAN.read_bytes()
    assert (copy.stat().st_mtime_ns, copy.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_what_cannot_be_read_hinders_no_other(faulty, tmp_path):
    (tmp_path / "rompu.yaml").write_text("etablissement: [\n", encoding="utf-8")
    result = run(["validate", "--fix", ".", "absent.yaml"])
    assert faulty.read_text("utf-8") == MENDED
    assert (tmp_path / "rompu.yaml").read_text("utf-8") == "etablissement: [\n"
    assert result.code == 2
    assert "rompu.yaml:" in result.out
    assert "absent.yaml" in result.err


def test_rules_set_aside_in_the_project_are_not_mended(faulty, tmp_path):
    (tmp_path / "rorcli.toml").write_text('[validate]\nignore = ["ROR104"]\n', encoding="utf-8")
    run(["validate", "--fix", faulty])
    assert faulty.read_text("utf-8") == FAULTY


def test_stdin_comes_out_mended_and_findings_go_to_stderr():
    result = run(["validate", "--fix", "-", "--name", "ormes.yaml"], stdin=FAULTY)
    assert (result.code, result.out) == (0, MENDED)
    assert result.err.endswith(COUNTS)
    assert "ormes.yaml:12:18: ROR206 warning" in result.err


def test_a_dry_run_of_stdin_is_the_diff():
    result = run(["validate", "--fix", "--dry-run", "-", "--name", "ormes.yaml"], stdin=FAULTY)
    assert (result.code, result.out) == (1, DIFF)


def test_what_stdin_holds_comes_out_even_if_it_cannot_be_read():
    result = run(["validate", "--fix", "-"], stdin="a: [\n")
    assert (result.code, result.out) == (1, "a: [\n")
    assert "ROR101" in result.err
    binary = run(["validate", "--fix", "-"], stdin="a\0b")
    assert (binary.code, binary.out) == (1, "")
    assert "fichier binaire" in binary.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dry-run", "ormes.yaml"], "--fix"),
        (["--fix", "-", "ormes.yaml"], "retirez les autres chemins"),
        (["--fix", "-", "-o", "json"], "retirez les autres chemins"),
        (["--fix", "-", "--report", "json=r.json"], "retirez les autres chemins"),
    ],
)
def test_what_would_mix_two_things_is_a_wrong_call(faulty, words, said):
    result = run(["validate", *words], stdin=FAULTY)
    assert result.code == 2
    assert said in (result.err + result.out)
    assert faulty.read_text("utf-8") == FAULTY
    assert not Path("r.json").exists()
    if "json" in words:
        assert json.loads(result.out)["error"]["code"] == "usage"
