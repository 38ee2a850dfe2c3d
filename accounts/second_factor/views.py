"""allauth's pages for the second factor, with the way back to what the member wanted kept through them."""

from typing import Any

from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView, RemoveWebAuthnView
from django.forms import Form
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.views.generic.base import View

from accounts.second_factor import has_second_factor, in_fours


class KeepsNext(View):
    """Hands the page the member came for on to the next step.

    In the template's context: `next`, its address; `carried`, what to put behind the address of every step.
    """

    def get_success_url(self) -> str:
        return passthrough_next_redirect_url(self.request, super().get_success_url(), "next")  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        carried = passthrough_next_redirect_url(self.request, "", "next")
        return {**context, "next": get_next_redirect_url(self.request), "carried": carried}


class SignIn(AuthenticateView):
    """The second question of signing in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        passkeys = Authenticator.objects.filter(user=self.stage.login.user, type=Authenticator.Type.WEBAUTHN)
        return {**super().get_context_data(**kwargs), "asks_for_passkey": passkeys.exists()}


class Overview(KeepsNext, IndexView):
    """What the member has set up, and what can be done about it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "has_factor": has_second_factor(self.request.user)}


class SetUpApp(KeepsNext, ActivateTOTPView):
    """The secret as a picture to scan and as letters to type, and the box for the first code."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        picture = context["totp_svg"].partition("?>")[2]
        return {**context, "picture": picture, "secret_in_fours": in_fours(context["form"].secret)}


class RemoveApp(KeepsNext, DeactivateTOTPView):
    """Asks once more before the app's codes stop working."""


class ShowRecoveryCodes(KeepsNext, ViewRecoveryCodesView):
    """The recovery codes, the first time; afterwards how many are left."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "codes_in_fours": [in_fours(code) for code in context["unused_codes"]]}


class NewRecoveryCodes(KeepsNext, GenerateRecoveryCodesView):
    """Asks once more before the old codes stop working."""


class AddPasskey(KeepsNext, AddWebAuthnView):
    """The one page that needs JavaScript: browsers speak to passkeys in no other way."""


class RemovePasskey(KeepsNext, RemoveWebAuthnView):
    """Asks once more before the passkey stops working."""

    success_url = reverse_lazy("mfa_index")


class ProvePasskeyAgain(ReauthenticateWebAuthnView):
    """A passkey from somebody signed in; a wrong one is said on the page itself."""

    form: Form | None = None

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        # allauth's context makes the form anew, and to check it twice would count twice.
        self.form = self.form or super().get_form(form_class)
        return self.form

    def form_invalid(self, form: Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data())
