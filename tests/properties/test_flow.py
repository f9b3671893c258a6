"""Files, bases and a store through whole pushes and merges: nothing is lost, nothing else written.

`test_three_way` judges the comparison; here the text of real files goes through `sync.apply` and
`exchange.merge_into`. Both are held against a merge of flat keys that is written here.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from rorcli import basefile, exchange, files, sync
from rorcli.fields import MANDATORY, Kind, specs
from rorcli.items import CANAUX
from rorcli.merging import splice
from rorcli.model import Establishment, decode, to_data
from rorcli.planning.changes import differences
from rorcli.planning.facts import doubles, facts
from rorcli.planning.limits import GUARDS, Thresholds
from rorcli.stores.base import valued
from rorcli.text import edits, render
from rorcli.text.document import Document, read
from tests.mutations import mutated
from tests.stores.memory import MemoryStore

TODAY = date(2026, 11, 25)
EXAMPLES = [
    Path(__file__).parents[2] / "examples" / f"{name}.yaml"
    for name in ("service-accompagnement-les-cedres", "ehpad-les-tilleuls")
]

Key = tuple[Any, ...]
Flat = dict[Key, Any]
IDENTITY = {
    "contacts": ("fonction", "nature", "nom"),
    "telecoms": ("canal", "valeur"),
    "praticiens": ("rpps",),
    "horaires": ("jours", "debut"),
    "capacites": ("nature", "statut", "temporalite", "affectation", "genre"),
}
HERE = "here"


class Flattener:
    """Values of a file under the identities of what holds them, and where each is written."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.values: Flat = {}
        self.places: dict[Key, str] = {}
        self.walk(("site",), {k: v for k, v in data.items() if k != "format"}, "")

    def put(self, key: Key, value: Any, pointer: str) -> None:
        if value is not None:
            self.values[key], self.places[key] = value, pointer

    def walk(self, here: Key, data: dict[str, Any], at: str) -> None:
        for name, value in data.items():
            key, pointer = (*here, name), f"{at}/{name}"
            if name in CANAUX and (here[-2:-1] == ("contacts",) or here[-1] == "directeur"):
                for item, place in items(value, pointer):
                    self.item(here, "telecoms", {"canal": CANAUX[name], "valeur": item}, place)
            elif isinstance(value, dict):
                self.put(key, HERE, pointer)
                self.walk(key, value, pointer)
            elif isinstance(value, list) or name == "mssante":
                for item, place in items(value, pointer):
                    self.item(here, name, item, place)
            else:
                self.put(key, value, pointer)

    def item(self, here: Key, name: str, item: Any, at: str) -> None:
        if not isinstance(item, dict):
            self.put((*here, name, item), HERE, at)
        elif name == "unites":
            self.put(("unit", item["id"]), HERE, at)
            self.put(("unit", item["id"], "above"), here[1] if here[0] == "unit" else "", at)
            self.walk(("unit", item["id"]), item, at)
        elif name == "lieux":
            self.put((*here, name, item["id"]), HERE, at)
            self.put(("lieu", item["id"]), HERE, at)
            self.walk(("lieu", item["id"]), item, at)
        else:
            for day in item.get("jours") or [None]:
                own = {**item, "jours": day, **{k: item.get(k) or "01" for k in DEFAULTS[name]}}
                key = (*here, name, tuple(own.get(part) for part in IDENTITY[name]))
                self.put(key, HERE, at)
                self.walk(key, {k: item[k] for k in item if k != "jours"}, at)


def items(value: Any, pointer: str) -> Iterator[tuple[Any, str]]:
    """The items of a list, or the only text that stands for one, and where each is."""
    if isinstance(value, list):
        yield from ((item, f"{pointer}/{rank}") for rank, item in enumerate(value))
    elif value is not None:
        yield value, pointer


def flat(data: dict[str, Any]) -> Flat:
    return Flattener(data).values


DEFAULTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(IDENTITY, ()), "capacites": ("temporalite", "affectation")}  # fmt: skip


def textbook(base: Flat, ours: Flat, theirs: Flat) -> tuple[Flat, bool]:
    """The merge key by key, and whether a person has to settle something."""
    merged: Flat = {}
    disputed = False
    for key in base | ours | theirs:
        was, now, there = base.get(key), ours.get(key), theirs.get(key)
        # A measure that our file does not list is not managed, a lieu that it lacks neither.
        alien = key[0] == "lieu" and (
            key[:2] not in ours or (key[2:3] == ("capacites",) and key[:4] not in ours)
        )
        value = there if alien or now == was else now
        disputed |= not alien and len({was, now, there}) == 3
        if value is not None:
            merged[key] = value
    used = {key[3] for key in merged if key[2:3] == ("lieux",)}
    # Nobody decides alone that a lieu goes which the other one has just corrected.
    disputed |= any(
        base.get(key) != theirs.get(key)
        for key in base | theirs
        if key[0] == "lieu" and key[:2] in base and key[1] not in used and key[:2] in theirs
        and (key[2:3] != ("capacites",) or key[:4] in base)
    )  # fmt: skip
    merged = {k: v for k, v in merged.items() if k[0] != "lieu" or k[1] in used}
    return merged, disputed or not is_whole(merged, base | ours | theirs)


def is_whole(merged: Flat, every: Flat) -> bool:
    """True when each thing stands in a thing that is there, and no unit below itself."""
    for key in merged:
        if any(every.get(key[:n]) == HERE and key[:n] not in merged for n in range(2, len(key))):
            return False
        met, unit = set(), key[1] if key[2:] == ("above",) else ""
        while unit:
            if unit in met or ("unit", unit) not in merged:
                return False
            met.add(unit)
            unit = merged["unit", unit, "above"]
    return True


def managing_all(data: dict[str, Any], owner: type = Establishment) -> dict[str, Any]:
    """The data with every key there: what has no value is said to have none."""
    made = dict(data)
    for key, spec in specs(owner).items():
        if spec.kind is Kind.NOUN and data.get(key):
            made[key] = managing_all(data[key], spec.noun())
        elif spec.kind is Kind.NOUNS:
            made[key] = [managing_all(each, spec.noun()) for each in data.get(key) or ()]
        elif key not in data and spec.need != MANDATORY and key != "id":
            made[key] = [] if spec.is_list else None
    return made


def annotated(text: str, chance: Random) -> str:
    """The file as people have it: with comments above lines and behind them."""
    lines = []
    for number, line in enumerate(text.splitlines()):
        indent = " " * (len(line) - len(line.lstrip()))
        if number > 2 and chance.random() < 0.1:
            lines.append(f"{indent}# remarque {number}")
        is_free = number > 2 and "#" not in line and not line.endswith(":")
        lines.append(f"{line}  # note {number}" if is_free and chance.random() < 0.2 else line)
    return "\n".join(lines) + "\n"


class Person:
    """Somebody's file, edited at will, and the store that everybody shares."""

    def __init__(self, file: Path, store: MemoryStore, name: str = "moi") -> None:
        self.file, self.store, self.name = file, store, name

    @property
    def document(self) -> Document:
        return files.read_file(self.file)

    def become(self, wanted: Establishment) -> None:
        """Edits the file until it says this, lines and comments kept."""
        before = self.document
        known = decode(before.data)
        doubled = doubles(known, wanted)
        changes = differences(facts(known, doubled), facts(wanted, doubled))
        after = splice(before, changes, exchange.tidy(wanted), doubled)
        files.save(self.file, before, after)

    def set(self, pointer: str, value: Any) -> None:
        before = self.document
        files.save(self.file, before, edits.set_value(before, pointer, value))

    def push(self, named: sync.Named = sync.NOBODY) -> sync.Outcome:
        ready = sync.prepare(self.file, self.document, (), self.store, Thresholds(), named=named)
        stopped = sync.stops(ready, self.store, GUARDS)
        if stopped is None or stopped.status is sync.Status.UNCHANGED:
            return sync.apply(ready, self.store, today=TODAY, author=self.name)
        return stopped

    def merge(self, named: sync.Named = sync.NOBODY) -> exchange.Exchange:
        held = self.store.fetch(decode(self.document.data).finess)
        assert held is not None
        return exchange.merge_into(self.file, held, self.store.url, today=TODAY, named=named)

    def theirs(self) -> int:
        """How many changes of the directory the file lacks."""
        ready = sync.prepare(self.file, self.document, (), self.store, Thresholds())
        assert ready.plan is not None
        return len(ready.plan.theirs)


def written_by_another(store: MemoryStore, wanted: Establishment) -> None:
    """A colleague's work in the directory, of any kind."""
    store.add(valued(wanted), today=TODAY, replace=True)


def scene(folder: Path, seed: int) -> tuple[Person, Establishment, Establishment]:
    """A file that manages every key, in step with the store; what each side makes of it."""
    chance = Random(seed)
    data = to_data(decode(files.read_file(EXAMPLES[seed % len(EXAMPLES)]).data))
    base = decode(managing_all(data))
    person = Person(folder / "etab.yaml", MemoryStore())
    person.file.write_text(annotated(render.document(to_data(base), "s"), chance), "utf-8")
    person.store.add(base, today=TODAY)
    assert person.push().status is sync.Status.UNCHANGED
    assert basefile.load_base(person.file, base.finess) is not None
    ours, theirs = (
        mutated(base, 2 * seed + side, chance.randrange(1, 5), structure=chance.random() < 0.3)
        for side in range(2)
    )
    return person, decode(managing_all(to_data(ours))), theirs


def held_by(store: MemoryStore, person: Person) -> Flat:
    snapshot = store.fetch(decode(person.document.data).finess)
    assert snapshot is not None
    return flat(to_data(snapshot.establishment))


@pytest.mark.parametrize("seed", range(24))
def test_a_push_and_a_merge_make_the_textbook_s_merge_of_both_sides(tmp_path, seed):
    person, ours, theirs = scene(tmp_path, seed)
    base = flat(person.document.data)
    person.become(ours)
    mine = person.document
    assert flat(mine.data) == flat(to_data(ours))
    written_by_another(person.store, theirs)
    there = held_by(person.store, person)
    merged, disputed = textbook(base, flat(mine.data), there)
    outcome = person.push()
    if disputed:
        assert outcome.status is sync.Status.CONFLICTED
        assert person.merge().status is exchange.Status.REFUSED
        assert (person.document.text, held_by(person.store, person)) == (mine.text, there)
        return
    assert outcome.status in {sync.Status.APPLIED, sync.Status.UNCHANGED}
    # What is new and written in short form gets the confidentiality of its kind.
    held = {k: v for k, v in held_by(person.store, person).items()
            if k in merged or "telecoms" not in k or k[-1] != "confidentialite"}  # fmt: skip
    assert {k: (v, merged.get(k)) for k, v in held.items() if merged.get(k) != v} == {}
    assert (held.keys(), person.document.text) == (merged.keys(), mine.text)
    assert person.merge().problem is None
    after = flat(person.document.data)
    assert after.items() <= merged.items()
    # Measures that our file does not list are the directory's alone.
    assert {key[2] for key in merged.keys() - after.keys()} <= {"capacites"}
    assert person.push().status is sync.Status.UNCHANGED
    assert person.merge().status is exchange.Status.UNCHANGED
    check_lines(mine, person.document)


def check_lines(before: Document, after: Document) -> None:
    """What is gone from the text are lines that a change concerns; all others stay as they were."""
    told, new = Flattener(before.data), flat(after.data)
    old, places = told.values, told.places
    touched: set[int] = set()
    for key in {k for k in old | new if old.get(k) != new.get(k)}:
        parts = [key[:length] for length in range(len(key), 0, -1)]
        found = next((part for part in parts if part in places), ("site",))
        at = places.get(found, "/etablissement")
        # Of a value that comes, the list may be written on the line of its key or of a neighbour.
        near = [p for p in before.marks if p.rpartition("/")[0] == at] if found != key else []
        # A list that loses its last item says so on its own line.
        above = at.rpartition("/")[0]
        if isinstance(edits.value_at(before.data, above), list):
            touched |= {*lines_of(before, above, deep=False)}
        touched |= {
            line for each in (at, *near) for line in lines_of(before, each, deep=found == key)
        }
        if key[2:] == ("above",) and ("unit", new.get(key)) in places:  # where a unit goes to
            target = f"{places['unit', new[key]]}/unites"
            touched |= {*lines_of(before, target, deep=False)} if target in before.marks else set()
    kept = [line for n, line in enumerate(before.text.splitlines()) if n not in touched]
    if any(key[2:] == ("above",) and key in new and old[key] != new[key] for key in old):
        # The lines of a unit that moves come later, and further to the left or right.
        stripped = (Counter(map(str.strip, lines)) for lines in (kept, after.text.splitlines()))
        assert next(stripped) - next(stripped) == Counter()
    else:
        following = iter(after.text.splitlines())
        assert [line for line in kept if line not in following] == []


def lines_of(document: Document, pointer: str, *, deep: bool) -> range:
    """The lines of a value with its key; of one on several lines, only the first unless `deep`."""
    while pointer not in document.marks:  # inside a number in short form
        pointer = pointer.rpartition("/")[0]
    mark = document.marks[pointer]
    start = mark.key_start if mark.key_start >= 0 else mark.start
    first = document.text.count("\n", 0, start)
    # A list or mapping of several lines ends before the next thing, comments in between included.
    last = document.text.count("\n", 0, max(mark.end - 1, start))
    above = first
    while deep and document.text.splitlines()[above - 1].lstrip().startswith("#"):
        above -= 1
    return range(above, last + 1 if deep or mark.flow else first + 1)


@pytest.mark.parametrize("seed", [24, 26, 27, 28])
def test_theirs_is_shown_and_never_undone_push_after_push(tmp_path, seed):
    person, _, theirs = scene(tmp_path, seed)
    before = person.document.text
    written_by_another(person.store, theirs)
    there = held_by(person.store, person)
    lacked = person.theirs()
    assert lacked
    for turn in range(5):
        person.set("/entite_juridique/raison_sociale", f"Raison {turn}")
        assert person.push().status is sync.Status.APPLIED
        for _ in range(2):
            held = held_by(person.store, person)
            assert held == {
                **there,
                ("site", "entite_juridique", "raison_sociale"): f"Raison {turn}",
            }
            assert person.theirs() == lacked
            assert person.push().status is sync.Status.UNCHANGED
    lines = zip(before.splitlines(), person.document.text.splitlines(), strict=True)
    assert len([pair for pair in lines if len(set(pair)) == 2]) == 1


TREE = """\
format: 1
entite_juridique: {finess: "440099901", raison_sociale: r0}
etablissement:
  finess: "FINESS"
  nom: n0  # le nom
  site_internet: w0
  contacts:
    - nature: "06"  # Standard
      description: d0
  unites:
    - type: uo
      id: 52/1
      nom: u0
      activites: ["022"]
      praticiens:
        - {rpps: "10099999996", nom: p0, secteur: s0}
      lieux:
        - id: 52/2
          nom: l0
          capacites:
            - {nature: lit, statut: installe, nombre: 0}
"""
FIELDS = [
    "/entite_juridique/raison_sociale", "/etablissement/nom", "/etablissement/site_internet",
    "/etablissement/contacts/0/description", "/etablissement/unites/0/nom",
    "/etablissement/unites/0/praticiens/0/nom", "/etablissement/unites/0/praticiens/0/secteur",
    "/etablissement/unites/0/lieux/0/nom", "/etablissement/unites/0/lieux/0/capacites/0/nombre",
]  # fmt: skip
SITES = ("440099919", "440099927")


@pytest.mark.parametrize("seed", range(24))
def test_what_is_given_up_whole_leaves_what_the_directory_holds(tmp_path, seed):
    person, ours, theirs = scene(tmp_path, seed)
    person.become(ours)
    mine = person.document
    written_by_another(person.store, theirs)
    assert person.merge(sync.Named(discarded=("*",))).problem is None
    after, there = flat(person.document.data), held_by(person.store, person)
    assert after.items() <= there.items()
    assert {key[2] for key in there.keys() - after.keys()} <= {"capacites"}
    assert person.push().status is sync.Status.UNCHANGED
    check_lines(mine, person.document)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_given_up_of_one_unit_leaves_all_others_as_they_were(tmp_path, seed):
    person, ours, theirs = scene(tmp_path, seed)
    person.become(ours)
    written_by_another(person.store, theirs)
    ready = sync.prepare(person.file, person.document, (), person.store, Thresholds())
    assert ready.plan is not None
    for key in sorted(ready.plan.touched - {"", "ej"}):
        before = sync.prepare(person.file, person.document, (), person.store, Thresholds())
        done = person.merge(sync.Named(theirs=("*",), discarded=(key,)))
        after = sync.prepare(person.file, person.document, (), person.store, Thresholds())
        if done.problem is None:
            assert before.plan is not None
            assert after.plan is not None
            left = {c.path for c in after.plan.changes}
            assert left <= {c.path for c in before.plan.changes}
            assert key not in after.plan.touched


OURS, THEIRS = sync.Named(ours=("*",)), sync.Named(theirs=("*",))
FIRST = {"r0", "n0", "w0", "d0", "u0", "p0", "s0", "l0", 0}

People = dict[tuple[str, str], Person]


def three_people(folder: Path, store: MemoryStore) -> People:
    """Each has both files, in step with the store."""
    for finess in SITES:
        store.add(decode(read(TREE.replace("FINESS", finess), "x").data), today=TODAY)
    people = {(name, finess): Person(folder / name / f"{finess}.yaml", store, name)
              for name in "abc" for finess in SITES}  # fmt: skip
    for (_, finess), person in people.items():
        files.write(person.file, TREE.replace("FINESS", finess))
        person.push()
    return people


def live(people: People, chance: Random) -> dict[tuple[str, str], dict[str, Any]]:
    """A while of edits, pushes and merges; (file, field) -> what each wrote there last."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for number in range(60):
        name, finess = chance.choice(list(people))
        person, field = people[name, finess], chance.choice(FIELDS)
        verb = chance.choice(["edit", "edit", "push", "merge"])
        if verb == "edit":
            value = number if field.endswith("nombre") else f"{name}{number}"
            person.set(field, value)
            last.setdefault((finess, field), {})[name] = value
        elif verb == "push":
            person.push(chance.choice([sync.NOBODY, OURS, THEIRS]))
        else:
            person.merge(chance.choice([sync.NOBODY, OURS, THEIRS]))
    for choice in (chance.choice([OURS, THEIRS]), THEIRS):
        for person in people.values():
            assert person.merge(choice).problem is None
            assert person.push().code == 0
    return last


@pytest.mark.parametrize("seed", range(12))
def test_three_people_and_two_files_end_with_what_somebody_wrote_last(tmp_path, seed):
    store = MemoryStore()
    people = three_people(tmp_path, store)
    last = live(people, Random(seed))
    for (_, finess), person in people.items():
        assert person.merge().problem is None
        assert (person.theirs(), person.push().status) == (0, sync.Status.UNCHANGED)
        held = store.fetch(finess)
        assert held is not None
        data = to_data(held.establishment)
        values = {field: edits.value_at(data, field) for field in FIELDS}
        assert values == {f: edits.value_at(person.document.data, f) for f in FIELDS}
        wrote = {field: {*last.get((finess, field), {}).values()} or FIRST for field in FIELDS}
        assert {f: v for f, v in values.items() if v not in wrote[f]} == {}
        assert "# le nom\n" in person.document.text
