"""Organizations, accounts and roles, for the person who runs the server."""

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from django import forms
from django.contrib import admin
from django.contrib.auth.forms import BaseUserCreationForm
from django.http import HttpRequest

from accounts.models import Membership, Organization, User

admin.site.site_header = "Tables"
admin.site.site_title = "Tables"
admin.site.index_title = "What the server's keeper may change"
admin.site.site_url = "/staff/"
# One way in for everybody: the admin's own sign-in page knows no limit on tries.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class NewUserForm(BaseUserCreationForm):
    """A new account: address, name and a first password, which the member changes by "Forgot your password?"."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class UserForm(forms.ModelForm):
    """An account without its password: nobody but its owner sets that, by e-mail."""

    class Meta:
        model = User
        fields = ("email", "name", "is_active", "is_staff", "is_superuser")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class MembershipInline(admin.StackedInline):
    model = Membership


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    list_display = ("name", "email", "membership", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "membership__role")
    list_select_related = ("membership__organization",)
    search_fields = ("name", "email")
    ordering = ("name",)
    inlines: ClassVar = [MembershipInline]

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        kwargs["form"] = NewUserForm if obj is None else UserForm
        if obj is None:
            kwargs["fields"] = None
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        names = ("email", "name", "password1", "password2") if obj is None else UserForm.Meta.fields
        return [(None, {"fields": names})]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Logs name their actor for ever; an account is switched off instead.
        return False


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "kind", "is_active")
    list_filter = ("kind", "is_active")

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ("user", "role", "organization")
    list_filter = ("role", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("user__name", "user__email")
