"""People who work with cases, their organizations and roles."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from accounts.roles import MEMBER_ROLES, Actor, Role


class OrganizationKind(models.TextChoices):
    HOTLINE = "hotline", "Legal-aid hotline"
    PROVIDER = "provider", "Legal provider"
    FUNDER = "funder", "Funder"
    FUND = "fund", "The fund's own office"


class Organization(models.Model):
    """One that works with the fund; providers and vault readers hang on it."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=OrganizationKind.choices)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Accounts by e-mail address; there is no user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff of the hotline, a provider, the fund or a funder. Families have no account."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may open the admin", default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Membership(models.Model):
    """The one role a person has; a person with two roles has two accounts, so that a log names the hat worn."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="membership")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.label) for role in MEMBER_ROLES])

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in MEMBER_ROLES]), name="membership_role_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.organization}"

    def actor(self) -> Actor:
        return Actor(Role(self.role), user_id=self.user_id, organization_id=self.organization_id)


class Invitation(models.Model):
    """A one-time way in for a person a lead (or, for an organization's first lead, the operator) asked to join."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=[(role.value, role.label) for role in MEMBER_ROLES])
    # SHA-256 of the token in the e-mail: who reads the table gets no way in.
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"invitation to {self.organization}"


class PeopleEventKind(models.TextChoices):
    INVITED = "invited", "Invited"
    JOINED = "joined", "Joined"
    KEY_MADE = "key_made", "Made the organization's key"
    PASSPHRASE_SET = "passphrase_set", "Set a vault passphrase"
    LET_IN = "let_in", "Was let in to the vault"
    RECOVERED = "recovered", "Used the recovery key"
    RECOVERY_REPLACED = "recovery_replaced", "Replaced the recovery key"
    REMOVED = "removed", "Was removed"
    ROTATED = "rotated", "Changed the organization's key"


class PeopleEvent(models.Model):
    """Who was let in, left or used the recovery key: an organization's own log, append-only."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=PeopleEventKind.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    about = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.kind} by {self.by_id}"
