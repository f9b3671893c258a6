"""`dossier`: what the regional team is asked, in three forms, and the way back of the ids."""

import email
import email.policy
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rorcli.files import read_file
from rorcli.model import decode
from rorcli.planning.limits import Thresholds
from rorcli.planning.plan import Sides
from rorcli.planning.structure import Kind, requests
from tests.cli.harness import make_store, run

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "dossier.v1.schema.json").read_text("utf-8"))
SAULES = "440099919"
ANSWERS = ["--motif", "Ouverture", "--effet", "2027-01-04", "--contact", "Alex DURAND"]
UF, CONSULT = "52/0000102", "52/0000104"
POLE = "    - type: pole\n      id: 52/0000101\n"
NEW = """\
    - type: service
      nom: Service d'hématologie
      unites:
        - type: uo
          nom: Consultations d'hématologie
          type_offre: "69"
          champ_activite: "01"
          mode_prise_en_charge: "32"
          patientele: {age_min: 15 ans, age_max: 120 ans}
          unite_sensible: false
          activites: ["053"]
          praticiens:
            - {rpps: "10099999996", nom: TARTAMPION, profession: "10", type_savoir_faire: S, mode_exercice: L}
"""


class Desk:
    def __init__(self, folder: Path, monkeypatch) -> None:
        self.store = make_store(folder, ROOT / "examples" / "ch-des-saules.yaml")
        self.file = folder / "etab.yaml"
        monkeypatch.chdir(folder)
        self.do("pull", SAULES, "-f", "etab.yaml")

    def run(self, *words: object, **how: Any):
        return run([str(word) for word in words], store=self.store, **how)

    def do(self, *words: object):
        done = self.run(*words)
        assert done.code == 0, done
        return done

    def change(self, *pairs: tuple[str, str], end: str = "") -> None:
        text = self.file.read_text("utf-8")
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        self.file.write_text(text + end, "utf-8")

    def data(self) -> Any:
        found = json.loads(self.do("dossier", "etab.yaml", *ANSWERS, "-o", "json").out)
        checker = jsonschema.FormatChecker()
        validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=checker)
        assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(found)] == []
        return found


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def cut(text: str, unit: str) -> tuple[str, str]:
    """The text without the unit of that id, and the lines of the unit."""
    [start] = list(re.finditer(rf"^( *)- type: \w+\n *id: {unit}\n", text, re.MULTILINE))
    indent = len(start[1])
    rest = text[start.end() :]
    end = re.search(rf"^ {{0,{indent}}}[-a-z]", rest, re.MULTILINE)
    stop = start.end() + (end.start() if end else len(rest))
    return text[: start.start()] + text[stop:], text[start.start() : stop]


def test_nothing_structural_is_nothing_to_ask(desk):
    desk.do("edit", "etab.yaml", "telephone=02 61 91 00 77")
    result = desk.do("dossier", "etab.yaml")
    assert (result.out, result.err[:17]) == ("", "Rien à demander :")
    told = desk.data()
    assert (told["requests"], told["effective_on"]) == ([], None)


def test_every_kind_of_request_is_told(desk):
    text, moved = cut(desk.file.read_text("utf-8"), CONSULT)
    text, _ = cut(text, "52/0000110")
    desk.file.write_text(text, "utf-8")
    outdented = "".join(line[8:] for line in moved.splitlines(keepends=True))
    desk.change(
        ('categorie: "355"', 'categorie: "292"'),
        (POLE, outdented + POLE),
        (f"type: uf\n          id: {UF}", f"type: service\n          id: {UF}"),
        end=NEW,
    )
    assert desk.run("validate", "etab.yaml").code == 0
    found = {(each["kind"], each["level"], each["id"]): each for each in desk.data()["requests"]}
    assert set(found) == {
        ("identity", "eg", ""), ("move", "uo", CONSULT), ("retype", "uf", UF),
        ("add", "service", ""), ("add", "uo", ""), ("remove", "uo", "52/0000110"),
    }  # fmt: skip
    gyneco = "Pôle femme-mère-enfant > UF Gynécologie"
    move = found["move", "uo", CONSULT]
    assert (move["before"], move["after"]) == (gyneco, "")
    added = found["add", "uo", ""]
    assert added["after"] == "Service d'hématologie"
    assert "praticiens" not in added["content"]
    assert added["content"]["activites"] == ["053"]
    identity = found["identity", "eg", ""]
    assert (identity["field"], identity["before"], identity["after"]) == ("categorie", "355", "292")
    page = desk.do("dossier", "etab.yaml", *ANSWERS).out
    for line in ("## Ajouter (2)", "## Supprimer (1)", "## Déplacer (1)", "## Changer de niveau (1)",
                 "## Corriger l'identité (1)", "- Date d'effet : 04/01/2027", "- Motif : Ouverture",
                 "   - Activités opérationnelles : Gynécologie médicale (053)"):  # fmt: skip
        assert f"{line}\n" in page
    assert "TARTAMPION" not in page


def test_the_page_is_as_kept(desk, golden):
    desk.change(end=NEW)
    golden("dossier/demande.md", desk.do("dossier", "etab.yaml", *ANSWERS).out)
    golden("dossier/demande.eml", desk.do("dossier", "etab.yaml", *ANSWERS, "-o", "eml").out)


def test_the_draft_is_a_mail_to_the_region_with_the_json(desk):
    desk.change(end=NEW)
    desk.do("dossier", "etab.yaml", *ANSWERS, "-f", "demande.eml")
    content = (desk.file.parent / "demande.eml").read_bytes()
    assert b"\r\n" in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert mail["To"] == "ror.pdl@esante-paysdelaloire.fr"
    assert mail["X-Unsent"] == "1"
    assert "Hôpital des Saules (FINESS 440099919)" in mail["Subject"]
    body, attached = mail.iter_parts()
    assert "Service d'hématologie" in body.get_content()
    assert json.loads(attached.get_content())["schema"] == "rorcli/dossier/v1"


@pytest.mark.parametrize("break_", ["\\r\\nBcc: pirate@ch.example", "\\nX: y", "\\u2028Bcc: a"])
def test_no_value_makes_a_header(desk, break_):
    desk.change(("nom: Hôpital des Saules", f'nom: "Saules{break_}"'), end=NEW)
    Path("c.toml").write_text(f'[region]\nmail = "ror@region.example{break_}"\n', "utf-8")
    line = ["--config", "c.toml", "dossier", "etab.yaml", *ANSWERS, "-o", "eml"]
    mail = email.message_from_string(desk.do(*line).out, policy=email.policy.default)
    assert set(mail.keys()) <= {"To", "Subject", "X-Unsent", "MIME-Version", "Content-Type"}
    assert all("\n" not in value for value in mail.values())


def test_markdown_takes_nothing_for_markup(desk):
    desk.change(("nom: Hôpital des Saules", 'nom: "# [x](y) <b> @tous"'), end=NEW)
    page = desk.do("dossier", "etab.yaml", *ANSWERS).out
    assert "# Dossier collaboratif : \\# \\[x\\](y) &lt;b&gt; &#64;tous\n" in page
    assert "(ror.pdl@esante-paysdelaloire.fr, " in page  # to be copied into a mail


def test_what_is_missing_is_asked_at_a_terminal(desk):
    desk.change(end=NEW)
    typed = "\n  Ouverture d'un service \nbientôt\n04/01/2027\n\n"
    result = desk.run("dossier", "etab.yaml", stdin=typed, tty=True)
    assert result.code == 0
    assert result.err.count("Motif de la demande : ") == 2
    assert result.err.count("Date d'effet (JJ/MM/AAAA) : ") == 2
    assert "- Motif : Ouverture d'un service\n" in result.out
    assert "- Date d'effet : 04/01/2027\n" in result.out
    assert "- Contact : Alex DURAND ; téléphone 02 61 91 00 12" in result.out
    ended = desk.run("dossier", "etab.yaml", stdin="Ouverture\n", tty=True)
    assert (ended.code, ended.out) == (7, "")


def test_off_a_terminal_what_is_missing_is_named(desk):
    desk.change(end=NEW)
    result = desk.run("dossier", "etab.yaml", "--motif", "x")
    assert (result.code, result.out) == (2, "")
    assert "il manque --effet\n" in result.err
    # The référent ROR of the file answers unless somebody else is named.
    assert "DURAND" in desk.do("dossier", "etab.yaml", *ANSWERS[:4]).out


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--effet", "demain"], 2, "« demain » n'est pas une date"),
        (["-f", "demande.pdf"], 2, ".md, .eml ou .json"),
        (["-f", "etab.yaml"], 2, ".md, .eml ou .json"),
        (["-f", "deja.md"], 7, "existe déjà"),
    ],
)
def test_what_cannot_be_written_is_refused(desk, options, code, said):
    desk.change(end=NEW)
    Path("deja.md").write_text("à moi", "utf-8")
    result = desk.run("dossier", "etab.yaml", *ANSWERS, *options)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert Path("deja.md").read_text("utf-8") == "à moi"


def test_an_establishment_that_the_store_does_not_know_has_no_dossier(desk):
    other = shutil.copy(ROOT / "examples" / "clinique-du-parc.yaml", "autre.yaml")
    assert desk.run("dossier", other, *ANSWERS).code == 1


def test_errors_of_what_is_proposed_are_told(desk):
    desk.change(end=NEW.replace('champ_activite: "01"', 'champ_activite: "999"'))
    assert "ROR" in desk.do("dossier", "etab.yaml", *ANSWERS).err


def test_push_refuses_and_shows_the_way(desk):
    desk.change(end=NEW)
    refused = desk.run("push", "--yes", "etab.yaml")
    assert (refused.code, "rorcli dossier etab.yaml" in refused.out) == (7, True)


def test_an_identity_that_the_directory_lacks_is_no_request(desk):
    theirs = decode(read_file(desk.file).data)
    without = replace(
        theirs.etablissement, siret=None, managed=theirs.etablissement.managed - {"siret"}
    )
    plan = Sides.of(theirs, replace(theirs, etablissement=without), None).plan(
        SAULES, "1", Thresholds()
    )
    assert [change.path for change in plan.changes] == [("etablissement", "siret")]
    assert list(requests(plan.changes, theirs, theirs)) == []


def test_once_accepted_pull_merge_takes_the_ids_in(desk, tmp_path):
    """The regional team, at its own desk, does what the JSON asks; then we pull."""
    desk.change(end=NEW)
    desk.do("edit", "etab.yaml", "telephone=02 61 91 00 78")
    assert len(desk.data()["requests"]) == 2
    desk.do("pull", SAULES, "-f", "equipe/etab.yaml")
    team = Path("equipe/etab.yaml")
    without_people = NEW.partition("          praticiens:")[0]
    team.write_text(team.read_text("utf-8") + without_people, "utf-8")
    desk.do("push", "--yes", "--allow", "structure", "equipe/etab.yaml")
    before = desk.file.read_text("utf-8")
    merged = desk.do("pull", "--merge", "etab.yaml")
    assert "fusionné" in merged.out
    after = desk.file.read_text("utf-8")
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert [line.split(":")[0].strip() for line in added] == ["id", "id"]
    assert desk.do("dossier", "etab.yaml").out == ""
    desk.do("push", "--yes", "etab.yaml")
    assert desk.run("diff", "--exit-code", "etab.yaml").code == 0


def test_requests_and_guards_are_of_one_mind(desk):
    theirs = decode(read_file(desk.file).data)
    desk.change(('categorie: "355"', 'categorie: "292"'), end=NEW)
    ours = decode(read_file(desk.file).data)
    plan = Sides.of(ours, theirs, None).plan(SAULES, "1", Thresholds())
    counts = {guard.name: guard.count for guard in plan.guards}
    kinds = [each.kind for each in requests(plan.changes, ours, theirs)]
    assert counts["identity"] == kinds.count(Kind.IDENTITY) == 1
    assert counts["structure"] == kinds.count(Kind.ADD) == 2
