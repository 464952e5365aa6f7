"""Public keys as people paste them, and the one question asked of them."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from mostik.inbound.proof import from_base64, to_bytes

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_RAW_ED25519 = 32


@lru_cache(maxsize=64)
def load_public_key(text: str) -> PublicKey | None:
    """The key of a PEM, of base64 of its DER, or of 32 raw ed25519 bytes (base64 or hex).

    ``None`` when it is none of these: such a key proves nothing.
    """
    text = text.strip()
    try:
        if text.startswith("-----BEGIN"):
            key = load_pem_public_key(to_bytes(text))
        else:
            raw = _raw(text)
            if len(raw) == _RAW_ED25519:
                return ed25519.Ed25519PublicKey.from_public_bytes(raw)
            key = load_der_public_key(raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, PublicKey) else None


def proves(key: PublicKey, algorithm: str, signature: bytes, signed: bytes) -> bool:
    """Whether ``signature`` over ``signed`` was made with the private half of ``key``.

    Args:
        key: a public key; one of a kind that ``algorithm`` does not use proves nothing.
        algorithm: a name of ``ALGORITHMS``.
        signature: DER for ``ecdsa-sha256``, ``r || s`` for the other ecdsa.
        signed: the exact bytes.
    """
    try:
        match key, algorithm:
            case ed25519.Ed25519PublicKey(), "ed25519":
                key.verify(signature, signed)
            case ec.EllipticCurvePublicKey(), "ecdsa-sha256":
                key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
            case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()), "ecdsa-p256-sha256":
                key.verify(_der(signature, 32), signed, ec.ECDSA(hashes.SHA256()))
            case ec.EllipticCurvePublicKey(curve=ec.SECP384R1()), "ecdsa-p384-sha384":
                key.verify(_der(signature, 48), signed, ec.ECDSA(hashes.SHA384()))
            case rsa.RSAPublicKey(), "rsa-sha256" | "rsa-v1_5-sha256":
                key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
            case rsa.RSAPublicKey(), "rsa-pss-sha512":
                # RFC 9421 fixes the salt at 64 bytes.
                pss = padding.PSS(padding.MGF1(hashes.SHA512()), salt_length=64)
                key.verify(signature, signed, pss, hashes.SHA512())
            case _:
                return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


ALGORITHMS = (
    "ecdsa-sha256",
    "ed25519",
    "rsa-sha256",
    "ecdsa-p256-sha256",
    "ecdsa-p384-sha384",
    "rsa-v1_5-sha256",
    "rsa-pss-sha512",
)


def _raw(text: str) -> bytes:
    if len(text) == _RAW_ED25519 * 2:
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    return from_base64("".join(text.split())) or b""


def _der(signature: bytes, half: int) -> bytes:
    if len(signature) != 2 * half:
        raise ValueError("a signature of another length")
    r, s = signature[:half], signature[half:]
    return utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
