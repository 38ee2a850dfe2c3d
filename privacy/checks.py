"""Start-up checks of this installation's vault."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from privacy.keyring import MISSING, key_is_there


@register
def vault_key_is_there(**kwargs: Any) -> list[CheckMessage]:
    """An installation never makes up a key by itself: data sealed under a lost key is lost."""
    return [] if key_is_there() else [Error(MISSING, id="privacy.E001")]
