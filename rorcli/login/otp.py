"""One-time codes (RFC 6238): read the key that the portal gave, never show a step twice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pyotp

from rorcli.access import Otp
from rorcli.errors import UsageError
from rorcli.login.drawer import Drawer
from rorcli.login.secret import Secret

# A code must survive the way to the server and its check there.
LEAST_LEFT_S = 3
SHORT_BITS, LEAST_BITS = 112, 80
DIGITS, LEAST_PERIOD_S = range(6, 11), 10
_HASHES = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
_REMEDY = "copiez la clé que montre le portail, ou son adresse otpauth://"


class Totp(pyotp.TOTP):
    """pyotp's, that takes the 80 bits which most portals give, not the 112 of NIST SP 800-63B."""

    min_secret_length_bits = LEAST_BITS

    @property
    def is_short(self) -> bool:
        """Whether the key has less than 112 bits."""
        return len(self.byte_secret()) * 8 < SHORT_BITS


def read_seed(seed: Secret, otp: Otp) -> Totp:
    """The generator of a key in base32, or of an otpauth:// address, whose parameters then count.

    UsageError for a key that is too short or cannot be read.
    """
    import hashlib

    text = seed.reveal().strip()
    digits, period, algorithm = otp.digits, otp.period, otp.algorithm
    try:
        if text.lower().startswith("otpauth://"):
            given = {key: values[0] for key, values in parse_qs(urlsplit(text).query).items()}
            text = given.get("secret", "")
            digits, period = int(given.get("digits", digits)), int(given.get("period", period))
            algorithm = given.get("algorithm", algorithm).upper()
        if period < LEAST_PERIOD_S or digits not in DIGITS:
            raise ValueError("parameters")  # noqa: TRY301 - told with the others
        text = re.sub(r"[\s-]", "", text).upper().rstrip("=")
        digest = getattr(hashlib, _HASHES[algorithm])
        return Totp(text, digits=digits, interval=period, digest=digest)
    except (ValueError, KeyError) as error:  # binascii.Error is a ValueError
        fault = f"trop courte (moins de {LEAST_BITS} bits)" if " bits " in str(error) else (
            "illisible (base32 attendu)")  # fmt: skip
    raise UsageError(f"clé TOTP {fault}", remedy=_REMEDY)


def next_code(
    totp: Totp,
    last_step: int,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Secret, int]:
    """A code that lives 3 s at least and whose step comes after `last_step`; and its step.

    A code is taken once by the server: showing it again would be a refusal, or look like a replay.
    """
    at = now()
    current, left = int(at // totp.interval), totp.interval - at % totp.interval
    step = current + (left < LEAST_LEFT_S)
    # A step that is further ahead was counted by a clock, or by periods, that are no more.
    if last_step <= current + 1:
        step = max(step, last_step + 1)
    if (wait := step * totp.interval - at) > 0:
        sleep(wait)
    return Secret(totp.generate_otp(step)), step


def fresh_code(
    totp: Totp, issuer: str, login: str, now: Callable[[], float], sleep: Callable[[float], None]
) -> Secret:
    """A code that no run has shown for this account, of whichever store; its step is kept first."""
    drawer = Drawer("steps", issuer, login)
    with drawer.locked():
        code, step = next_code(totp, int(drawer.read().get("step", 0)), now, sleep)
        drawer.write({"step": step})
    return code
