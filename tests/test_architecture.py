"""The arrows of the house: a module imports only what stands before it in ROOMS."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "rorcli"

# Ground floor first. A folder's own name is its __init__: before what the folder holds when it only
# names the room, behind when it gathers.
# The modules of a pattern are neighbours: none imports another.
ROOMS = """
    rorcli
    errors plurals identifiers codes fields nouns items model
    text text.problems text.document text.render text.edits text.blocks text.batches text.values text.selectors text.proposals
    validation.findings validation.suppressions validation.lessons validation.view validation.causes validation.forms validation.wording validation.schema
    validation.numbers validation.rules validation.plausibility validation.across validation.completeness validation validation.freshness
    validation.perimeters validation.national validation.registration validation.auditing validation.rounds
    planning planning.limits planning.facts planning.veils planning.changes planning.plan planning.structure
    access settings
    files inspection favorites schemafile basefile edition effects mending merging adoption
    login login.ring login.secret login.drawer login.wording login.tls login.wire login.identity login.otp login.receiver
    login.flows login.vault login.standing login.sessions login.checkup
    stores.base stores.sqlite_index stores.sqlite_file stores.sqlite stores.matching
    stores.fhir stores.fhir.lenses stores.fhir.moments stores.fhir.profiles stores.fhir.addresses stores.fhir.contacts
    stores.fhir.organizations stores.fhir.services stores.fhir.locations stores.fhir.people stores.fhir.bag
    stores.fhir.keys
    stores.fhir.reading stores.fhir.ndjson stores.fhir.bulk stores.fhir.writing
    stores.fhir.answers stores.fhir.transport stores.fhir.capabilities stores.fhir.patches
    stores.fhir.walk stores.fhir.writes stores.fhir.probes stores.fhir.store stores
    sync exchange history
    annuaire annuaire.extract annuaire.index annuaire.people
    tables tables.sheets tables.columns tables.cells tables.entries tables.lookup tables.binding tables.lists
    tables.channels tables.wide tables.importing
    reports reports.machine reports.findings reports.nouns reports.discretion reports.changes
    reports.conflicts reports.plan reports.audit reports.*
    cli cli.streams cli.terminal cli.help cli.misuse cli.completion cli.french cli.options cli.keyboard cli.session cli.register cli.crash
    cli.editor cli.targets cli.pulling cli.comparing cli.pushing cli.editing cli.report_files cli.validating cli.fixing cli.auditing
    cli.commands cli.commands.* cli.app
    __main__
""".split()  # noqa: SIM905 - a line is a floor, as on the map in CONTRIBUTING.md

# What only some rooms may touch: a library, a call or a variable -> the rooms that may.
RESERVED = {
    "typer": {"cli"},
    "rich": {"cli"},
    "sqlite3": {"stores", "annuaire"},
    "print": {"cli.terminal"},
    "input": {"cli.terminal"},
    "datetime.now": {"cli", "stores"},
    "datetime.today": {"cli", "stores"},
    "date.today": {"cli", "stores"},
    "os.environ": {"cli", "settings", "login"},
    "os.getenv": {"cli", "settings", "login"},
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "rorcli"


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def rank(module: str) -> int | None:
    """The module's place in ROOMS; an exact name goes before a pattern."""
    if module in ROOMS:
        return ROOMS.index(module)
    return next((i for i, room in enumerate(ROOMS) if fnmatch(module, room)), None)


def imported(module: str) -> Iterator[str]:
    """Names of all modules that a module imports; those of the package without prefix."""
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively: write the whole name"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [w if w.removeprefix("rorcli.") in MODULES else str(node.module) for w in whole]
        else:
            continue
        yield from (name.removeprefix("rorcli.") for name in names)


def touched(module: str) -> set[str]:
    """Libraries imported, plus bare names and dotted pairs (`os.environ`) that a module uses."""
    found = {name.partition(".")[0] for name in imported(module)}
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(".".join(ast.unparse(node).split(".")[-2:]))
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_rooms_below_it(module):
    own = rank(module)
    assert own is not None, f"no room holds {module}: give it a place in ROOMS"
    inner = {name for name in imported(module) if name in MODULES}
    assert sorted(name for name in inner if (rank(name) or 0) >= own) == []


@pytest.mark.parametrize("module", MODULES)
def test_what_is_reserved_to_a_room_stays_in_it(module):
    rooms = {module, module.partition(".")[0]}
    assert sorted(x for x in touched(module) if x in RESERVED and not RESERVED[x] & rooms) == []
