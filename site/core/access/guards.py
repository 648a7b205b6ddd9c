"""What services ask before they write: does the actor serve this territory?"""

from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model
from django.utils.translation import gettext as _

from .scope import Scope, current_scope, is_unscoped, scope_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from core.accounts.models import User

Row = TypeVar("Row", bound=Model)


def scope_for(actor: "User") -> Scope:
    """Return the actor's scope: the one in force if it is theirs, else a fresh one."""
    scope = current_scope()
    if scope is not None and scope.user_id == actor.pk:
        return scope
    return scope_of(actor)


def require_reach(actor: "User", code: str) -> None:
    """Let the actor pass if they serve the territory.

    Commands and jobs that run ``unscoped`` have said why and pass.

    Raises:
        PermissionDenied: The territory is none of theirs. The words are the same
            whether or not a row exists there.
    """
    if is_unscoped() or scope_for(actor).covers(code):
        return
    raise PermissionDenied(_("There is no such record in the territory you serve."))


def reached(rows: "QuerySet[Row]", actor: "User", pk: Any) -> Row:
    """Return one stored row, if the actor serves its territory.

    Args:
        rows: Of the plain manager, locked and joined as the caller needs.
        actor: Who is going to write.
        pk: Which row.

    Raises:
        PermissionDenied: There is none in their territory, which is all that is said:
            with row-level security a foreign row and none look the same.
    """
    row = rows.filter(pk=pk).first()
    require_reach(actor, row.territory_code if row is not None else "")  # type: ignore[attr-defined]
    if row is None:
        raise PermissionDenied(_("There is no such record in the territory you serve."))
    return row


def out_of_reach(row: Any, field: Any) -> bool:
    """Whether a foreign key leads to a case row outside the scope in force.

    A pairing lies where the child lives; its volunteer may live in another town.  The
    database may give such a row (a forward key walks past the managers) or deny that there
    is one (row-level security); on the page it must be the same.

    Args:
        row: A row in reach.
        field: One of its fields.
    """
    related = getattr(field, "related_model", None)
    if not hasattr(related, "territory_code") or not getattr(field, "concrete", False):
        return False
    if field.many_to_many or getattr(row, field.attname) is None or is_unscoped():
        return False
    try:
        found = getattr(row, field.name)
    except ObjectDoesNotExist:
        return True
    scope = current_scope()
    # Joined to the row, what the wall hides is none.
    return found is None or (scope is not None and not scope.covers(found.territory_code))


def serves_town_or_district(actor: "User", code: str) -> bool:
    """Return whether the actor serves the town or the district a village lies in."""
    if is_unscoped():
        return True
    return any(len(p) < len(code) and code.startswith(p) for p in scope_for(actor).prefixes)
