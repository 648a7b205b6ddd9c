"""Put the ledgers into the admin."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from .bridge import register_with_wagtail
from .registry import autodiscover, ledgers
from .runtime.configuring import CONFIGURING, configuring_urls
from .runtime.made import NAMESPACE, group_of
from .runtime.services import may_configure
from .runtime.urls import defined_urls
from .views.choosing import PlacesView
from .views.matrix import MATRIX, matrix_urls, may_see_matrix

autodiscover()
register_with_wagtail()

DEFINED_ORDER = 150


@hooks.register("register_admin_urls")
def register_defined_ledgers() -> list[URLResolver]:
    """Ledgers without code, and the screens on which they and added fields are defined."""
    return [
        path("l/<slug:ledger_slug>/", include((defined_urls(), NAMESPACE), namespace=NAMESPACE)),
        path("definitions/", include((configuring_urls(), CONFIGURING), namespace=CONFIGURING)),
    ]


@hooks.register("register_admin_urls")
def register_matrix() -> list[URLPattern]:
    """The matrix of rights."""
    return matrix_urls()


@hooks.register("register_admin_urls")
def register_places() -> list[URLPattern]:
    """The second step of picking a place."""
    return [path("places/", PlacesView.as_view(), name="ledger_places")]


class MatrixMenuItem(MenuItem):
    """Leads to the matrix of rights; shown to those who may see it."""

    def is_shown(self, request: Any) -> bool:
        return may_see_matrix(request.user)


@hooks.register("register_reports_menu_item")
def register_matrix_menu_item() -> MenuItem:
    """The entry among the reports."""
    return MatrixMenuItem(
        _("Permission matrix"),
        reverse_lazy(MATRIX),
        name="permission-matrix",
        icon_name="key",
        order=850,
    )


@hooks.register("construct_main_menu")
def add_defined_ledgers(request: Any, menu_items: list[Any]) -> None:
    """Add the ledgers without code that the person may read, group by group."""
    groups: dict[str, list[MenuItem]] = {}
    for declared in ledgers.defined().values():
        if declared.allows(request.user, "view"):
            item = MenuItem(
                str(declared.label),
                declared.url("index"),
                name=f"defined-{declared.slug}",
                icon_name=declared.icon,
            )
            groups.setdefault(str(group_of(declared)), []).append(item)
    for number, (label, items) in enumerate(sorted(groups.items())):
        menu_items.append(
            SubmenuMenuItem(
                label,
                Menu(items=items),
                name=f"defined-group-{number}",
                icon_name="folder-open-inverse",
                order=DEFINED_ORDER + number,
            )
        )


class ConfiguringMenuItem(MenuItem):
    """Leads to the definitions; shown to those who may make them."""

    def is_shown(self, request: Any) -> bool:
        return may_configure(request.user)


@hooks.register("register_admin_menu_item")
def register_configuring_menu_item() -> MenuItem:
    """The entry of the menu for administrators."""
    return ConfiguringMenuItem(
        _("Fields and ledgers"),
        reverse_lazy(f"{CONFIGURING}:index"),
        name="definitions",
        icon_name="table",
        order=900,
    )
