"""What a push does when it is stopped on the way, and what the next one makes of it."""

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

TODAY = date(2026, 11, 25)
EXAMPLE = Path(__file__).parents[2] / "examples" / "service-accompagnement-les-cedres.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLE, tmp_path / "etab.yaml"))


@pytest.fixture
def store(tmp_path: Path, file: Path):
    made = open_store(f"sqlite:{tmp_path / 'a.sqlite'}", create=True)
    made.add(decode(files.read_file(file).data), today=TODAY)
    push(file, made)
    yield made
    made.close()


def prepared(file: Path, store) -> sync.Prepared:
    document = files.read_file(file)
    return sync.prepare(file, document, validate(document, TODAY), store, Thresholds())


def push(file: Path, store) -> sync.Outcome:
    ready = prepared(file, store)
    stopped = sync.stops(ready, store, ())
    if stopped is None:
        return sync.apply(ready, store, today=TODAY, author="moi")
    if stopped.status is sync.Status.UNCHANGED:
        return sync.settle(ready, store, today=TODAY)
    return stopped


def rename(file: Path, name: str) -> None:
    before = files.read_file(file)
    files.save(file, before, edits.set_value(before, "/etablissement/nom", name))


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def die(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize("place", ["before the store", "before the base", "before the rename"])
def test_a_push_that_dies_is_finished_by_the_next_one(file, store, monkeypatch, place):
    rename(file, "Nom neuf")
    text, version = file.read_text("utf-8"), store.fetch("850099912").version
    with monkeypatch.context() as patch:
        if place == "before the store":
            patch.setattr(store, "apply", die)
        elif place == "before the base":
            patch.setattr(sync, "save_base", die)
        else:
            patch.setattr(files, "_replace", die)
        with pytest.raises(Killed):
            push(file, store)
    written = place != "before the store"
    held = store.fetch("850099912")
    assert (held.version != version) == written
    assert file.read_text("utf-8") == text
    assert not [p for p in file.parent.rglob(".*.json.*") if p.is_file()]
    outcome = push(file, store)
    assert outcome.status == (sync.Status.UNCHANGED if written else sync.Status.APPLIED)
    base = basefile.load_base(file, "850099912")
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
    assert store.fetch("850099912").establishment.etablissement.nom == "Nom d'un autre"


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
