"""A certificate for made-up hosts, and what a server and a client of a test do with it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Certificate:
    """A self-signed certificate; it is its own authority.

    Args:
        folder: where its files are written.
        hosts: the names that it is for.

    Attributes:
        file: what a client must trust.
        asked: the names that clients asked for (SNI), in order.
    """

    def __init__(self, folder: Path, hosts: Sequence[str]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mostik's tests")])
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        now = datetime.now(UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        self.file = folder / "certificate.pem"
        self._key_file = folder / "key.pem"
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        self._key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.asked: list[str | None] = []

    def server(self) -> ssl.SSLContext:
        """Returns the context of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self._key_file)

        def note(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
            self.asked.append(name)

        context.sni_callback = note
        return context
