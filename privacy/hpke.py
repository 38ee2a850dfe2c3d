"""Public-key encryption as this project uses it: Tink's HPKE (X25519, HKDF-SHA256, AES-256-GCM), bound to a context."""

from functools import lru_cache

import tink
from tink import hybrid, proto_keyset_format, secret_key_access

from privacy.aead import Unreadable

hybrid.register()

_TEMPLATE = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM


class PrivateKey:
    """The private half of a key pair, in memory for one request or one process."""

    def __init__(self, serialized: bytes) -> None:
        """`serialized` is what `serialize` gave; raises `Unreadable` for anything else."""
        try:
            self._handle = proto_keyset_format.parse(serialized, secret_key_access.TOKEN)
            self._decrypt = self._handle.primitive(hybrid.HybridDecrypt)
        except tink.TinkError:
            raise Unreadable("not a private key") from None

    @classmethod
    def generate(cls) -> "PrivateKey":
        return cls(
            proto_keyset_format.serialize(tink.new_keyset_handle(_TEMPLATE), secret_key_access.TOKEN),
        )

    def serialize(self) -> bytes:
        """The secret itself: only ever to be sealed, or written to the worker's own file."""
        return proto_keyset_format.serialize(self._handle, secret_key_access.TOKEN)

    def public(self) -> bytes:
        """The public half, as `seal_to` takes it."""
        return proto_keyset_format.serialize_without_secret(self._handle.public_keyset_handle())

    def open(self, sealed: bytes | memoryview, associated: bytes) -> bytes:
        """What was sealed to the public half; raises `Unreadable` for anything else or any other context."""
        try:
            return self._decrypt.decrypt(bytes(sealed), associated)
        except tink.TinkError:
            # Without the cause: its text is Tink's own and says nothing more.
            raise Unreadable("wrong key, wrong place or changed bytes") from None


def seal_to(public: bytes | memoryview, plain: bytes, associated: bytes) -> bytes:
    """`plain` (53 bytes longer), openable only by the private half of `public` and with the same context.

    Raises `Unreadable` where `public` is no key.
    """
    return _primitive(bytes(public)).encrypt(plain, associated)


# As many as there are readers, and then some; parsing a key costs a third of sealing with it.
@lru_cache(maxsize=256)
def _primitive(public: bytes) -> hybrid.HybridEncrypt:
    try:
        return proto_keyset_format.parse_without_secret(public).primitive(hybrid.HybridEncrypt)
    except tink.TinkError:
        raise Unreadable("not a public key") from None
