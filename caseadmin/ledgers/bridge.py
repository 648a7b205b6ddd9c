"""The only file that imports wagtail-modeladmin: it registers, Wagtail's views answer.

``ModelAdmin`` gives menus, groups and the registration that the product is built on; its
own views are left aside, because they check neither rows nor, for history, permissions.
"""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.urls import URLResolver, include, path, reverse
from wagtail.admin.admin_url_finder import ModelAdminURLFinder, register_admin_url_finder
from wagtail.permissions import policy_registry
from wagtail_modeladmin.helpers import AdminURLHelper, PermissionHelper
from wagtail_modeladmin.options import ModelAdmin, ModelAdminGroup, modeladmin_register

from .declaration import Ledger
from .registry import LedgerGroup, ledgers
from .urls import ledger_urls

# modeladmin's names of pages, and the ledgers'.
PAGES = {"index": "index", "create": "add", "inspect": "view"}


class LedgerURLHelper(AdminURLHelper):
    """Lead modeladmin's menus and buttons to the ledger's pages."""

    ledger: type[Ledger]

    def get_action_url_name(self, action: str) -> str:
        return f"{self.ledger.namespace()}:{PAGES.get(action, action)}"

    def get_action_url(self, action: str, *args: Any, **kwargs: Any) -> str:
        return reverse(self.get_action_url_name(action), args=args, kwargs=kwargs)


class LedgerPermissionHelper(PermissionHelper):
    """Ask the one permission policy."""

    def _policy(self) -> Any:
        return policy_registry.get_by_type(self.model)

    def user_can_list(self, user: Any) -> bool:
        return bool(self._policy().user_has_permission(user, "view"))

    def user_can_create(self, user: Any) -> bool:
        return bool(self._policy().user_has_permission(user, "add"))

    def user_can_inspect_obj(self, user: Any, obj: Any) -> bool:
        return bool(self._policy().user_has_permission_for_instance(user, "view", obj))

    def user_can_edit_obj(self, user: Any, obj: Any) -> bool:
        return bool(self._policy().user_has_permission_for_instance(user, "change", obj))

    def user_can_delete_obj(self, user: Any, obj: Any) -> bool:
        return bool(self._policy().user_has_permission_for_instance(user, "delete", obj))


class RecordURLFinder(ModelAdminURLFinder):
    """Where Wagtail links to a record: its page, for whoever may see it."""

    def get_edit_url(self, instance: Any) -> str | None:
        policy = policy_registry.get(instance)
        if self.user and not policy.user_has_permission_for_instance(self.user, "view", instance):
            return None
        return self.construct_edit_url(instance)  # type: ignore[no-any-return]


class LedgerAdmin(ModelAdmin):
    """A ledger, as modeladmin knows it."""

    ledger: type[Ledger]
    permission_helper_class = LedgerPermissionHelper
    inspect_view_enabled = True

    def get_menu_label(self) -> Any:
        return self.ledger.label

    def get_menu_item_name(self) -> str:
        return self.ledger.slug

    def get_menu_icon(self) -> str:
        return self.ledger.icon

    def get_admin_urls_for_registration(self) -> tuple[URLResolver, ...]:
        namespace = self.ledger.namespace()
        return (
            path(
                f"{self.ledger.slug}/",
                include((ledger_urls(self.ledger), namespace), namespace=namespace),
            ),
        )

    def get_permissions_for_registration(self) -> Any:
        content_type = ContentType.objects.get_for_model(self.model)
        return Permission.objects.filter(content_type=content_type)

    def register_admin_url_finders(self) -> None:
        finder = type(
            "LedgerURLFinder",
            (RecordURLFinder,),
            {"edit_url_name": f"{self.ledger.namespace()}:view"},
        )
        register_admin_url_finder(self.model, finder)

    def register_indexing(self) -> None:
        """Keep case rows out of Wagtail's reference index: it copies and shows them."""


class LedgerAdminGroup(ModelAdminGroup):
    """A group of ledgers in the menu; it is not there where none may be opened."""

    group: LedgerGroup

    def get_menu_label(self) -> Any:
        return self.group.label

    def get_menu_item_name(self) -> str:
        return f"ledgers-{self.group.name}"

    def get_menu_icon(self) -> str:
        return self.group.icon

    def get_menu_order(self) -> int:
        return self.group.order

    def register_indexing(self) -> None:
        """Nothing of a group is indexed."""


def admin_class(ledger: type[Ledger]) -> type[LedgerAdmin]:
    """Return the modeladmin class of a ledger."""
    url_helper = type("URLHelper", (LedgerURLHelper,), {"ledger": ledger})
    return type(
        f"{ledger.__name__}Admin",
        (LedgerAdmin,),
        {"ledger": ledger, "model": ledger.model, "url_helper_class": url_helper},
    )


def register_with_wagtail() -> None:
    """Register every ledger, group by group."""
    for group, members in ledgers.groups():
        modeladmin_register(
            type(
                f"{group.name.title()}Group",
                (LedgerAdminGroup,),
                {"group": group, "items": tuple(admin_class(ledger) for ledger in members)},
            )
        )
