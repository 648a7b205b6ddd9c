"""Who may do what with which rows: the one answer, for Wagtail and for the ledgers."""

from collections.abc import Iterable
from typing import Any

from wagtail.permission_policies.base import ModelPermissionPolicy

from core.access.scope import current_scope, scope_of


class LedgerPermissionPolicy(ModelPermissionPolicy):
    """Model permissions, and for a single row also the person's territories."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return bool(user.is_active and super().user_has_permission(user, action))

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        return self.user_has_permission(user, action) and self._covers(user, instance)

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> Any:
        if not self.user_has_any_permission(user, actions):
            return self.model._default_manager.none()
        return self.model._default_manager.visible_to(user)

    def _covers(self, user: Any, instance: Any) -> bool:
        scope = current_scope()
        if scope is None or scope.user_id != user.pk:
            scope = scope_of(user)
        return scope.covers(instance.territory_code)


class DefinedLedgerPolicy(LedgerPermissionPolicy):
    """The same for records of ledgers without code: each row says which ledger's rights hold."""

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        from .registry import ledgers  # circular import: the registry puts policies in force

        declared = ledgers.for_model(instance.own_kind)
        allowed = declared is not None and declared.allows(user, action)
        return allowed and self._covers(user, instance)
