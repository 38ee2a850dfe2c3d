"""A phone number as people write it, and as a carrier wants it."""

import re

import phonenumbers

_LETTER = re.compile(r"[^\W\d_]")


class NoPhoneNumber(ValueError):
    """What was typed cannot be called."""


class HasExtension(NoPhoneNumber):
    """A number behind a switchboard: called without its extension, somebody else would answer."""


def read(typed: str) -> str:
    """E.164, where numbers without a country are North American; raises `NoPhoneNumber`."""
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException as error:
        raise NoPhoneNumber from error
    if number.extension:
        raise HasExtension
    # The parser reads letters as on a telephone's keys; here they are something else that was typed.
    if _LETTER.search(typed) or not phonenumbers.is_valid_number(number):
        raise NoPhoneNumber
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def e164(typed: str) -> str:
    """The same, or "" for what cannot be called."""
    try:
        return read(typed)
    except NoPhoneNumber:
        return ""


def in_words(number: str) -> str:
    """A number in E.164 as it is written in its country, if that is ours, and else with the country's code."""
    parsed, shapes = phonenumbers.parse(number), phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, shapes.NATIONAL if parsed.country_code == 1 else shapes.INTERNATIONAL)
