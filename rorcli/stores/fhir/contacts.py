"""Contacts, telecoms and MSSanté mailboxes, in the two shapes that the profiles give them.

An Organization has FHIR's own `contact` and `telecom`; a HealthcareService has extensions for its
contacts. Attributes: exposition model 3.0.1, classes contact and télécommunication.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rorcli.items import CANAUX
from rorcli.stores.fhir.lenses import Each, First, Key, Lens, Record, record, within
from rorcli.stores.fhir.profiles import ROR, coded, coded_extension, extension

MSSANTE = CANAUX["mssante"]
#: Confidentiality of a mailbox of a unit, which the file does not say: for professionals.
_OF_MAILBOX = "2"
# The system of a ContactPoint that goes with a channel (R200, R256), and the channel of one that
# says none, as other software writes.
_SYSTEMS = {"1": "phone", "2": "phone", "3": "email", "4": "url", "6": "fax", "8": "phone",
            "9": "email", MSSANTE: "email"}  # fmt: skip
_CHANNELS = {"phone": "2", "email": "3", "url": "4", "fax": "6"}

_CHANNEL = coded_extension(
    f"{ROR}ror-telecom-communication-channel", "canaux", f"{ROR}ror-communication-channel"
)
_SHARED: Mapping[str, Lens] = {
    "confidentialite": coded_extension(
        f"{ROR}ror-telecom-confidentiality-level", "confidentialite",
        f"{ROR}ror-confidentiality-level",
    ),
    "usage": extension(f"{ROR}ror-telecom-usage", Key("valueString")),
}  # fmt: skip


class _PointChannel(Lens):
    """The channel of a ContactPoint, which decides its `system` too."""

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        return _CHANNEL.get(source) or _CHANNELS.get((source or {}).get("system", ""))

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        return Key("system").put(_CHANNEL.put(source, value), _SYSTEMS.get(value, "other"))


def _address(telecom: Any) -> Any:
    return telecom.get("canal"), telecom.get("valeur")


def _channel(telecom: Any) -> Any:
    return telecom.get("canal")


_POINT = Record({"canal": _PointChannel(), "valeur": Key("value"), **_SHARED})
_POINTS = Each(_POINT, (_address, _channel), needs=("canal", "valeur"))
_TELECOM_URL = f"{ROR}ror-healthcareservice-contact-telecom"
_TELECOMS = Each(
    Record(
        {"canal": _CHANNEL, **_SHARED, "valeur": extension("telecomAddress", Key("valueString"))}
    ),
    (_address, _channel),
    lambda item: item.get("url") == _TELECOM_URL,
    {"url": _TELECOM_URL},
    needs=("canal", "valeur"),
)


class _Mailbox(Lens):
    """The address of a ContactPoint that is a MSSanté mailbox."""

    def get(self, source: Any) -> Any:
        """See `Lens`."""
        return source.get("value") if _CHANNEL.get(source) == MSSANTE else None

    def put(self, source: Any, value: Any) -> Any:
        """See `Lens`."""
        known = _POINT.get(source) or {"canal": MSSANTE, "confidentialite": _OF_MAILBOX}
        return _POINT.put(source, {**known, "valeur": value})


#: The mailboxes among the telecoms of a resource; the others are not ours.
MAILBOXES = Key("telecom") >> Each(_Mailbox())

_NAME = record(civilite=Key("prefix") >> First(), nom=Key("family"), prenom=Key("given") >> First())
_FUNCTION = coded_extension(f"{ROR}ror-contact-function-contact", "fonctions-contact")
_LEVELS = (f"{ROR}ror-contact-confidentiality-level", f"{ROR}ror-confidentiality-level")


def _identity(contact: Any) -> Any:
    return tuple(contact.get(key) for key in ("fonction", "nature", "nom"))


def _role(contact: Any) -> Any:
    return contact.get("fonction"), contact.get("nature")


#: `Organization.contact`.
CONTACTS = Key("contact") >> Each(
    record(
        within(Key("name"), _NAME),
        fonction=_FUNCTION,
        nature=Key("purpose") >> coded("natures-contact"),
        description=extension(f"{ROR}ror-contact-description", Key("valueString")),
        confidentialite=coded_extension(_LEVELS[0], "confidentialite", _LEVELS[1]),
        telecoms=Key("telecom") >> _POINTS,
    ),
    (_identity, _role),
)
_CONTACT_URL = f"{ROR}ror-healthcareservice-contact"
#: The contacts of a HealthcareService.
SERVICE_CONTACTS = Key("extension") >> Each(
    record(
        within(extension("name", Key("valueHumanName")), _NAME),
        fonction=_FUNCTION,
        nature=coded_extension("purposeContact", "natures-contact"),
        description=extension("description", Key("valueString")),
        confidentialite=coded_extension(_LEVELS[1], "confidentialite", _LEVELS[0]),
        telecoms=Key("extension") >> _TELECOMS,
    ),
    (_identity, _role),
    lambda item: item.get("url") == _CONTACT_URL,
    {"url": _CONTACT_URL},
)
