"""Authenticated encryption as this project uses it: Tink's AES-256-GCM, bound to a context, padded to buckets."""

import json
from typing import Any

import tink
from tink import aead, proto_keyset_format, secret_key_access
from tink.proto import aes_gcm_pb2, tink_pb2

aead.register()

# A sealed value tells its size by bucket only. 28 more bytes are nonce and tag.
BUCKETS = (256, 1024, 4096, 16384)
KEY_BYTES = 32
_LENGTH_BYTES = 4


class Unreadable(Exception):
    """A sealed value that this reader, key or context does not open. There is never a value to fall back on."""


class TooLarge(ValueError):
    """A value above the largest bucket: callers limit what a person may type, so this is a programming error."""


def context(*parts: object) -> bytes:
    """Associated data naming what a value belongs to; two different lists of parts never give the same bytes."""
    return json.dumps([str(part) for part in parts]).encode()


def aead_of(key: bytes) -> aead.Aead:
    """AES-256-GCM under the raw 32-byte `key`."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    # Tink makes keys itself and takes none; a keyset of one raw key is its way to bring one's own.
    keyset = tink_pb2.Keyset(
        primary_key_id=1,
        key=[
            tink_pb2.Keyset.Key(
                key_data=tink_pb2.KeyData(
                    type_url="type.googleapis.com/google.crypto.tink.AesGcmKey",
                    value=aes_gcm_pb2.AesGcmKey(version=0, key_value=key).SerializeToString(),
                    key_material_type=tink_pb2.KeyData.SYMMETRIC,
                ),
                status=tink_pb2.ENABLED,
                key_id=1,
                output_prefix_type=tink_pb2.RAW,
            )
        ],
    )
    handle = proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(aead.Aead)


def pad(plain: bytes) -> bytes:
    """`plain` behind its length, filled with zeros to the next bucket; raises `TooLarge`."""
    framed = len(plain).to_bytes(_LENGTH_BYTES) + plain
    for bucket in BUCKETS:
        if len(framed) <= bucket:
            return framed.ljust(bucket, b"\0")
    raise TooLarge(f"{len(plain)} bytes are more than the {BUCKETS[-1] - _LENGTH_BYTES} that can be sealed at once")


def unpad(padded: bytes) -> bytes:
    """What `pad` was given."""
    length = int.from_bytes(padded[:_LENGTH_BYTES])
    if len(padded) not in BUCKETS or length > len(padded) - _LENGTH_BYTES:
        raise Unreadable("not padded by us")
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]


def encode(payload: dict[str, Any]) -> bytes:
    """`payload` as compact JSON."""
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def decode(plain: bytes) -> dict[str, Any]:
    """The payload `encode` was given."""
    payload = json.loads(plain)
    if not isinstance(payload, dict):
        raise Unreadable("not a sealed payload")
    return payload


def decrypt(primitive: aead.Aead, sealed: bytes | memoryview, associated: bytes) -> bytes:
    """The plaintext of `sealed`; raises `Unreadable` for anything not encrypted under this key and `associated`."""
    try:
        return primitive.decrypt(bytes(sealed), associated)
    except tink.TinkError:
        # Without the cause: its text is Tink's own and says nothing more.
        raise Unreadable("wrong key, wrong place or changed bytes") from None
