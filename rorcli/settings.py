"""What holds for this run, and where each value comes from.

flag > environment > project `rorcli.toml` > the user's file > default. A project file travels with
other people's data: it may set thresholds and name a store, never say where one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rorcli.errors import UsageError
from rorcli.planning.limits import Thresholds

PROJECT_FILE = "rorcli.toml"
LOCAL = "local"
DEFAULT = "valeur par défaut"


@dataclass(frozen=True, slots=True)
class Region:
    """Who helps: the regional ROR team."""

    name: str = "Pays de la Loire"
    mail: str = "ror.pdl@esante-paysdelaloire.fr"
    phone: str = "02 44 76 13 90, puis 3"


@dataclass(frozen=True, slots=True)
class StoreSetting:
    """A store: name ("" for a bare address), address, login keys, whether it is the real one."""

    name: str = ""
    url: str = ""
    auth: Mapping[str, Any] = field(default_factory=dict)
    production: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of a run; `origins` tells where each comes from, by key, for `doctor`.

    `older_than` is an age as `audit --older-than` takes it, `ignore` holds rule ids.
    """

    store: StoreSetting
    guards: Thresholds
    region: Region
    older_than: str
    ignore: tuple[str, ...]
    output: str
    color: str
    origins: Mapping[str, str]


# Key -> default, which also tells the type. No file holds CALLS: they belong to one call.
CALLS: Mapping[str, str] = {"output": "text", "color": "auto"}
KEYS: Mapping[str, Any] = {
    "store": LOCAL,
    "audit.older_than": "6mo",
    "validate.ignore": [],
    **{f"guards.{key}": value for key, value in asdict(Thresholds()).items()},
    **{f"region.{key}": value for key, value in asdict(Region()).items()},
}
STORE_KEYS: Mapping[str, Any] = {"url": "", "auth": {}, "production": False}
_TYPES = {str: "un texte", int: "un entier, zéro ou plus", list: "une liste de textes"}
_TYPES |= {bool: "true ou false", dict: "une table"}
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
        raise UsageError("réglages refusés\n" + "\n".join(faults))
    return _settings(found | given)


def user_config() -> Path:
    """The user's own file, there or not."""
    import platformdirs

    return Path(platformdirs.user_config_dir("rorcli", appauthor=False)) / "config.toml"


def user_data() -> Path:
    """The folder of what the user keeps: the local store, the favourites."""
    import platformdirs

    return Path(platformdirs.user_data_dir("rorcli", appauthor=False))


def _settings(found: Mapping[str, tuple[Any, str]]) -> Settings:
    values = {key: value for key, (value, _) in found.items()}
    if values["color"] not in ("auto", "always", "never"):
        raise UsageError(f"{found['color'][1]} : la couleur est auto, always ou never")
    return Settings(
        store=_store(*found["store"], values),
        guards=Thresholds(**_section(values, "guards")),
        region=Region(**_section(values, "region")),
        older_than=values["audit.older_than"],
        ignore=tuple(values["validate.ignore"]),
        output=values["output"],
        color=values["color"],
        origins={key: origin for key, (_, origin) in found.items()},
    )


def _store(choice: str, origin: str, values: Mapping[str, Any]) -> StoreSetting:
    if ":" in choice:
        return StoreSetting(url=choice)
    local = {"url": f"sqlite:{user_data() / 'annuaire.sqlite'}"}
    stores: dict[str, dict[str, Any]] = {LOCAL: local}
    for key, value in _section(values, "store").items():
        name, _, inner = key.partition(".")
        stores.setdefault(name, {})[inner] = value
    if "url" in stores.get(choice, {}):
        return StoreSetting(choice, **stores[choice])
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
        fault = _TRAVELS if is_project and _is_private(key, value) else _fault(key, value)
        if fault:
            faults.append(f"{path} : {key} : {fault}")
        # Beside tables [store.NAME] TOML has no place for `store = "NAME"`.
        yield "store" if key == "store.default" else key, (value, str(path))


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, dict) and not isinstance(_default(prefix + key), dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _default(key: str) -> Any:
    """The default of a key of a file; None for an unknown one and for a section."""
    match key.split("."):
        case ["store", "default"]:
            return LOCAL
        case ["store", _, inner]:
            return STORE_KEYS.get(inner)
        case _:
            return KEYS.get(key)


def _is_private(key: str, value: object) -> bool:
    return key.startswith("store") and (key.count(".") > 1 or ":" in str(value))


def _fault(key: str, value: object) -> str:
    default = _default(key)
    if default is None:
        return f"clé inconnue{_closest(key, (*KEYS, *(f'store.NOM.{k}' for k in STORE_KEYS)))}"
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
