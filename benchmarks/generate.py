"""Writes folders of fictitious establishments in our format, always the same for the same seed.

    python benchmarks/generate.py FOLDER [--files N] [--size xs|s|m|l|xl] [--faults N] [--seed N]

Without `--size` the sizes are mixed around 30 KB. Clean files have no finding at all. With
`--faults` each file gets that many, and FOLDER/manifest.json tells the rule, line and column of
each: it is worked out here from what is written, without the reader that it is used to judge.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from rorcli import codes
from rorcli.identifiers import closing_digit

SIZES = {"xs": 2_900, "s": 12_000, "m": 47_000, "l": 112_000, "xl": 335_000}
MIXED = (8_000, 12_000, 20_000, 30_000, 47_000, 63_000)  # mean 30 KB
NOW = date(2026, 11, 1)
TOWNS = (("44000", "Nantes"), ("49000", "Angers"), ("53000", "Laval"), ("72000", "Le Mans"))
WORDS = ("Cardiologie", "Gynécologie", "Pédiatrie", "Néphrologie", "Chirurgie", "Gériatrie")
NAMES = ("LE GALL", "KERVELLA", "DURAND", "MARTIN", "CHEVRIER", "ÉVRARD", "D'ARGENT", "NOËL")
FIRST_NAMES = ("Anne-Sophie", "Éloïse", "Loïc", "Maël", "Chloé", "Hélène", "Alex", "Zoé")
DAYS = "lundi, mardi, mercredi, jeudi, vendredi"


@dataclass(frozen=True)
class Spot:
    """A value that was written: line from 0, columns of key and value from 0.

    `home` is the place of the first key of its mapping.
    """

    key: str
    line: int
    key_at: int
    value_at: int
    value: str
    home: tuple[int, int]


@dataclass(frozen=True)
class Planted:
    """A fault and where a validator should see it; line and column from 1."""

    path: str
    rule: str
    line: int
    column: int


class Page:
    """The lines of a file as they are written, and where each value went."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.spots: list[Spot] = []
        self.size = 0
        self._homes: dict[int, tuple[int, int]] = {}

    def write(self, text: str) -> None:
        """A line as it is."""
        self.lines.append(text)
        self.size += len(text.encode()) + 1

    def put(
        self, indent: int, key: str, value: str, table: str = "", *, dash: bool = False
    ) -> None:
        """`key: value`, with the label of a code of `table`; `dash` begins an item of a list."""
        at = self._begin(indent, dash=dash)
        start = f"{' ' * indent}{'- ' * dash}{key}: "
        self._spot(key, at, len(start), value)
        self.write(start + value + _label(table, value))

    def item(self, indent: int, key: str, value: str, table: str) -> None:
        """`- value` of the list `key`."""
        self._spot(key, indent + 2, indent + 2, value)
        self.write(f"{' ' * indent}- {value}{_label(table, value)}")

    def flow(self, indent: int, key: str, pairs: dict[str, str], comment: str = "") -> None:
        """`key: {…}` on one line, or an item of a list without `key`."""
        self._begin(indent, dash=not key)
        text = f"{' ' * indent}{f'{key}: ' if key else '- '}{{"
        for number, (name, value) in enumerate(pairs.items()):
            text += ", " if number else ""
            self._spot(name, len(text), len(text) + len(name) + 2, value)
            text += f"{name}: {value}"
        self.write(text + "}" + comment)

    def _begin(self, indent: int, *, dash: bool) -> int:
        at = indent + 2 * dash
        if dash:
            self._homes[at] = (len(self.lines), at)
        return at

    def _spot(self, key: str, key_at: int, value_at: int, value: str) -> None:
        home = self._homes.get(key_at, (len(self.lines), key_at))
        self.spots.append(Spot(key, len(self.lines), key_at, value_at, value, home))


def establishment(rng: random.Random, index: int, size: int) -> Page:
    """The `index`-th establishment, of about `size` bytes."""
    page = Page()
    code, town = TOWNS[index % len(TOWNS)]
    _legal(page, index // 3)
    site = _Site(page, rng, index, _flow_address(rng, code, town))
    site.head()
    if size < SIZES["s"]:
        site.uo(4)
    while page.size < size - 1_000:
        site.pole(size - 1_000)
    return page


def plant(page: Page, rng: random.Random, count: int, path: str) -> list[Planted]:
    """Spoils up to `count` values, no two in one mapping, and tells where each will be seen."""
    spots = [spot for spot in page.spots if spot.key in FAULTS]
    rng.shuffle(spots)
    taken: set[int] = set()
    planted: list[Planted] = []
    for spot in spots:
        lines = {spot.line, spot.home[0]}
        if len(planted) < count and not taken & lines:
            taken |= lines
            rule, line, column = FAULTS[spot.key](page, spot)
            planted.append(Planted(path, rule, line + 1, column + 1))
    return sorted(planted, key=lambda each: (each.path, each.line, each.rule))


def write(
    folder: Path, files: int, size: str = "", faults: int = 0, seed: int = 1
) -> list[Planted]:
    """A folder of `files` establishments; the manifest of its faults."""
    folder.mkdir(parents=True, exist_ok=True)
    planted = []
    for index in range(files):
        rng = random.Random(f"{seed} {index}")  # noqa: S311 - a benchmark wants the same data again
        page = establishment(rng, index, SIZES.get(size) or rng.choice(MIXED))
        path = folder / f"etab-{index:05}.yaml"
        planted += plant(page, rng, faults, path.name) if faults else []
        path.write_bytes("".join(f"{line}\n" for line in page.lines).encode())
    if faults:
        manifest = json.dumps([asdict(each) for each in planted], indent=1)
        (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    return planted


def _replaced(rule: str, value: str) -> Callable[[Page, Spot], tuple[str, int, int]]:
    def spoil(page: Page, spot: Spot) -> tuple[str, int, int]:
        line = page.lines[spot.line]
        end = spot.value_at + len(spot.value)
        page.lines[spot.line] = line[: spot.value_at] + value + line[end:]
        return rule, spot.line, spot.value_at

    return spoil


def _renamed(page: Page, spot: Spot) -> tuple[str, int, int]:
    line = page.lines[spot.line]
    page.lines[spot.line] = f"{line[: spot.value_at - 2]}e{line[spot.value_at - 2 :]}"
    return "ROR110", spot.line, spot.key_at


def _removed(page: Page, spot: Spot) -> tuple[str, int, int]:
    page.lines[spot.line] = f"{' ' * spot.key_at}# à compléter"
    return "ROR111", *spot.home


def _unquoted(page: Page, spot: Spot) -> tuple[str, int, int]:
    return _replaced("ROR104", spot.value.strip('"'))(page, spot)


def _wrong_key(page: Page, spot: Spot) -> tuple[str, int, int]:
    """The last digit of a number, one too many."""
    wrong = f'{spot.value[:-2]}{(int(spot.value[-2]) + 1) % 10}"'
    return _replaced("ROR204" if spot.key == "rpps" else "ROR203", wrong)(page, spot)


def _mislabelled(page: Page, spot: Spot) -> tuple[str, int, int]:
    other = next(code for code in _open("activites") if f'"{code}"' != spot.value)
    end = spot.value_at + len(spot.value)
    page.lines[spot.line] = page.lines[spot.line][:end] + _label("activites", f'"{other}"')
    return "ROR305", spot.line, spot.value_at


# Key of the value to spoil -> what spoils it and tells rule, line and column from 0.
FAULTS: dict[str, Callable[[Page, Spot], tuple[str, int, int]]] = {
    "telephone": _replaced("ROR206", '"02 61 91"'),
    "courriel": _replaced("ROR207", "accueil.ch.example"),
    "mssante": _replaced("ROR208", "boite@ch.example"),
    "code_postal": _unquoted,
    "rpps": _wrong_key,
    "siret": _wrong_key,
    "mode_prise_en_charge": _replaced("ROR114", '"99"'),
    "debut": _replaced("ROR113", '"9h"'),
    "nombre": _replaced("ROR113", "-4"),
    "unite_sensible": _replaced("ROR112", '"non"'),
    "age_max": _replaced("ROR303", "1 an"),
    "verifie_le": _replaced("ROR308", "2026-02-30"),
    "champ_activite": _renamed,
    "profession": _removed,
    "activites": _mislabelled,
}


def _legal(page: Page, number: int) -> None:
    finess, siren = f"49{number:06}", f"999{number:05}"
    page.write("# yaml-language-server: $schema=.rorcli/etablissement.schema.json")
    page.write("format: 1")
    page.write("entite_juridique:")
    page.put(2, "finess", _quoted(finess + closing_digit(finess)))
    page.put(2, "siren", _quoted(siren + closing_digit(siren)))
    page.put(2, "raison_sociale", f"Centre hospitalier du Lac {number}")


class _Site:
    """Writes one EG and its tree."""

    def __init__(self, page: Page, rng: random.Random, index: int, address: dict[str, str]) -> None:
        self.page, self.rng, self.index, self.address = page, rng, index, address
        self.domain = f"ch-lac-{index}"
        self.units = self.people = 0

    def head(self) -> None:
        """The EG's own keys."""
        put, number = self.page.put, self.index // 3
        siren = f"999{number:05}"
        siret = f"{siren}{closing_digit(siren)}{self.index % 3 + 1:04}"
        self.page.write("etablissement:")
        put(2, "finess", _quoted(f"44{self.index:06}" + closing_digit(f"44{self.index:06}")))
        put(2, "siret", _quoted(siret + closing_digit(siret)))
        put(2, "nom", f"Hôpital du Lac {self.index}")
        put(2, "categorie", '"355"', "categories")
        put(2, "verifie_le", self.day())
        self.page.flow(2, "adresse", self.address)
        put(2, "site_internet", f"https://www.{self.domain}.example")
        self.page.write("  # Celle ou celui qui signe")
        self.page.write("  directeur:")
        put(4, "civilite", "MME", "civilites")
        put(4, "nom", "MARTIN")
        put(4, "courriel", f"direction@{self.domain}.example")
        self.page.write("  contacts:")
        put(4, "nature", '"06"', "natures-contact", dash=True)
        put(6, "telephone", self.phone())
        put(6, "mssante", f"accueil@{self.domain}.mssante.example")
        put(4, "fonction", '"12"', "fonctions-contact", dash=True)
        put(6, "telephone", self.phone())
        put(6, "courriel", f"referent-ror@{self.domain}.example")
        self.page.write("  unites:")

    def pole(self, limit: int) -> None:
        """A pole with its services, UF and UO, until the page has `limit` bytes."""
        self.node(4, "pole", "Pôle")
        self.page.write("      unites:")
        for _ in range(2):
            self.node(8, "service", "Service de")
            self.page.write("          unites:")
            for _ in range(2):
                self.node(12, "uf", "UF")
                self.page.write("              unites:")
                for _ in range(4):
                    self.uo(16)
                    if self.page.size >= limit:
                        return

    def node(self, at: int, kind: str, title: str) -> None:
        """The keys that every level has, but for contacts of its own kind."""
        box = self.head_of_unit(at, kind, title)
        self.page.put(at + 2, "verifie_le", self.day())
        self.page.put(at + 2, "mssante", f"{box}@{self.domain}.mssante.example")
        self.contacts(at + 2, "07", box)

    def head_of_unit(self, at: int, kind: str, title: str) -> str:
        """Type, id and name; the name of its mailboxes."""
        self.units += 1
        self.page.put(at, "type", kind, dash=True)
        self.page.put(at + 2, "id", f"52/{self.index:05}{self.units:04}")
        self.page.put(at + 2, "nom", f"{title} {self.rng.choice(WORDS).lower()} {self.units}")
        return f"{kind}-{self.units}"

    def uo(self, at: int) -> None:
        """A consultation with its practitioners, or beds."""
        page, inner, beds = self.page, at + 2, self.units % 2 == 0
        box = self.head_of_unit(at, "uo", "Hospitalisation" if beds else "Consultations")
        page.put(inner, "verifie_le", self.day())
        page.put(inner, "type_offre", '"157"' if beds else '"69"', "types-offre")
        page.put(inner, "champ_activite", '"01"', "champs")
        page.put(inner, "mode_prise_en_charge", '"28"' if beds else '"32"', "modes")
        page.flow(inner, "patientele", {"age_min": "15 ans", "age_max": "120 ans"})
        page.put(inner, "unite_sensible", "false")
        page.write(f"{' ' * inner}activites:")
        for code in self.rng.sample(_open("activites"), 3):
            page.item(inner + 2, "activites", _quoted(code), "activites")
        page.put(inner, "mssante", f"{box}@{self.domain}.mssante.example")
        self.contacts(inner, "02", box)
        page.write(f"{' ' * inner}horaires:")
        page.flow(inner + 2, "", {"jours": f"[{DAYS}]", "debut": '"09:00"', "fin": '"17:00"'})
        page.write(f"{' ' * inner}praticiens:")
        for _ in range(self.rng.randint(1, 3)):
            self.practitioner(inner + 2)
        self.lieu(inner, beds=beds)

    def contacts(self, at: int, nature: str, box: str) -> None:
        """One contact, in one line."""
        page, mail = self.page, f"{box}@{self.domain}.example"
        pairs = {"nature": _quoted(nature), "telephone": self.phone(), "courriel": mail}
        page.write(f"{' ' * at}contacts:")
        page.flow(at + 2, "", pairs, _label("natures-contact", _quoted(nature)))

    def practitioner(self, at: int) -> None:
        """A person whose number tells the rest, so that all files agree."""
        self.people += 1
        number = (self.index * 400 + self.people) % 100_000
        start = f"10999{number:05}"
        put, inner = self.page.put, at + 2
        put(at, "rpps", _quoted(start + closing_digit(start)), dash=True)
        put(inner, "civilite", "MME" if number % 2 else "M", "civilites")
        put(inner, "titre", "DR", "titres")
        put(inner, "nom", NAMES[number % len(NAMES)])
        put(inner, "prenom", FIRST_NAMES[number % 7])
        put(inner, "profession", '"10"', "professions")
        put(inner, "type_savoir_faire", "S", "savoir-faire")
        put(inner, "specialite", "SM19", "specialites")
        put(inner, "mode_exercice", "L", "modes-exercice")
        put(inner, "secteur", "secteur_2")

    def lieu(self, at: int, *, beds: bool) -> None:
        """The place of a UO, with its beds."""
        self.page.write(f"{' ' * at}lieux:")
        self.page.put(at + 2, "id", f"53/{self.index:05}{self.units:04}", dash=True)
        self.page.put(at + 4, "nom", f"Bâtiment {'ABCD'[self.units % 4]}, 2e étage")
        self.page.flow(at + 4, "adresse", self.address)
        if beds:
            self.page.write(f"{' ' * (at + 4)}capacites:")
            for statut, most in (("installe", 40), ("supplementaire", 4)):
                pairs = {
                    "nature": "lit",
                    "statut": statut,
                    "nombre": str(self.rng.randint(1, most)),
                }
                self.page.flow(at + 6, "", {**pairs, "comptee_le": self.day()})

    def day(self) -> str:
        """A day of the two years before NOW."""
        return (NOW - timedelta(days=self.rng.randrange(730))).isoformat()

    def phone(self) -> str:
        """A number of the range kept for fiction."""
        return f'"02 61 91 {self.rng.randrange(100):02} {self.rng.randrange(100):02}"'


def _flow_address(rng: random.Random, code: str, town: str) -> dict[str, str]:
    number = _quoted(str(rng.randrange(1, 200)))
    return {"numero": number, "voie": "rue du Lac", "code_postal": _quoted(code), "commune": town}


def _open(table: str) -> list[str]:
    return [code.code for code in codes.table(table).codes.values() if code.is_open(NOW)]


def _label(table: str, value: str) -> str:
    return f"  # {codes.table(table).label(value.strip(chr(34)))}" if table else ""


def _quoted(text: str) -> str:
    return f'"{text}"'


def _arguments(argv: list[str] | None) -> Iterator[object]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=1)
    parser.add_argument("--size", choices=SIZES, default="")
    parser.add_argument("--faults", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    yield from vars(parser.parse_args(argv)).values()


def main(argv: list[str] | None = None) -> None:
    """Writes the folder that the arguments describe."""
    planted = write(*_arguments(argv))  # type: ignore[arg-type]
    print(f"{len(planted)} faults planted")


if __name__ == "__main__":
    main()
