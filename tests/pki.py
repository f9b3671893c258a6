"""Certificates and keys made for a test: an authority, servers, clients, expired ones."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey, phrase: str = "") -> bytes:
    shut = BestAvailableEncryption(phrase.encode()) if phrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, shut)


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


class Authority:
    """Signs what a test needs; everything lies in `folder`, keys for their owner only."""

    def __init__(self, folder: Path, title: str = "autorité d'essai") -> None:
        self.folder, self.key, self.name = folder, new_key(), name(title)
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self._sign(self.name, self.key, days=9, is_authority=True)
        self.pem = self._write("ca.pem", self.certificate.public_bytes(Encoding.PEM))

    def issue(
        self, common_name: str, *, days: float = 9, address: str = "127.0.0.1"
    ) -> tuple[Path, Path]:
        """Paths of a certificate for this machine, or a client of that name, and of its key."""
        key = new_key()
        certificate = self._sign(name(common_name), key, days=days, address=address)
        stem = common_name.replace(" ", "-")
        return (self._write(f"{stem}.pem", certificate.public_bytes(Encoding.PEM)),
                self._write(f"{stem}.key", private_pem(key)))  # fmt: skip

    def issue_pkcs12(self, common_name: str, phrase: str, *, days: float = 9) -> Path:
        key = new_key()
        certificate = self._sign(name(common_name), key, days=days)
        shut = BestAvailableEncryption(phrase.encode())
        content = pkcs12.serialize_key_and_certificates(b"rorcli", key, certificate, None, shut)
        return self._write(f"{common_name.replace(' ', '-')}.p12", content)

    def _sign(
        self, subject: x509.Name, key: rsa.RSAPrivateKey, *, days: float,
        is_authority: bool = False, address: str = "127.0.0.1",
    ) -> x509.Certificate:  # fmt: skip
        now = datetime.now(UTC)
        here = [x509.IPAddress(ip_address(address)), x509.DNSName("localhost")]
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName(here), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def _write(self, path: str, content: bytes) -> Path:
        target = self.folder / path
        target.write_bytes(content)
        target.chmod(0o600)
        return target
