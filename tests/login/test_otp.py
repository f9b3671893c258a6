"""One-time codes: which keys are taken, which code is sent and when."""

import pyotp
import pytest

from rorcli.access import Otp
from rorcli.errors import UsageError
from rorcli.login.otp import next_code, read_seed
from rorcli.login.secret import Secret

LONG = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SHORT = "JBSWY3DPEHPK3PXP"
# RFC 6238, appendix B: SHA1 key of 20 bytes, eight digits.
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("at", "code"), [(59, "94287082"), (1111111109, "07081804"), (20000000000, "65353130")]
)
def test_codes_are_those_of_the_rfc(at, code):
    totp = read_seed(Secret(RFC), Otp("seed", digits=8))
    found, step = next_code(totp, 0, now=lambda: at, sleep=lambda _: None)
    late = 30 - at % 30 < 3
    assert (found.reveal() == code) is not late
    assert step == at // 30 + late


@pytest.mark.parametrize(
    "text",
    [LONG, LONG.lower(), " JBSW Y3DP-EHPK3PXP JBSWY3DPEHPK3PXP\n", f"{LONG}====",
     f"otpauth://totp/ROR:c.martin?secret={LONG}&issuer=ROR", f"OTPAUTH://totp/x?secret={LONG.lower()}"],
)  # fmt: skip
def test_a_key_is_read_however_it_was_copied(text):
    assert read_seed(Secret(text), Otp("seed")).at(0) == pyotp.TOTP(LONG).at(0)


def test_an_address_says_its_own_parameters():
    text = f"otpauth://totp/x?secret={LONG}&digits=8&period=60&algorithm=sha256"
    totp = read_seed(Secret(text), Otp("seed"))
    theirs = pyotp.parse_uri(text.replace("sha256", "SHA256"))
    assert isinstance(theirs, pyotp.TOTP)
    assert totp.at(59) == theirs.at(59)
    assert (totp.digits, totp.interval) == (8, 60)


def test_a_short_key_is_taken_and_known_to_be_short():
    assert read_seed(Secret(SHORT), Otp("seed")).is_short
    assert not read_seed(Secret(LONG), Otp("seed")).is_short
    assert read_seed(Secret(SHORT), Otp("seed")).at(0).isdigit()


@pytest.mark.parametrize(
    ("text", "said"),
    [("JBSWY3DP", "trop courte"), ("", "trop courte"), ("otpauth://totp/x", "trop courte"),
     ("é" * 32, "illisible"), ("1" * 32, "illisible"), (f"otpauth://totp/x?secret={LONG}&digits=x", "illisible"),
     (f"otpauth://totp/x?secret={LONG}&algorithm=MD5", "illisible")],
)  # fmt: skip
def test_a_key_that_is_none_is_told_without_being_shown(text, said):
    with pytest.raises(UsageError, match=f"clé TOTP {said}") as refused:
        read_seed(Secret(text), Otp("seed"))
    assert not text or text not in refused.value.message


@pytest.mark.parametrize(
    ("now", "last", "step", "waits"),
    [(300.0, 0, 10, 0), (326.9, 0, 10, 0), (327.1, 0, 11, 2.9), (329.9, 0, 11, 0.1),
     (300.0, 10, 11, 30.0), (315.0, 10, 11, 15.0), (315.0, 11, 12, 45.0), (328.0, 10, 11, 2.0)],
)  # fmt: skip
def test_a_step_is_never_shown_twice_and_never_about_to_end(now, last, step, waits):
    slept: list[float] = []
    totp = read_seed(Secret(LONG), Otp("seed"))
    code, found = next_code(totp, last, now=lambda: now, sleep=slept.append)
    assert (found, round(sum(slept), 3)) == (step, waits)
    assert code.reveal() == totp.at(step * 30)
