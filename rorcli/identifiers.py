"""Identifiers of structures and people: is the key of this number right?

Rules and sources: identifiers of the MOS (Modèle des objets de santé, 2026-04) and of
`ans.fhir.fr.ror` 0.7.0. Identifiers are text everywhere, never integers. Shapes (length, digits)
are the schema's; the functions here expect text of that shape and answer False on any other.
"""

from __future__ import annotations

import re

#: The shape of a FINESS, of an EJ or an EG.
FINESS = re.compile(r"([0-9]{2}|2[AB])[0-9]{7}")
LA_POSTE_SIREN = "356000000"
#: What address books and web pages put around a number, and nobody sees (Unicode, Cf).
INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"


def luhn_ok(digits: str) -> bool:
    """Luhn: from the right, double every second digit, the sum is a multiple of ten.

    Noughts alone are what people write where they have no number.
    """
    if not (digits.isascii() and digits.isdigit() and digits.strip("0")):
        return False
    doubled = (int(d) * (1 + rank % 2) for rank, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def siren_ok(siren: str) -> bool:
    """SIREN: Luhn over nine digits."""
    return len(siren) == 9 and luhn_ok(siren)


def siret_ok(siret: str) -> bool:
    """SIRET: Luhn over 14 and over its SIREN; offices of La Poste sum to a multiple of five."""
    if len(siret) != 14 or not siren_ok(siret[:9]):
        return False
    if luhn_ok(siret):
        return True
    return siret.startswith(LA_POSTE_SIREN) and sum(map(int, siret)) % 5 == 0


def rpps_ok(rpps: str) -> bool:
    """RPPS: Luhn over eleven digits."""
    return len(rpps) == 11 and luhn_ok(rpps)


def is_corsican(finess: str) -> bool:
    """True for a FINESS of 2A or 2B, whose key no text documents."""
    return finess[:2] in {"2A", "2B"}


def finess_ok(finess: str) -> bool:
    """FINESS: Luhn over nine; in Corsica A counts 1 and B counts 2 (inferred, hence advisory)."""
    return len(finess) == 9 and luhn_ok(finess.replace("A", "1", 1).replace("B", "2", 1))


def closing_digit(start: str) -> str:
    """The digit that makes `start` + digit pass Luhn."""
    return next(d for d in "0123456789" if luhn_ok(start + d))


def usual_phone(text: str) -> str:
    """A French number as people write it: 02 61 91 00 01; "" for another, or a short one.

    Read is what people and spreadsheets make of it: dots, dashes, no leading nought, a nought left
    behind +33, marks that nobody sees. A right number in E.164 stays what it is.
    """
    bare = re.sub(rf"[\s./(){INVISIBLE}-]", "", text)
    found = re.fullmatch(r"(?:\+330|00330?|0?)([1-9][0-9]{8})", bare)
    digits = f"0{found[1]}" if found else ""
    return " ".join(digits[at : at + 2] for at in range(0, len(digits), 2))
