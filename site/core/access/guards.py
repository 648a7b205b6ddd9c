"""What services ask before they write: does the actor serve this territory?"""

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from .scope import Scope, current_scope, is_unscoped, scope_of

if TYPE_CHECKING:
    from core.accounts.models import User


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


def serves_town_or_district(actor: "User", code: str) -> bool:
    """Return whether the actor serves the town or the district a village lies in."""
    if is_unscoped():
        return True
    return any(len(p) < len(code) and code.startswith(p) for p in scope_for(actor).prefixes)
