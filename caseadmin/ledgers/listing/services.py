"""Keep columns and views, and hand them to the list without a question to the database."""

import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from core.access.scope import Scope, current_scope
from core.crypto.fields import EncryptedTextField

from ..columns import drawn_columns
from ..declaration import Column, Ledger
from ..paths import UnknownPath, resolve
from ..sight import Sight
from .models import SavedView

if TYPE_CHECKING:
    from core.accounts.models import User

MOST_COLUMNS = 8
FRESH_SECONDS = 300
SESSION_KEY = "ledger-lists"
# What an address may say beside filters and order: no part of a view.
NOT_KEPT = ("p", "view", "_w_filter_fragment", "export", "q")


def offered_columns(ledger: type[Ledger], sight: Sight) -> dict[str, Column]:
    """Return every column a person may choose and is shown, by name: the declared ones first.

    The others are fields of the form that hold one short value.
    """
    found = {column.name: column for column in drawn_columns(ledger, sight)}
    for name in ledger.shown_fields():
        if name in found:
            continue
        try:
            field = resolve(ledger.model, name).field
        except UnknownPath:
            continue
        if field is not None and not field.many_to_many and not _is_running_text(field):
            column = Column(name)
            if sight.draws(ledger, column):
                found[name] = column
    return found


def _is_running_text(field: Any) -> bool:
    """Return whether a field holds text too long for a cell."""
    if isinstance(field, EncryptedTextField):
        return field.max_length is None
    return bool(field.get_internal_type() == "TextField")


def arrangement(ledger: type[Ledger], request: HttpRequest) -> dict[str, Any]:
    """Return the person's columns and the views they are offered.

    Kept in the session for ``FRESH_SECONDS``: the list need not ask for them each time.
    """
    if not hasattr(request, "session"):
        # A job replays the list for somebody who is not there.
        return _read(ledger, request.user, current_scope() or Scope())
    kept = request.session.get(SESSION_KEY, {})
    mine = kept.get(ledger.slug)
    if mine is None or time.time() - mine["at"] > FRESH_SECONDS:
        mine = _read(ledger, request.user, current_scope() or Scope())
        request.session[SESSION_KEY] = {**kept, ledger.slug: mine}
    return dict(mine)


def forget(ledger: type[Ledger], request: HttpRequest) -> None:
    """Let the next list ask afresh."""
    kept = dict(request.session.get(SESSION_KEY, {}))
    kept.pop(ledger.slug, None)
    request.session[SESSION_KEY] = kept


def _read(ledger: type[Ledger], user: Any, scope: Scope) -> dict[str, Any]:
    columns: list[str] = []
    views = []
    for view in SavedView.objects.filter(ledger=ledger.slug).offered(user, scope):
        if not view.name:
            columns = view.columns if view.owner_id == user.pk else columns
            continue
        views.append(
            {
                "id": str(view.pk),
                "name": view.name,
                "query": view.query,
                "columns": view.columns,
                "own": view.owner_id == user.pk,
                "default": view.is_default and view.owner_id == user.pk,
            }
        )
    return {"at": int(time.time()), "columns": columns, "views": views}


def chosen_columns(ledger: type[Ledger], names: Sequence[str], sight: Sight) -> list[Column]:
    """Return the columns of these names, the record's own name always first.

    Names that are no longer offered are left out; none means the declared columns.
    """
    offered = offered_columns(ledger, sight)
    declared = [column.name for column in drawn_columns(ledger, sight)]
    if not declared:
        return []
    wanted = [name for name in names if name in offered and name != declared[0]]
    if not wanted:
        return [offered[name] for name in declared]
    return [offered[name] for name in (declared[0], *wanted[: MOST_COLUMNS - 1])]


def kept_query(query: QueryDict) -> str:
    """Return filters and order as a view keeps them."""
    copied = query.copy()
    for name in NOT_KEPT:
        copied.pop(name, None)
    return copied.urlencode()


def keep_columns(ledger: type[Ledger], names: Sequence[str], *, owner: "User") -> None:
    """Keep how a person wants to see the list.

    Raises:
        ValidationError: More columns than a screen holds.
    """
    _check_columns(names)
    SavedView.objects.update_or_create(
        ledger=ledger.slug, owner=owner, name="", defaults={"columns": list(names)}
    )


def _check_columns(names: Sequence[str]) -> None:
    if len(names) > MOST_COLUMNS:
        raise ValidationError(
            {"columns": _("Choose at most %(most)s columns.") % {"most": MOST_COLUMNS}}
        )


@transaction.atomic
def save_view(
    ledger: type[Ledger],
    *,
    owner: "User",
    name: str,
    query: str,
    columns: Sequence[str],
    is_default: bool,
    is_shared: bool,
    shared_role: str,
    scope: Scope,
) -> SavedView:
    """Keep a view under a name; one's own of the same name is replaced.

    A shared view is offered inside the sharer's own territory only.

    Raises:
        ValidationError: There is no name, or too many columns.
    """
    if not name.strip():
        raise ValidationError({"name": _("Give the view a name.")})
    _check_columns(columns)
    if is_default:
        SavedView.objects.filter(ledger=ledger.slug, owner=owner).update(is_default=False)
    view, _created = SavedView.objects.update_or_create(
        ledger=ledger.slug,
        owner=owner,
        name=name.strip()[:40],
        defaults={
            "query": query,
            "columns": list(columns),
            "is_default": is_default,
            "is_shared": is_shared,
            "shared_within": min(scope.prefixes, key=len, default="") if is_shared else "",
            "shared_role": shared_role if is_shared else "",
        },
    )
    return view


def delete_view(ledger: type[Ledger], pk: uuid.UUID, *, owner: "User") -> bool:
    """Delete one's own view; return whether there was one."""
    own = SavedView.objects.filter(ledger=ledger.slug, owner=owner, pk=pk).exclude(name="")
    return bool(own.delete()[0])
