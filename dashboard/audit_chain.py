"""The chain that audit entries form: canonical JSON, digests, signatures, and how each is checked. Pure, no Django.

Whoever has an export can check it with these rules alone:
content_digest = SHA-256 of the content's bytes; digest = SHA-256 of previous_digest, a line feed and content_digest, both as
hexadecimal text; signature = Ed25519 (RFC 8032) of the 32 bytes of the digest; key_id = SHA-256 of the public key's 32 bytes.
The first entry's previous_digest is 64 zeros. The content repeats number and previous_digest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import msgspec
import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ORIGIN = "0" * 64
MOST_BYTES = 256 << 20
"""A content that claims to be larger is not unpacked."""
DECIMALS = 6
LEVEL = 9


class Broken(Exception):
    """An entry that is not what was signed, or not where it belongs; the text says what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """One entry without its content: enough to follow the chain through it."""

    number: int
    previous_digest: str
    content_digest: str
    digest: str
    signature: str
    key_id: str


class Signer:
    """A private key, given as 64 hexadecimal digits. ValueError for anything else."""

    def __init__(self, private: str) -> None:
        try:
            self._key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private))
        except ValueError:
            raise ValueError("An audit key is 32 bytes as 64 hexadecimal digits.") from None
        self.public = self._key.public_key().public_bytes_raw().hex()
        """The public key, hexadecimal."""
        self.key_id = key_id(self.public)

    def link(self, number: int, previous_digest: str, content: str) -> Link:
        """The content as the entry after that one, signed."""
        of_content = sha256(content.encode()).hexdigest()
        chained = digest(previous_digest, of_content)
        return Link(
            number=number,
            previous_digest=previous_digest,
            content_digest=of_content,
            digest=chained,
            signature=self._key.sign(bytes.fromhex(chained)).hex(),
            key_id=self.key_id,
        )


def key_id(public: str) -> str:
    """ValueError where it is no public key in hexadecimal digits."""
    return sha256(_public_key(public).public_bytes_raw()).hexdigest()


def digest(previous_digest: str, content_digest: str) -> str:
    return sha256(f"{previous_digest}\n{content_digest}".encode()).hexdigest()


def canonical(value: Any) -> str:
    """The value as the one JSON text it has: sorted keys, no blanks, ASCII, UTC to the second, no NaN."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def plain(value: Any) -> Any:
    """The value in JSON's own types. Whole numbers are integers, others have six decimals, what is not measured is null."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    return _number(value) if isinstance(value, float) else str(value) if isinstance(value, str) else value


def _number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    rounded = round(value, DECIMALS)
    return int(rounded) if rounded.is_integer() else rounded


def packed(content: str) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(content.encode())


def unpacked(data: bytes) -> str:
    """The content. Raises Broken."""
    try:
        if not 0 <= zstandard.frame_content_size(data) <= MOST_BYTES:
            raise Broken("its content is larger than any entry")
        reader = zstandard.ZstdDecompressor().decompressobj()
        content = reader.decompress(data)
        if not reader.eof or reader.unused_data:
            raise Broken("its content does not end where its bytes end")
        return content.decode()
    except (zstandard.ZstdError, UnicodeDecodeError, MemoryError) as error:
        raise Broken("its content cannot be unpacked") from error


def read(content: str) -> dict[str, Any]:
    """The content as JSON. Raises Broken where it is none, or no object."""
    try:
        found = msgspec.json.decode(content)
    except (ValueError, RecursionError) as error:
        raise Broken("its content is not JSON") from error
    if not isinstance(found, dict):
        raise Broken("its content is not a JSON object")
    return found


def check(link: Link, keys: Mapping[str, str], content: str | None, beside: Mapping[str, Any]) -> None:
    """Whether the entry is what was signed. `keys`: key id → public key of those that are trusted; none: of nobody, and
    then no signature is looked at. `beside`: what stands beside the content and must be in it too. Without its content only
    digest and signature are looked at. Raises Broken."""
    if content is not None and sha256(content.encode()).hexdigest() != link.content_digest:
        raise Broken("its content is not the one that its digest is of")
    if digest(link.previous_digest, link.content_digest) != link.digest:
        raise Broken("its digest is not that of its content and the entry before it")
    if keys:
        _check_signature(link, keys)
    if content is not None:
        _check_claims(read(content), {"number": link.number, "previous_digest": link.previous_digest, **beside})


def check_order(before: Link, link: Link) -> None:
    """Whether the entry follows that one. Raises Broken."""
    if link.number != before.number + 1:
        raise Broken(f"it follows number {before.number}: entries between them are missing, or out of order")
    if link.previous_digest != before.digest:
        raise Broken(f"the digest it names is not that of number {before.number}")


def trusted(public_keys: Iterable[str]) -> dict[str, str]:
    """Public keys by their ids. ValueError where one is none."""
    return {key_id(public): public for public in public_keys}


def _check_claims(said: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    for name, claimed in claims.items():
        if name not in said or said[name] != plain(claimed) or isinstance(said[name], bool):
            raise Broken(f"its content names another {name.replace('_', ' ')}")


def _check_signature(link: Link, keys: Mapping[str, str]) -> None:
    if link.key_id not in keys:
        raise Broken(f"it was signed by a key that is not trusted here, {link.key_id[:16]}")
    try:
        _public_key(keys[link.key_id]).verify(bytes.fromhex(link.signature), bytes.fromhex(link.digest))
    except (InvalidSignature, ValueError) as error:
        raise Broken("its signature is not of its digest") from error


def _public_key(public: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    except ValueError:
        raise ValueError("A public key is 32 bytes as 64 hexadecimal digits.") from None
