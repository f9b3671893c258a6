"""What holds for this run, and where each value comes from.

flag > environment > project `rorcli.toml` > the user's file > default. A project file travels with
other people's data: it may set thresholds and name a store, never say where one is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rorcli.errors import UsageError
from rorcli.planning.limits import Thresholds

if TYPE_CHECKING:
    from rorcli.access import Auth, Key, Reference

PROJECT_FILE = "rorcli.toml"
#: The levels that may have a limit of their own: `audit.older_than_uo = "3mo"`.
AUDITED = ("eg", "pole", "service", "uf", "uo")
LOCAL = "local"
DEFAULT = "valeur par défaut"


@dataclass(frozen=True, slots=True)
class Region:
    """Who helps: the regional ROR team."""

    name: str = "Pays de la Loire"
    mail: str = "ror.pdl@esante-paysdelaloire.fr"
    phone: str = "02 44 76 13 90, puis 3"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """A store: `[store.NAME]` of the user's file; a bare address has no name and is anonymous.

    `ca`, `cert`, `key`, `pkcs12` are absolute paths, "" for none; `verifie_le_url` is "" where our
    extension is off; `headers` are the Ror-* ones.
    """

    name: str = ""
    url: str = ""
    production: bool = False
    auth: Auth | None = None
    ca: str = ""
    cert: str = ""
    key: str = ""
    pkcs12: str = ""
    passphrase: Reference | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    verifie_le_url: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of a run; `origins` tells where each comes from, by key, for `doctor`.

    `annuaire` is an extract of the Annuaire santé, `older_than` an age as `audit --older-than`
    takes it, `older_than_by` that of each level, "" for the same; `ignore` holds rule ids,
    `mssante` domains of MSSanté that their names do not tell; `stores` are those of the user's
    file by name, and LOCAL.
    """

    store: StoreSettings
    stores: Mapping[str, StoreSettings]
    guards: Thresholds
    region: Region
    annuaire: Path | None
    older_than: str
    older_than_by: Mapping[str, str]
    ignore: tuple[str, ...]
    mssante: tuple[str, ...]
    output: str
    color: str
    origins: Mapping[str, str]


# Key -> default, which also tells the type. No file holds CALLS: they belong to one call.
CALLS: Mapping[str, str] = {"output": "text", "color": "auto"}
KEYS: Mapping[str, Any] = {
    "store": LOCAL,
    "annuaire": "",
    "audit.older_than": "6mo",
    **{f"audit.older_than_{level}": "" for level in AUDITED},
    "validate.ignore": [],
    "validate.mssante_domains": [],
    **{f"guards.{key}": value for key, value in asdict(Thresholds()).items()},
    **{f"region.{key}": value for key, value in asdict(Region()).items()},
}
_TYPES = {str: "un texte", int: "un entier, zéro ou plus", list: "une liste de textes"}
_UNKNOWN = "clé inconnue"
_TRAVELS = (
    "refusé dans un fichier de projet, qui voyage avec les données : une adresse et sa connexion "
    "se donnent dans votre propre fichier, l'environnement ou la commande"
)


def load_settings(
    environment: Mapping[str, str], cwd: Path, flags: Mapping[str, str | None]
) -> Settings:
    """The settings of a run in `cwd`; `flags` may hold store, config, output and color.

    Raises:
        UsageError: All faults of both files at once (unreadable, unknown key, wrong type, what a
            project file may not hold), or a store that nothing defines.
    """
    found = {key: (value, DEFAULT) for key, value in {**CALLS, **KEYS}.items()}
    given = {
        key: (environment[name], name)
        for key in ("store", "config", *CALLS)
        if environment.get(name := f"RORCLI_{key.upper()}")
    }
    given |= {key: (value, f"--{key}") for key, value in flags.items() if value}
    faults: list[str] = []
    config, origin = given.pop("config", ("", ""))
    user_file = cwd / config if config else user_config()
    if config and not user_file.is_file():
        faults.append(f"{origin} : le fichier {user_file} n'existe pas")
    found |= dict(_read(user_file, faults, is_project=False))
    project = (folder / PROJECT_FILE for folder in (cwd, *cwd.parents))
    if path := next(filter(Path.is_file, project), None):
        found |= dict(_read(path, faults, is_project=True))
    if faults:
        raise _refused(faults)
    return _settings(found | given, _stores(found, user_file))


def _refused(faults: Iterable[str]) -> UsageError:
    return UsageError("réglages refusés\n" + "\n".join(faults))


def _beside(path: str, origin: str) -> Path | None:
    """A path of a settings file, from the folder of that file; None for ""."""
    return Path(origin).parent / Path(path).expanduser() if path else None


def redacted(url: str) -> str:
    """An address without the name and password that it may hold."""
    return re.sub(r"//[^/@]*@", "//***@", url)


def user_config() -> Path:
    """The user's own file, there or not."""
    import platformdirs

    return Path(platformdirs.user_config_dir("rorcli", appauthor=False)) / "config.toml"


def user_data() -> Path:
    """The folder of what the user keeps: the local store, the favourites."""
    import platformdirs

    return Path(platformdirs.user_data_dir("rorcli", appauthor=False))


def _settings(
    found: Mapping[str, tuple[Any, str]], stores: Mapping[str, StoreSettings]
) -> Settings:
    values = {key: value for key, (value, _) in found.items()}
    if values["color"] not in ("auto", "always", "never"):
        raise UsageError(f"{found['color'][1]} : la couleur est auto, always ou never")
    return Settings(
        store=_chosen(*found["store"], stores),
        stores=stores,
        guards=Thresholds(**_section(values, "guards")),
        region=Region(**_section(values, "region")),
        annuaire=_beside(*found["annuaire"]),
        older_than=values["audit.older_than"],
        older_than_by={level: values[f"audit.older_than_{level}"] for level in AUDITED},
        ignore=tuple(values["validate.ignore"]),
        mssante=tuple(each.lower() for each in values["validate.mssante_domains"]),
        output=values["output"],
        color=values["color"],
        origins={key: origin for key, (_, origin) in found.items()},
    )


def _stores(found: Mapping[str, tuple[Any, str]], user_file: Path) -> dict[str, StoreSettings]:
    """The stores of the user's file, and LOCAL; UsageError for those that contradict themselves."""
    local = f"sqlite:{user_data() / 'annuaire.sqlite'}"
    if not any(key.startswith("store.") for key in found):
        return {LOCAL: StoreSettings(LOCAL, local)}
    from rorcli.access import commands, contradictions, decode_store

    tables: dict[str, dict[str, Any]] = {LOCAL: {"url": local}}
    for key, (value, _) in found.items():
        if key.startswith("store."):
            _, name, inner = key.split(".", 2)
            tables.setdefault(name, {})[inner] = value
    faults = [
        f"{user_file} : store.{name}.{key} : {fault}"
        for name, table in tables.items()
        for key, fault in contradictions(table)
    ]
    if _others_write(user_file):
        faults += [
            f"{user_file} : store.{name}.{key} : une commande ne se lit pas dans un fichier que "
            f"d'autres peuvent modifier ; faites chmod go-w, et qu'il vous appartienne"
            for name, table in tables.items()
            for key in commands(table)
        ]
    if faults:
        raise _refused(faults)
    beside = user_file.absolute().parent
    return {
        name: StoreSettings(name, **decode_store(table, beside)) for name, table in tables.items()
    }


def _others_write(path: Path) -> bool:
    """Whether somebody else may write a file; nobody where there are no modes."""
    if os.name == "nt":
        return False
    about = path.stat()
    return about.st_uid not in {0, os.getuid()} or bool(about.st_mode & 0o022)


def _chosen(choice: str, origin: str, stores: Mapping[str, StoreSettings]) -> StoreSettings:
    if ":" in choice:
        return StoreSettings(url=choice)
    if choice in stores and stores[choice].url:
        return stores[choice]
    raise UsageError(
        f"{origin} : aucune adresse n'est connue pour l'annuaire « {choice} »"
        f"{_closest(choice, stores)}",
        remedy=f"donnez son url sous [store.{choice}] dans {user_config()}, ou écrivez "
        "l'adresse elle-même : sqlite:/chemin/annuaire.sqlite",
    )


def _read(
    path: Path, faults: list[str], *, is_project: bool
) -> Iterator[tuple[str, tuple[Any, str]]]:
    """What a file sets, with the file as origin; its faults go to `faults`."""
    if not path.is_file():
        return
    import tomllib

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        line = re.search(r"line \d+", str(error))
        where = f", {line[0].replace('line', 'ligne')}" if line else ""
        faults.append(f"{path} : illisible, du TOML en UTF-8 est attendu{where}")
        return
    for key, value in _flat(data):
        private = is_project and _is_private(key, value)
        for below, fault in [("", _TRAVELS)] if private else _faults(key, value):
            faults.append(f"{path} : {key}{below} : {fault}")
        # Beside tables [store.NAME] TOML has no place for `store = "NAME"`.
        yield "store" if key == "store.default" else key, (value, str(path))


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Keys and values; the tables of a store are values."""
    for key, value in data.items():
        if isinstance(value, dict) and not (prefix.startswith("store.") and key in _store_keys()):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _store_keys() -> Mapping[str, Key]:
    """What a store may hold; most runs have none in their settings, and need not load it."""
    from rorcli.access import STORE

    return STORE


def _is_private(key: str, value: object) -> bool:
    return key.startswith("store") and (key.count(".") > 1 or ":" in str(value))


def _faults(key: str, value: object) -> Iterator[tuple[str, str]]:
    """(path below the key, what is wrong) of a value of a file."""
    parts = key.split(".")
    if len(parts) == 3 and parts[0] == "store" and parts[2] in _store_keys():  # noqa: PLR2004
        from rorcli.access import faults_of

        yield from faults_of(value, _store_keys()[parts[2]])
    elif fault := _fault(LOCAL if key == "store.default" else KEYS.get(key), value):
        known = (*KEYS, *(f"store.NOM.{name}" for name in _store_keys()))
        yield "", fault + (_closest(key, known) if fault == _UNKNOWN else "")


def _fault(default: object, value: object) -> str:
    if default is None:
        return _UNKNOWN
    right = type(value) is type(default)
    if isinstance(value, list):
        right &= all(isinstance(each, str) for each in value)
    if isinstance(value, int):
        right &= value >= 0
    return "" if right else f"attendu : {_TYPES[type(default)]}"


def _closest(key: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(key, list(known), n=1)
    return f" ; vouliez-vous dire {found[0]} ?" if found else ""


def _section(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    start = f"{name}."
    return {key.removeprefix(start): v for key, v in values.items() if key.startswith(start)}
