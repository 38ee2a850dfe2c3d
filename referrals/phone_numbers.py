"""A phone of staff as the carrier wants it."""

import phonenumbers


def e164(typed: str) -> str:
    """E.164, or "" for what cannot be called, as no extension can; numbers without a country are North American."""
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException:
        return ""
    if number.extension or not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
