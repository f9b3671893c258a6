"""`search`, `show`, `pull` and `codes`, from keystroke to exit code."""

import json
import sys
from pathlib import Path

import pytest

from rorcli import exchange
from rorcli.files import read_file
from rorcli.model import decode, to_data
from tests.cli.harness import make_store, run

EXAMPLES = Path(__file__).parents[2] / "examples"
SAULES, CLINIQUE, EHPAD = "440099919", "720099910", "490099918"
FILES = {
    SAULES: EXAMPLES / "ch-des-saules.yaml",
    CLINIQUE: EXAMPLES / "clinique-du-parc.yaml",
    EHPAD: EXAMPLES / "ehpad-les-tilleuls.yaml",
}
TARTAMPION = (
    "Madame le Docteur Anne-Sophie TARTAMPION - Médecin / Gynécologie médicale (SM) / "
    "conventionné en Secteur 2"
)
GYNECO = "Pôle femme-mère-enfant > UF Gynécologie > Consultations de gynécologie"


@pytest.fixture
def store(tmp_path) -> str:
    return make_store(tmp_path, *FILES.values())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    folder = tmp_path / "dossier"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def data_of(path: Path):
    return to_data(decode(read_file(path).data))


def says(result, code, *texts):
    assert result.code == code, result
    for text in texts:
        assert text in result.err


class TestSearch:
    def test_one_line_per_establishment_and_its_units_below(self, store):
        result = run(["search", "consultation", "gynecologie", "--ou", "nantes"], store=store)
        lines = result.out.splitlines()
        ours = [SAULES, "Hôpital des Saules", "44000 Nantes", "Centre hospitalier des Saules"]
        assert lines[0].split("\t") == ours
        assert f"\t{GYNECO}\t52/0000104" in lines
        assert (result.code, result.err) == (0, "")

    @pytest.mark.parametrize(
        ("options", "found"),
        [
            ([], {SAULES, CLINIQUE, EHPAD}),
            (["--ou", "49"], {EHPAD}),
            (["--quoi", "cardiologie generale"], {CLINIQUE, SAULES}),
            (["--ej", "440099901"], {SAULES}),
            (["--ej", "tilleuls"], {EHPAD}),
            (["clinique"], {CLINIQUE}),
        ],
    )
    def test_options_narrow_the_search(self, store, options, found):
        result = run(["search", *options, "-o", "json"], store=store)
        assert {each["finess"] for each in json.loads(result.out)["establishments"]} == found

    def test_nothing_found_is_success_and_no_line(self, store):
        result = run(["search", "zzz"], store=store)
        assert (result.code, result.out) == (0, "")
        assert "Aucun établissement" in result.err

    def test_limit_says_that_it_cut(self, store):
        result = run(["search", "--limit", "2"], store=store)
        assert len(result.out.splitlines()) == 2
        says(result, 0, "seuls les 2 premiers")
        assert run(["search", "--limit", "3"], store=store).err == ""

    def test_json_is_one_envelope(self, store):
        result = run(["search", "tartampion", "-o", "json"], store=store)
        assert json.loads(result.out) == {
            "schema": "rorcli/search/v1", "ok": True, "establishments": [],
        }  # fmt: skip
        found = json.loads(run(["search", "--quoi", "orthogénie", "-o", "json"], store=store).out)
        assert found["establishments"][0]["units"][0]["id"] == "52/0000110"

    def test_an_absent_store_is_a_usage_error(self, tmp_path):
        says(run(["search"], store=f"sqlite:{tmp_path}/rien.sqlite"), 2, "rorcli load")


class TestShow:
    def test_a_file_and_the_store_show_the_same_tree(self, store):
        from_file = run(["show", FILES[CLINIQUE]])
        from_store = run(["show", CLINIQUE], store=store)
        assert (from_file.code, from_store.code) == (0, 0)
        assert from_store.out.count(" ; Annuaire : ") == 14
        kept = [line for line in from_store.out.splitlines() if "Annuaire : " not in line]
        assert kept == [x for x in from_file.out.splitlines() if "Vérification : " not in x]

    def test_a_practitioner_reads_as_on_the_portal(self, store):
        result = run(["show", SAULES, "--unit", "Consultations de gynécologie"], store=store)
        assert TARTAMPION in [line.strip() for line in result.out.splitlines()]

    @pytest.mark.parametrize("name", ["52/0000104", "consultations de gynecologie", GYNECO])
    def test_a_unit_is_named_by_id_name_or_path(self, name):
        result = run(["show", FILES[SAULES], "--unit", name])
        assert result.out.startswith("UO : Consultations de gynécologie (52/0000104)\n")

    def test_an_ambiguous_unit_lists_the_candidates(self):
        result = run(["show", FILES[SAULES], "--unit", "consultations"])
        says(result, 2, "52/0000104", "désigne")
        assert result.out == ""

    def test_what_is_missing_is_marked(self):
        path = EXAMPLES / "avertissements" / "ROR402-consultation-sans-praticien.yaml"
        assert "! consultation sans praticien" in run(["show", path]).out

    def test_capacities_are_a_table_of_what_was_asked_for(self):
        result = run(["show", FILES[CLINIQUE], "--capacites", "--unit", "Chirurgie ambulatoire"])
        assert [line.split() for line in result.out.splitlines()[2:]] == [
            ["Nature", "Statut", "Nombre", "Temporalité", "Comptée", "le"],
            ["Place", "Installé", "18", "Courant", "03/09/2026"],
        ]

    def test_full_says_the_number_of_a_person_and_raw_codes(self):
        result = run(["show", FILES[SAULES], "--unit", "52/0000104", "--full"])
        assert "N° RPPS : 10099999996" in result.out
        assert "Type d'offre : Consultation externe en établissement de santé [69]" in result.out

    def test_yaml_of_the_store_reads_back_as_what_it_holds(self, store, tmp_path):
        result = run(["show", SAULES, "-o", "yaml"], store=store)
        (tmp_path / "a.yaml").write_bytes(result.out.encode())
        assert run(["validate", tmp_path / "a.yaml"]).code == 0
        diff = run(["diff", tmp_path / "a.yaml", "--exit-code"], store=store)
        assert (diff.code, diff.out) == (0, "")

    def test_yaml_of_a_file_says_what_the_file_says(self, tmp_path):
        path = tmp_path / "a.yaml"
        path.write_bytes(run(["show", FILES[SAULES], "-o", "yaml"]).out.encode())
        assert data_of(path) == data_of(FILES[SAULES])

    def test_yaml_of_a_unit_is_its_mapping(self, store):
        for target in (SAULES, FILES[SAULES]):
            result = run(["show", target, "--unit", "52/0000104", "-o", "yaml"], store=store)
            assert result.out.startswith("type: uo\nid: 52/0000104\nnom: Consultations de gynéco")
            assert '- "053"  # Gynécologie médicale' in result.out

    def test_json_has_the_keys_of_the_file(self, store):
        said = json.loads(run(["show", CLINIQUE, "-o", "json"], store=store).out)
        assert said["establishment"] == data_of(FILES[CLINIQUE])
        assert (said["schema"], said["ok"], said["version"]) == (
            "rorcli/establishment/v1",
            True,
            "1",
        )
        said = json.loads(run(["show", FILES[CLINIQUE], "--unit", "Maternité", "-o", "json"]).out)
        assert (said["unit"]["id"], said["version"]) == ("52/0000506", None)
        assert said["schema"] == "rorcli/unit/v1"

    def test_an_unknown_finess_is_exit_1_and_one_json_document(self, store):
        result = run(["show", "440099901", "-o", "json"], store=store)
        says(result, 1, "inconnu", "rorcli search")
        assert json.loads(result.out)["error"]["exit_code"] == 1

    def test_what_is_neither_file_nor_finess_is_exit_2(self, store):
        says(run(["show", "etab.yml"], store=store), 2, "ni un fichier", "FINESS")

    def test_a_file_that_cannot_be_read_says_what_to_do(self, tmp_path):
        (tmp_path / "a.yaml").write_text("a: [")
        says(run(["show", tmp_path / "a.yaml"]), 1, "rorcli validate")

    def test_a_broken_base_does_not_keep_a_file_from_being_shown(self, store, here):
        run(["pull", CLINIQUE], store=store)
        assert "échange avec l'annuaire : 25/11/2026" in run(["show", f"{CLINIQUE}.yaml"]).out
        (here / ".rorcli/base" / f"{CLINIQUE}.json").write_text("{")
        assert run(["show", f"{CLINIQUE}.yaml"]).code == 0


class TestPull:
    def test_a_pulled_file_validates_and_has_no_difference(self, store, here):
        result = run(["pull", SAULES], store=store)
        assert result.out == f"{SAULES}\técrit\t{SAULES}.yaml\n"
        says(result, 0, "1 écrit")
        assert run(["validate", here]).code == 0
        diff = run(["diff", here, "--exit-code"], store=store)
        assert (diff.code, diff.out) == (0, "")

    @pytest.mark.skipif(sys.platform == "win32", reason="no such rights")
    def test_the_base_is_private_and_the_file_is_not(self, store, here):
        run(["pull", SAULES], store=store)
        base = here / ".rorcli" / "base" / f"{SAULES}.json"
        assert base.stat().st_mode & 0o777 == 0o600
        assert (here / f"{SAULES}.yaml").stat().st_mode & 0o777 == 0o644

    def test_pulling_again_is_already_so(self, store, here):
        run(["pull", SAULES], store=store)
        before = (here / f"{SAULES}.yaml").read_bytes()
        result = run(["pull", SAULES], store=store)
        says(result, 0, "déjà à jour")
        assert result.out == ""
        assert (here / f"{SAULES}.yaml").read_bytes() == before

    def test_a_file_with_edits_is_never_overwritten(self, store, here):
        run(["pull", "--all"], store=store)
        path = here / f"{SAULES}.yaml"
        path.write_bytes(path.read_bytes().replace(b"02 61 91 00 01", b"02 61 91 00 77"))
        before = path.read_bytes()
        result = run(["pull", SAULES, CLINIQUE], store=store)
        says(result, 7, "rorcli diff", "1 déjà à jour, 1 refusé")
        assert path.read_bytes() == before

    def test_the_others_are_written_when_one_is_refused(self, store, here):
        result = run(["pull", SAULES, "440099901", "-o", "json"], store=store)
        said = json.loads(result.out)
        assert (result.code, said["ok"], said["schema"]) == (6, False, "rorcli/pull/v1")
        assert [(e["status"], e["exit_code"]) for e in said["establishments"]] == [
            ("written", 0), ("refused", 1),
        ]  # fmt: skip
        assert (here / f"{SAULES}.yaml").exists()
        says(run(["pull", "440099901"], store=store), 1, "inconnu")

    @pytest.mark.parametrize(
        ("options", "found"),
        [
            (["--all"], {SAULES, CLINIQUE, EHPAD}),
            (["--ej", "490099900"], {EHPAD}),
            ([CLINIQUE, EHPAD, CLINIQUE], {CLINIQUE, EHPAD}),
        ],
    )
    def test_to_names_the_folder_of_several(self, store, here, options, found):
        result = run(["pull", *options, "--to", "a/b"], store=store)
        assert result.code == 0
        assert {path.stem for path in (here / "a/b").glob("*.yaml")} == found
        assert (here / "a/b/.rorcli/etablissement.schema.json").exists()

    def test_f_names_the_file(self, store, here):
        assert run(["pull", SAULES, "-f", "hopital.yaml"], store=store).code == 0
        assert [path.name for path in here.glob("*.yaml")] == ["hopital.yaml"]

    def test_availability_is_written_only_when_asked_for(self, store, here):
        run(["pull", CLINIQUE], store=store)
        assert "statut: disponible" not in (here / f"{CLINIQUE}.yaml").read_text("utf-8")
        run(["pull", CLINIQUE, "-f", "tout.yaml", "--disponibilites"], store=store)
        assert "statut: disponible" in (here / "tout.yaml").read_text("utf-8")
        assert run(["diff", "tout.yaml", "--exit-code"], store=store).code == 0

    @pytest.mark.usefixtures("here")
    def test_what_validate_would_say_goes_to_stderr(self, tmp_path):
        path = EXAMPLES / "avertissements" / "ROR402-consultation-sans-praticien.yaml"
        store = make_store(tmp_path, path)
        result = run(["pull", "--all", "-f", "x.yaml"], store=store)
        assert result.code == 2
        result = run(["pull", "--all"], store=store)
        assert result.code == 0
        assert "ROR402" not in result.out
        assert "ROR402 warning" in result.err

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            [SAULES, "--all"],
            [SAULES, CLINIQUE, "-f", "a.yaml"],
            [SAULES, "-f", "a.yaml", "--to", "b"],
            ["etab.yaml"],
        ],
    )
    def test_a_call_that_says_two_things_is_exit_2(self, store, here, arguments):
        assert run(["pull", *arguments], store=store).code == 2
        assert list(here.iterdir()) == []

    @pytest.mark.usefixtures("here")
    def test_after_ctrl_c_what_was_written_is_listed(self, store, monkeypatch):
        pull = exchange.pull
        reached = iter([pull])

        def interrupted(*arguments, **options):
            for allowed in reached:
                return allowed(*arguments, **options)
            raise KeyboardInterrupt

        monkeypatch.setattr(exchange, "pull", interrupted)
        result = run(["pull", SAULES, CLINIQUE], store=store)
        assert (result.code, result.out) == (130, f"{SAULES}\técrit\t{SAULES}.yaml\n")

    def test_an_unknown_ej_is_exit_1(self, store):
        says(run(["pull", "--ej", "zzz"], store=store), 1, "aucun établissement de cette EJ")


class TestCodes:
    def test_without_a_table_it_lists_them(self):
        result = run(["codes"])
        lines = [line.split("\t") for line in result.out.splitlines()]
        assert len(lines) == 15
        assert lines[0][:2] == ["activites", "Activités opérationnelles"]
        said = json.loads(run(["codes", "-o", "json"]).out)
        assert said["tables"][0]["name"] == "activites"

    def test_words_find_codes_whatever_their_accents(self):
        result = run(["codes", "activites", "GYNECOLOGIE", "medicale"])
        assert "053\tGynécologie médicale\n" in result.out
        assert run(["codes", "specialites", "SM19"]).out == "SM19\tGynécologie médicale (SM)\n"

    def test_a_closed_code_says_since_when(self):
        assert "MLLE\tMademoiselle\tfermé depuis le 01/09/2016\n" in run(["codes", "civilites"]).out

    def test_codes_that_the_ror_does_not_use_are_shown_on_demand(self):
        short, whole = run(["codes", "specialites"]).out, run(["codes", "specialites", "--all"]).out
        assert "hors ROR" not in short
        assert "hors ROR" in whole
        assert set(short.splitlines()) < set(whole.splitlines())

    def test_json_says_what_may_be_written(self):
        said = json.loads(run(["codes", "civilites", "-o", "json"]).out)
        assert {code["code"]: code["open"] for code in said["codes"]} == {
            "M": True, "MLLE": False, "MME": True,
        }  # fmt: skip
        assert said["table"]["dated_on"] == "2022-08-26"

    def test_nothing_found_is_success(self):
        says(run(["codes", "activites", "zzz"]), 0, "--all")
        says(run(["codes", "activites", "zzz", "--all"]), 0, "Aucun code")

    @pytest.mark.parametrize("name", ["activite", "../codes/activites", "x"])
    def test_an_unknown_table_lists_the_tables(self, name):
        says(run(["codes", name]), 2, "specialites")

    def test_a_table_that_only_files_need_can_be_named(self):
        assert "MSSANTE\tMSSANTE" in run(["codes", "canaux"]).out
