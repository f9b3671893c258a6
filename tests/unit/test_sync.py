"""How a push ends, also when it is stopped on the way, and what the next one makes of it.

Whatever keeps the versions, in a file or in memory, ends are the same.
"""

import shutil
from datetime import date
from pathlib import Path

import pytest

from rorcli import basefile, files, sync
from rorcli.errors import ExitCode, StoreDeniedError, StoreUnavailableError
from rorcli.model import Establishment, decode
from rorcli.planning.limits import Thresholds
from rorcli.stores import open_store
from rorcli.text import edits
from rorcli.text.document import read
from rorcli.validation import validate
from tests.stores.memory import MemoryStore

TODAY = date(2026, 11, 25)
EXAMPLE = Path(__file__).parents[2] / "examples" / "service-accompagnement-les-cedres.yaml"
FINESS = "850099912"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLE, tmp_path / "etab.yaml"))


@pytest.fixture(params=["sqlite", "memory"])
def store(request, tmp_path: Path, file: Path):
    url = f"sqlite:{tmp_path / 'a.sqlite'}"
    made = MemoryStore() if request.param == "memory" else open_store(url, create=True)
    made.add(decode(files.read_file(file).data), today=TODAY)
    push(file, made)
    yield made
    made.close()


@pytest.fixture
def other(tmp_path: Path, file: Path, store) -> Path:
    """The same file on another desk, with its base."""
    (tmp_path / "other").mkdir()
    copy = Path(shutil.copy(file, tmp_path / "other"))
    push(copy, store)
    return copy


def prepared(file: Path, store, named: sync.Named = sync.NOBODY) -> sync.Prepared:
    document = files.read_file(file)
    findings = validate(document, TODAY)
    return sync.prepare(file, document, findings, store, Thresholds(), named=named)


def push(
    file: Path, store, allow: tuple[str, ...] = (), named: sync.Named = sync.NOBODY
) -> sync.Outcome:
    ready = prepared(file, store, named)
    stopped = sync.stops(ready, store, allow)
    if stopped is None:
        return sync.apply(ready, store, today=TODAY, author="moi")
    if stopped.status is sync.Status.UNCHANGED:
        return sync.settle(ready, store, today=TODAY)
    return stopped


def rename(file: Path, name: str) -> None:
    put(file, "/etablissement/nom", name)


def put(file: Path, pointer: str, value: object) -> None:
    before = files.read_file(file)
    files.save(file, before, edits.set_value(before, pointer, value))


def site(store):
    """The establishment that the store holds."""
    return store.fetch(FINESS).establishment.etablissement


def test_a_push_ends_applied_then_unchanged_and_keeps_what_was_agreed(file, store):
    rename(file, "Nom neuf")
    version = store.fetch(FINESS).version
    outcome = push(file, store)
    assert (outcome.status, outcome.code, outcome.finess) == (sync.Status.APPLIED, 0, FINESS)
    assert (site(store).nom, store.fetch(FINESS).version != version) == ("Nom neuf", True)
    text, base = file.read_bytes(), basefile.base_path(file, FINESS).read_bytes()
    outcome = push(file, store)
    assert (outcome.status, outcome.code, outcome.reason) == (sync.Status.UNCHANGED, 0, "")
    assert (file.read_bytes(), basefile.base_path(file, FINESS).read_bytes()) == (text, base)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("/entite_juridique/siren", "999000012"), ("/etablissement/unites/0/activites", ["999"])],
)
def test_an_error_in_one_node_to_write_refuses_the_establishment(file, store, pointer, value):
    rename(file, "Nom neuf")
    put(file, pointer, value)
    refused = push(file, store)
    assert (refused.status, refused.code) == (sync.Status.REFUSED, ExitCode.FINDINGS)
    assert {f.field.startswith(pointer) for f in refused.prepared.errors} == {True}
    assert f"rorcli validate {file}" in refused.remedy
    assert site(store).nom != "Nom neuf"


def test_what_was_wrong_before_elsewhere_stops_nothing(tmp_path):
    file = Path(shutil.copy(EXAMPLE, tmp_path / "etab.yaml"))
    put(file, "/entite_juridique/siren", "999000012")
    store = MemoryStore()
    store.add(decode(files.read_file(file).data), today=TODAY)
    push(file, store)
    rename(file, "Nom neuf")
    assert push(file, store).status is sync.Status.APPLIED


def test_a_guard_refuses_until_it_is_lifted(file, store):
    put(file, "/etablissement/siret", "99900003700013")
    for allow in ((), ("no-base", "structure")):
        refused = push(file, store, allow)
        assert (refused.status, refused.code) == (sync.Status.REFUSED, ExitCode.REFUSED)
        assert (refused.reason, "--allow identity" in refused.remedy) == (
            "identity : l'identité change : SIRET",
            True,
        )
    assert push(file, store, ("identity",)).status is sync.Status.APPLIED


def test_what_a_store_cannot_take_is_refused_before_anything_is_written(file, store, monkeypatch):
    rename(file, "Nom neuf")
    monkeypatch.setattr(
        store, "unsupported", lambda plan: ["il ne prend pas les noms", "ni le reste"]
    )
    refused = push(file, store)
    assert (refused.status, refused.code) == (sync.Status.REFUSED, ExitCode.REFUSED)
    assert refused.reason == "il ne prend pas les noms ; ni le reste"


def test_both_sides_changing_one_field_is_a_conflict_until_one_is_chosen(file, other, store):
    rename(file, "Le mien")
    rename(other, "Le sien")
    assert push(other, store).status is sync.Status.APPLIED
    for _ in range(2):
        conflict = push(file, store)
        assert (conflict.status, conflict.code) == (sync.Status.CONFLICTED, ExitCode.CONFLICT)
        assert FINESS in conflict.remedy
        assert site(store).nom == "Le sien"
    assert push(file, store, named=sync.Named(theirs=(FINESS,))).code == ExitCode.OK
    assert site(store).nom == "Le sien"
    assert push(file, store, named=sync.Named(ours=(FINESS,))).status is sync.Status.APPLIED
    assert site(store).nom == "Le mien"


def test_a_name_that_neither_side_knows_is_no_choice(file, store):
    outcome = push(file, store, named=sync.Named(ours=("absente",)))
    assert (outcome.status, outcome.code) == (sync.Status.FAILED, ExitCode.USAGE)
    assert "absente" in outcome.reason


def test_theirs_is_told_and_never_undone_however_often_one_pushes(file, other, store):
    put(other, "/etablissement/site_internet", "https://autre.example")
    push(other, store)
    for number in range(10):
        rename(file, f"Nom {number}")
        plan = prepared(file, store).plan
        assert plan is not None
        assert [c.after for c in plan.theirs] == ["https://autre.example"]
        assert push(file, store).status is sync.Status.APPLIED
        assert push(file, store).status is sync.Status.UNCHANGED
        assert (site(store).nom, site(store).site_internet) == (
            f"Nom {number}",
            "https://autre.example",
        )


def test_ids_that_the_store_gives_are_spliced_into_the_file(file, store):
    proposed = "    - type: service  # demandé\n      nom: Neuf\n      unites:\n        - {type: uf, nom: Dedans}\n"
    before = file.read_text("utf-8")
    file.write_text(before + proposed, "utf-8")
    assert push(file, store).code == ExitCode.REFUSED
    assert file.read_text("utf-8") == before + proposed
    outcome = push(file, store, ("structure",))
    given = [placed.key for placed in store.fetch(FINESS).establishment.units()][-2:]
    assert (outcome.status, all(key in outcome.reason for key in given)) == (
        sync.Status.APPLIED,
        True,
    )
    with_ids = proposed.replace("demandé\n", f"demandé\n      id: {given[0]}\n")
    assert file.read_text("utf-8") == before + with_ids.replace(
        "uf, nom", f"uf, id: {given[1]}, nom"
    )
    assert push(file, store).status is sync.Status.UNCHANGED


@pytest.mark.parametrize("text", ["", "a: [", "etablissement: {nom: A}\n", "- 1\n"])
def test_a_file_that_says_nothing_fails_as_its_findings_do(tmp_path, text):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    outcome = push(file, MemoryStore())
    assert (outcome.status, outcome.code) == (sync.Status.FAILED, ExitCode.FINDINGS)
    assert f"rorcli validate {file}" in outcome.remedy


def test_an_establishment_that_the_store_does_not_know_fails(file):
    outcome = push(file, MemoryStore())
    assert (outcome.status, outcome.code) == (sync.Status.FAILED, ExitCode.FINDINGS)
    assert "rorcli load" in outcome.remedy


def test_a_store_that_cannot_be_read_is_an_outcome(file, store, monkeypatch):
    def fail(_: str) -> None:
        raise StoreUnavailableError("plus de réseau")

    monkeypatch.setattr(store, "fetch", fail)
    assert push(file, store).code == ExitCode.UNAVAILABLE


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def die(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize("place", ["before the store", "before the base", "before the rename"])
def test_a_push_that_dies_is_finished_by_the_next_one(file, store, monkeypatch, place):
    rename(file, "Nom neuf")
    text, version = file.read_text("utf-8"), store.fetch(FINESS).version
    with monkeypatch.context() as patch:
        if place == "before the store":
            patch.setattr(store, "apply", die)
        elif place == "before the base":
            patch.setattr(basefile, "save_base", die)
        else:
            patch.setattr(files, "replace_file", die)
        with pytest.raises(Killed):
            push(file, store)
    written = place != "before the store"
    held = store.fetch(FINESS)
    assert (held.version != version) == written
    assert file.read_text("utf-8") == text
    assert not [p for p in file.parent.rglob(".*.json.*") if p.is_file()]
    outcome = push(file, store)
    assert outcome.status == (sync.Status.UNCHANGED if written else sync.Status.APPLIED)
    base = basefile.load_base(file, FINESS)
    assert base is not None
    assert base.facts.values["etablissement", "nom"] == "Nom neuf"
    assert push(file, store).status is sync.Status.UNCHANGED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreUnavailableError("plus de réseau"), ExitCode.UNAVAILABLE),
        (StoreDeniedError("jeton périmé"), ExitCode.AUTH),
    ],
)
def test_a_store_that_fails_is_an_outcome(file, store, monkeypatch, error, code):
    rename(file, "Nom neuf")

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(store, "apply", fail)
    outcome = push(file, store)
    assert (outcome.status, outcome.code) == (sync.Status.FAILED, code)
    assert outcome.reason == error.message


def test_a_store_that_moved_since_the_plan_is_a_conflict_and_is_not_overwritten(file, store):
    rename(file, "Nom neuf")
    late = prepared(file, store)
    rename(file, "Nom d'un autre")
    push(file, store)
    outcome = sync.apply(late, store, today=TODAY, author="moi")
    assert (outcome.status, outcome.code) == (sync.Status.CONFLICTED, ExitCode.CONFLICT)
    assert store.fetch(FINESS).establishment.etablissement.nom == "Nom d'un autre"


def test_a_store_that_moved_elsewhere_takes_the_plan_still(file, store):
    former = store.fetch(FINESS).establishment.etablissement.nom
    rename(file, "Nom neuf")
    late = prepared(file, store)
    rename(file, former)
    put(file, "/etablissement/site_internet", "https://ailleurs.example")
    push(file, store)
    rename(file, "Nom neuf")
    outcome = sync.apply(late, store, today=TODAY, author="moi")
    assert (outcome.status, outcome.code) == (sync.Status.APPLIED, ExitCode.OK)
    held = store.fetch(FINESS).establishment.etablissement
    assert (held.nom, held.site_internet) == ("Nom neuf", "https://ailleurs.example")


def test_a_store_that_keeps_something_else_is_not_called_saved(file, store, monkeypatch):
    rename(file, "Nom neuf")
    honest = store.apply

    def forgetful(plan, **how):
        return honest(plan.__class__(plan.finess, plan.version, (), (), (), ()), **how)

    monkeypatch.setattr(store, "apply", forgetful)
    outcome = push(file, store)
    assert outcome.status == sync.Status.FAILED
    assert "relu après écriture" in outcome.reason


def outcome_of(status: sync.Status, code: ExitCode) -> sync.Outcome:
    document = read("", "etab.yaml")
    ready = sync.Prepared(Path("etab.yaml"), document, document, Establishment(), ())
    return sync.Outcome(ready, status, code)


APPLIED = outcome_of(sync.Status.APPLIED, ExitCode.OK)
SAME = outcome_of(sync.Status.UNCHANGED, ExitCode.OK)
REFUSED = outcome_of(sync.Status.REFUSED, ExitCode.REFUSED)
CONFLICT = outcome_of(sync.Status.CONFLICTED, ExitCode.CONFLICT)
DENIED = outcome_of(sync.Status.FAILED, ExitCode.AUTH)
WRONG = outcome_of(sync.Status.REFUSED, ExitCode.FINDINGS)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0), ([SAME], 0), ([APPLIED, SAME], 0), ([APPLIED, REFUSED], 6), ([SAME, REFUSED], 7),
        ([REFUSED, CONFLICT], 5), ([CONFLICT, DENIED], 4), ([WRONG], 1), ([WRONG, REFUSED], 7),
        ([APPLIED, WRONG], 6),
    ],
)  # fmt: skip
def test_the_exit_code_follows_from_the_outcomes(outcomes, code):
    assert sync.exit_code(outcomes) == code
