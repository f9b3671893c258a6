"""Plans and outcomes as people read them: every kind of change, golden and in the portal's words."""

from dataclasses import replace
from pathlib import Path

import pytest

from rorcli.errors import DataError, ExitCode
from rorcli.history import steps
from rorcli.model import Establishment, decode
from rorcli.planning.facts import Facts, doubles, facts
from rorcli.planning.limits import Thresholds
from rorcli.planning.plan import Sides
from rorcli.reports import Line, plain
from rorcli.reports.plan import (
    count_changes,
    plan_data,
    render_counts,
    render_outcome,
    render_plan,
    render_theirs,
    render_version,
)
from rorcli.stores.base import Written
from rorcli.sync import Outcome, Prepared, Status
from rorcli.text.document import read
from tests.sample import SAMPLE, TODAY
from tests.stores.memory import MemoryStore

POLE = "    - type: pole\n      nom: Pôle femme-mère-enfant\n"
UO = "        - type: uo\n          id: 52/0000104\n"
KNOWN = SAMPLE.replace(POLE, POLE.replace("nom", "id: P1\n      nom", 1))
SECOND = """\
    - type: pole
      id: P2
      nom: Pôle deux
"""


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def establishment(text: str) -> Establishment:
    return decode(read(text, "x").data)


def known(text: str) -> Facts:
    made = establishment(text)
    return facts(made, doubles(made))


def compared(ours: str, theirs: str = KNOWN, base: str = KNOWN) -> Prepared:
    store = MemoryStore()
    store.add(establishment(theirs), today=TODAY)
    document = read(ours, "etab.yaml")
    made = establishment(ours)
    snapshot = store.fetch(made.finess)
    assert snapshot is not None
    sides = Sides.of(made, snapshot.establishment, known(base))
    plan = sides.plan(made.finess, snapshot.version, Thresholds())
    return Prepared(Path("etab.yaml"), document, document, made, (), snapshot, sides, plan)


def printed(*lines: Line) -> str:
    return "".join(f"{plain(line)}\n" for line in lines)


EVERY = changed(
    KNOWN,
    ("raison_sociale: Centre hospitalier des Saules", "raison_sociale: CH des Saules"),
    ("nom: Hôpital des Saules", "nom: Hôpital"),
    ("  site_internet: https://www.ch-saules.example\n", "  site_internet: null\n"),
    ('["02 61 91 00 01", "02 61 91 00 02"]', '["02 61 91 00 01", "02 61 91 00 03", "02 61 91 00 04"]'),
    ("courriel: accueil@ch-saules.example", "courriel: standard@ch-saules.example"),
    ("      mssante: accueil@ch-saules.mssante.example\n",
     '      mssante: accueil@ch-saules.mssante.example\n    - {nature: "09", nom: LEROUX, courriel: l@ch-saules.example}\n'),
    ('"157"  # Unité hospitalière de gynécologie', '"69"'),
    ('modalites_accueil: ["03"]', "modalites_accueil: []"),
    ("age_min: 15 ans", "age_min: 18 ans"),
    ("unite_sensible: false", "unite_sensible: true"),
    ('            - "022"  # Chirurgie gynécologique\n', '            - "013"\n'),
    ("[uo@ch-saules.mssante.example, bis@ch-saules.mssante.example]", "uo@ch-saules.mssante.example"),
    ("jours: [lundi, mardi]", "jours: [lundi, jeudi]"),
    ("secteur: secteur_2\n", 'secteur: secteur_1\n            - {rpps: "10999990004", nom: PRUNIER, profession: "10"}\n'),
    ("nombre: 24", "nombre: 26"),
    ("{nature: lit, statut: occupe, nombre: 20}", "{nature: salle, statut: ferme, nombre: 1}"),
)  # fmt: skip


def test_every_kind_of_change_takes_one_line_in_the_portal_s_words(golden):
    ready = compared(EVERY)
    lines = render_plan(ready)
    golden("plan/changes.txt", printed(*lines))
    signs = [plain(line)[4] for line in lines if plain(line).startswith("    ")]
    assert ready.plan is not None
    assert count_changes(ready.plan) == len(signs)


def test_the_same_seen_from_the_other_desk_is_theirs(golden):
    ready = compared(KNOWN, theirs=EVERY)
    assert render_plan(ready) == []
    golden("plan/theirs.txt", printed(*render_theirs(ready)))


def test_structure_is_told_by_names_and_identifiers(golden):
    uo = KNOWN[KNOWN.index(UO) :]
    proposed = (
        "        - type: uf\n          nom: UF neuve\n          mssante: n@ch.mssante.example\n"
    )
    ours = (
        KNOWN.removesuffix(uo)
        + proposed
        + SECOND.replace("deux", "renommé")
        + "      unites:\n"
        + uo
    )
    gone = f"{SECOND}    - {{type: service, id: S, nom: Service d'avant, mssante: s@ch.mssante.example}}\n"
    ready = compared(ours, KNOWN + gone, KNOWN + gone)
    golden("plan/structure.txt", printed(*render_plan(ready)))
    up = SECOND + "      unites:\n" + uo
    moved = compared(KNOWN.removesuffix(uo) + up, KNOWN + SECOND, KNOWN + SECOND)
    assert "    ~ Rattachement : Pôle femme-mère-enfant → Pôle deux" in printed(*render_plan(moved))


def test_a_unit_that_goes_up_to_the_establishment_says_so():
    unit = "    - {type: service, id: S, nom: Service}\n"
    ours, below = f"{KNOWN}{unit}", f"{KNOWN}    {unit}"
    text = printed(*render_plan(compared(ours, below, below)))
    assert "    ~ Rattachement : Pôle femme-mère-enfant → l'établissement" in text


def test_conflicts_come_first_with_their_three_values(golden):
    ours = changed(KNOWN, ("nom: Hôpital des Saules", "nom: A"), ("unite_sensible: false", "unite_sensible: null"),
                   ("nom: DURAND", "nom: DURAND\n      description: Ici"), ("directeur: {nom: MARTIN", "directeur: {nom: A"), ("06 39 98 00 23", "06 39 98 00 24"))  # fmt: skip
    item = KNOWN[KNOWN.index('    - fonction: "12"') : KNOWN.index("  unites:")]
    theirs = changed(KNOWN, ("nom: Hôpital des Saules", "nom: B"), ("unite_sensible: false", "unite_sensible: true"),
                     (item, ""), ("06 39 98 00 23", "06 39 98 00 25"))  # fmt: skip
    golden("plan/conflicts.txt", printed(*render_plan(compared(ours, theirs))))


def test_equal_sides_say_nothing():
    ready = compared(KNOWN)
    assert (render_plan(ready), render_theirs(ready)) == ([], [])
    assert plan_data(ready)["changes"] == []


def test_names_with_line_breaks_stay_on_their_line():
    ours = changed(
        KNOWN, ("nom: Hôpital des Saules", 'nom: "A\\nB"'), ("nom: Bâtiment B", 'nom: "C\\nD"')
    )
    for line in render_plan(compared(ours)):
        assert "\n" not in plain(line)


def outcome(
    status: Status, code: ExitCode, reason: str = "", remedy: str = "", text: str = KNOWN
) -> Outcome:
    document = read(text, "etab.yaml")
    made = decode(document.data) if isinstance(document.data, dict) else Establishment()
    return Outcome(
        Prepared(Path("etab.yaml"), document, document, made, ()), status, code, reason, remedy
    )


ENDS = [
    outcome(Status.APPLIED, ExitCode.OK),
    outcome(Status.APPLIED, ExitCode.USAGE, "mais disque plein", "libérez de la place"),
    outcome(Status.REFUSED, ExitCode.REFUSED, "identity : l'identité change", "si c'est voulu : --allow identity"),
    outcome(Status.CONFLICTED, ExitCode.CONFLICT, "1 champ(s) modifié(s) des deux côtés"),
    outcome(Status.FAILED, ExitCode.FINDINGS, "440099919 : établissement inconnu"),
    outcome(Status.FAILED, ExitCode.FINDINGS, "etab.yaml : fichier illisible", "rorcli validate etab.yaml", "a: ["),
    outcome(Status.UNCHANGED, ExitCode.OK),
    outcome(Status.UNCHANGED, ExitCode.OK),
]  # fmt: skip


def test_ends_are_told_once_each_with_what_to_do_and_counted(golden):
    lines = [line for each in ENDS for line in render_outcome(each)]
    golden("plan/outcomes.txt", printed(*lines, render_counts(ENDS)))
    assert render_counts([]) == "aucun établissement."


def test_a_file_that_cannot_be_compared_says_why_to_programs():
    problem = DataError("etab.yaml : fichier illisible", remedy="rorcli validate etab.yaml")
    data = plan_data(replace(ENDS[5].prepared, problem=problem))
    assert (data["path"], data["problem"]) == ("etab.yaml", problem.message)


def test_a_version_says_who_when_and_what():
    first, second = (
        Written(v, TODAY, "moi@ici", establishment(t)) for v, t in (("1", KNOWN), ("2", EVERY))
    )
    told = [printed(*render_version(*step)) for step in steps([first, second])]
    assert told[0] == "version 1, le 25/11/2026, par moi@ici\n  première version\n"
    assert told[1].startswith(
        "version 2, le 25/11/2026, par moi@ici\n  Entité juridique\n    ~ Raison"
    )


@pytest.mark.parametrize(
    ("unit", "versions"), [(None, ["1", "2"]), ("52/0000104", ["2"]), ("P1", [])]
)
def test_the_history_of_a_unit_is_the_versions_that_changed_it(unit, versions):
    both = [Written(v, TODAY, "moi", establishment(t)) for v, t in (("1", KNOWN), ("2", EVERY))]
    assert [step[0].version for step in steps(both, unit)] == versions
