"""Sign-in rules of this installation for allauth."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up alone: accounts are made for members of an organization."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
