"""Accounts, roles and the posts people hold."""

import uuid
from datetime import date, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.history.records import LedgerHistory


class User(AbstractUser):
    """A person on the staff, or a system account such as ``portal``.

    One ``name`` in Chinese order; there is no given and family name to put the wrong
    way round.  Accounts are switched off, never deleted: history points at them.
    """

    last_name = None  # type: ignore[assignment]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=150)
    is_system = models.BooleanField(
        _("system account"),
        default=False,
        help_text=_("Stands behind automatic work. Nobody signs in with it."),
    )
    password_changed_at = models.DateTimeField(
        _("password set at"), null=True, blank=True, editable=False
    )
    left_on = models.DateField(
        _("left on"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Whoever has left signs in no more; the account stays for the history."),
    )

    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "email"]

    wagtail_reference_index_ignore = True

    class Meta:
        # A site that installs the plugin may keep the user model it has.
        swappable = "AUTH_USER_MODEL"
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["username"]
        permissions = [
            ("issue_link_user", _("Can issue a link to set a password")),
            ("secure_user", _("Can unlock accounts, end sessions and remove second factors")),
        ]

    def __str__(self) -> str:
        return self.username

    def set_password(self, raw_password: str | None) -> None:
        """Set the password and note when; saving stays the caller's business."""
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()

    @property
    def first_name(self) -> str:  # type: ignore[override]
        """The name, where Wagtail's sidebar asks for a given name.  No column."""
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class Role(models.Model):
    """A role as data: its names, its department and, through its group, its rights."""

    code = models.SlugField(_("code"), max_length=40, primary_key=True)
    label_zh = models.CharField(_("Chinese name"), max_length=40)
    label_en = models.CharField(_("English name"), max_length=60)
    department = models.CharField(_("department"), max_length=40, blank=True)
    group = models.OneToOneField(
        Group, on_delete=models.PROTECT, related_name="role", verbose_name=_("group of rights")
    )
    sees_cases = models.BooleanField(
        _("reaches case files"),
        help_text=_("Whether a post with this role opens the case files of its territory."),
    )
    administrator = models.BooleanField(
        _("administrator"),
        default=False,
        help_text=_("Nobody holds two administrator roles at once."),
    )
    standing_approval = models.JSONField(
        _("standing approval"),
        default=list,
        blank=True,
        help_text=_("Kinds of record a post with this role opens without asking; * for all."),
    )
    field_rights = models.JSONField(_("rights on fields"), default=dict, editable=False)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["code"]
        permissions = [("view_matrix", _("Can see what every role may do"))]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        chinese = (get_language() or "zh-hans").startswith("zh")
        return self.label_zh if chinese else self.label_en


CONFIRMED_FOR = timedelta(days=365)
"""After a year somebody must say again that a post is still held.

Source: GB/T 22239-2019, 8.1.4.2 c) (accounts that are not needed are removed in time).  No clause
fixes the number; a year is the operator's.
"""

CONFIRMATION_NOTICE = timedelta(days=30)
"""How long before the year is over a post stands on the list."""


class PostQuerySet(models.QuerySet["Post"]):
    def held(self, on: date | None = None) -> Self:
        """Keep the posts held on a day (today by default)."""
        day = on or timezone.localdate()
        return self.filter(Q(held_from__lte=day), Q(held_to__isnull=True) | Q(held_to__gte=day))

    def to_confirm(self, on: date | None = None) -> Self:
        """Keep the posts held on a day that were last confirmed eleven months ago, oldest first.

        A post nobody has confirmed yet counts from its first day.  Asked anew each time: no job
        has to run.
        """
        day = on or timezone.localdate()
        rows = self.held(day).annotate(stands_since=Coalesce("confirmed_on", "held_from"))
        latest = day - CONFIRMED_FOR + CONFIRMATION_NOTICE
        return rows.filter(stands_since__lte=latest).order_by("stands_since", "pk")


class Post(models.Model):
    """One person in one role for one territory, from a day to a day.

    Both days count: a post ending today still holds today.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="posts",
        verbose_name=_("account"),
    )
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, related_name="posts", verbose_name=_("role")
    )
    territory = models.ForeignKey(
        "territories.Territory",
        on_delete=models.PROTECT,
        related_name="posts",
        verbose_name=_("territory"),
    )
    held_from = models.DateField(_("held from"))
    held_to = models.DateField(_("held until"), null=True, blank=True)
    confirmed_on = models.DateField(
        _("last confirmed on"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When somebody last said that the post is still needed."),
    )

    objects = PostQuerySet.as_manager()
    history = LedgerHistory()

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["-held_from"]
        constraints = [
            models.CheckConstraint(
                name="post_ends_after_it_begins",
                condition=Q(held_to__isnull=True) | Q(held_to__gte=models.F("held_from")),
                violation_error_message=_("The last day must not come before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.username}: {self.role_id}"

    @property
    def confirm_by(self) -> date:
        """The day by which somebody has to say again that the post is still needed."""
        return (self.confirmed_on or self.held_from) + CONFIRMED_FOR


class SignInAttempt(models.Model):
    """One try to sign in, or to prove again who one is.

    Neither what was typed nor the address is kept: both stand here as keyed digests, which tell
    whether two tries are alike and nothing else.
    """

    class Outcome(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        CONFIRMED = "confirmed", _("proved again who they are")
        WRONG = "wrong", _("wrong name or password")
        WRONG_CODE = "wrong_code", _("wrong second factor")
        LIMITED = "limited", _("refused: too many tries")
        REFUSED = "refused", _("refused: no post, or a technical account")
        UNLOCKED = "unlocked", _("unlocked")

    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="sign_in_attempts",
        verbose_name=_("account"),
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices)
    account_digest = models.CharField(max_length=22, db_index=True)
    address_digest = models.CharField(_("address, as a digest"), max_length=22, db_index=True)

    wagtail_reference_index_ignore = True

    class Meta:
        verbose_name = _("try to sign in")
        verbose_name_plural = _("tries to sign in")
        ordering = ["-at", "-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.outcome}"
