"""Who needs a second factor, who has one, and whether it was used in this session.

The rule looks at rights, not at names of roles: a right given tomorrow is covered tomorrow.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from core.access.models import CASE_PERMISSIONS, CaseModel
from core.crypto.keys import ring
from core.crypto.rotation import Store, stores
from core.crypto.seal import CannotOpen, Sealed, seal, unseal

if TYPE_CHECKING:
    from django.http import HttpRequest

    from .models import Post, Role, User

logger = logging.getLogger("tonghu.accounts")

# What the matrix of rights on fields (core.access.rights) may say of values of class 3 and 4 that
# shows them in the clear. A name by itself is shown to every role that reaches case files.
SHOWN = frozenset({"reveal", "read", "write"})
NAME = "@name"
# Where a role reaches case files, everything beyond reading masked values needs the factor:
# a form shows what it changes, a sheet takes along what it holds.
MASKED_READING = frozenset({"view", "view_history"})
BEYOND_READING = tuple(action for action in CASE_PERMISSIONS if action not in MASKED_READING)

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@lru_cache
def rights_beyond_reading() -> frozenset[str]:
    """Return ``app.codename`` of every right that reaches values of class 3 and 4."""
    return frozenset(
        f"{model._meta.app_label}.{action}_{model._meta.model_name}"
        for model in apps.get_models()
        if issubclass(model, CaseModel)
        for action in BEYOND_READING
    )


def shows_sensitive(matrix: Mapping[str, Any]) -> bool:
    """Return whether rights on fields show a value of class 3 or 4 in the clear, on any record."""
    return any(
        right in SHOWN and (key in {"3", "4"} or (key.startswith("@") and key != NAME))
        for row in (matrix, *matrix.get("models", {}).values())
        for key, right in row.items()
        if isinstance(right, str)
    )


def rights_need_factor(
    rights: Iterable[str],
    *,
    reaches_cases: bool,
    administers: bool = False,
    matrices: Iterable[Mapping[str, Any]] = (),
) -> bool:
    """Return whether somebody with these rights must prove a second factor.

    Legal source: GB/T 22239-2019, 8.1.4.1 d) (two kinds of proof, one of them
    cryptographic); 未成年人网络保护条例 art. 36 (least privilege, approval).

    Args:
        rights: ``app.codename`` of each right.
        reaches_cases: Whether a role held opens case files.
        administers: Whether one of the three administrator roles is held.
        matrices: Rights on fields of the roles held that open case files.
    """
    if administers or any(shows_sensitive(matrix) for matrix in matrices):
        return True
    held = set(rights)
    return reaches_cases and not held.isdisjoint(rights_beyond_reading())


def role_needs_factor(role: "Role") -> bool:
    """Return whether a role by itself asks for a second factor."""
    rights = role.group.permissions.values_list("content_type__app_label", "codename")
    return rights_need_factor(
        (f"{app}.{codename}" for app, codename in rights),
        reaches_cases=role.sees_cases,
        administers=role.administrator,
        matrices=[role.field_rights] if role.sees_cases else [],
    )


def needs_factor(user: Any, posts: "Iterable[Post]") -> bool:
    """Return whether this person must prove a second factor today.

    Args:
        user: A signed-in account.
        posts: What it holds today, with the role loaded.
    """
    if not settings.SECOND_FACTOR_REQUIRED:
        return False
    if user.is_superuser:
        return True
    roles = [post.role for post in posts]
    return rights_need_factor(
        user.get_all_permissions(),
        reaches_cases=any(role.sees_cases for role in roles),
        administers=any(role.administrator for role in roles),
        matrices=[role.field_rights for role in roles if role.sees_cases],
    )


def factors_of(user: Any) -> QuerySet[Authenticator]:
    """Return the second factors of a person, recovery codes left out."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS)


def has_factor(user: Any) -> bool:
    """Return whether a second factor has been set up."""
    return factors_of(user).exists()


def factor_proven(request: "HttpRequest") -> bool:
    """Return whether a second factor was used in this very session, by this very person."""
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return any(record.get("method") == "mfa" for record in records)


def remove_factors(user: "User") -> int:
    """Take every second factor and all recovery codes away, and return how many factors."""
    count = factors_of(user).count()
    Authenticator.objects.filter(user=user).delete()
    return count


# --- Secrets under the key ring --------------------------------------------------------

SECRETS = "mfa.Authenticator.data"
SEALED_PARTS = ("secret", "seed")


def _sealed() -> Iterator[tuple[Authenticator, str, Sealed]]:
    for factor in Authenticator.objects.order_by("pk").iterator():
        for part in SEALED_PARTS:
            if part in factor.data:
                yield factor, part, Sealed(factor.data[part])


def secrets_left(number: int | None = None) -> int:
    """Count secrets closed by a key, or by any but the current one."""
    current = ring().current
    keys = [sealed.key_number for _factor, _part, sealed in _sealed()]
    return sum(key != current if number is None else key == number for key in keys)


def reseal_secrets() -> int:
    """Close all secrets of factors with the current key, and return how many were moved.

    What opens with no key of the ring is left as it is.
    """
    moved = 0
    for factor, part, sealed in _sealed():
        if sealed.key_number == ring().current:
            continue
        with transaction.atomic():
            # Somebody may use a recovery code at this moment: its mark is in the same column.
            locked = Authenticator.objects.select_for_update().filter(pk=factor.pk).first()
            if locked is None or locked.data.get(part) != sealed:
                continue
            try:
                locked.data[part] = str(seal(unseal(sealed, SECRETS), SECRETS))
            except CannotOpen:
                logger.error("the secret of second factor %s does not open", factor.pk)
                continue
            locked.save(update_fields=["data"])
            moved += 1
    return moved


stores.append(Store("mfa_authenticator.data", secrets_left, reseal_secrets))
