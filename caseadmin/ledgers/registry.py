"""Every ledger of the product, found in the ``ledgers`` module of each app."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.attachments.holding import hold

from .declaration import Ledger, Text


@dataclass(frozen=True)
class LedgerGroup:
    """An entry of the admin's menu that holds ledgers."""

    name: str
    label: Text
    icon: str = "folder-open-inverse"
    order: int = 200


class LedgerRegistry:
    """All ledgers by slug, in the order of their groups and of their own numbers."""

    def __init__(self) -> None:
        self._ledgers: dict[str, type[Ledger]] = {}
        self._groups: dict[str, LedgerGroup] = {}
        # Gives the ledgers that administrators defined, as they stand for this request.
        self.defined: Callable[[], Mapping[str, type[Ledger]]] = dict

    def register(self, declared: type[Ledger]) -> type[Ledger]:
        """Take a ledger in and put its permission policy in force.

        Raises:
            ImproperlyConfigured: It has no model or slug, or one of them is taken.
        """
        for name in ("model", "slug"):
            if not getattr(declared, name):
                raise ImproperlyConfigured(f"{declared.__qualname__} must set {name}")
        if declared.slug in self._ledgers:
            raise ImproperlyConfigured(f"Two ledgers are called {declared.slug!r}")
        if self.declared_for(declared.model) is not None:
            raise ImproperlyConfigured(f"Two ledgers show {declared.model._meta.label}")
        if declared.label is None:
            declared.label = capfirst(declared.model._meta.verbose_name_plural)
        self._ledgers[declared.slug] = declared
        if declared.attachments:
            hold(declared.model)
        self._put_policy_in_force(declared)
        return declared

    def _put_policy_in_force(self, declared: type[Ledger]) -> None:
        # Wagtail refuses a policy once anything has asked for the model's: so now.
        from wagtail.permissions import register_permission_policy  # app ready

        from .policy import LedgerPermissionPolicy  # app ready

        register_permission_policy(
            declared.model, LedgerPermissionPolicy(declared.model), exact_class=True
        )

    def add_group(self, group: LedgerGroup) -> LedgerGroup:
        """Name a group of the menu."""
        self._groups[group.name] = group
        return group

    def __iter__(self) -> Iterator[type[Ledger]]:
        return iter(sorted(self._ledgers.values(), key=self._place))

    def __len__(self) -> int:
        return len(self._ledgers)

    def _place(self, declared: type[Ledger]) -> tuple[int, str, int, str]:
        group = self.group(declared.group)
        return (group.order, group.name, declared.order, declared.slug)

    def get(self, slug: str) -> type[Ledger]:
        """Return a ledger.

        Raises:
            KeyError: There is none of this name.
        """
        declared = self._ledgers.get(slug)
        return declared if declared is not None else self.defined()[slug]

    def declared_for(self, model: Any) -> type[Ledger] | None:
        """Return the ledger of a model, if one was declared in code."""
        for declared in self._ledgers.values():
            if declared.model is model:
                return declared
        return None

    def for_model(self, model: Any) -> type[Ledger] | None:
        """Return the ledger of a model, if it has one."""
        found = self.declared_for(model)
        slug = getattr(model, "runtime_slug", "")
        return self.defined().get(slug) if found is None and slug else found

    def group(self, name: str) -> LedgerGroup:
        """Return a group of the menu; one nobody declared is called by its name."""
        return self._groups.get(name) or LedgerGroup(
            name, capfirst(name) or _("Ledgers"), order=900
        )

    def groups(self) -> list[tuple[LedgerGroup, list[type[Ledger]]]]:
        """Return the groups that have ledgers, with them, in the order of the menu."""
        found: dict[str, list[type[Ledger]]] = {}
        for declared in self:
            found.setdefault(declared.group, []).append(declared)
        return [(self.group(name), members) for name, members in found.items()]

    def open_to(self, user: Any) -> list[type[Ledger]]:
        """Return the ledgers a person may look into."""
        each = [*self, *self.defined().values()]
        return [declared for declared in each if declared.allows(user, "view")]


ledgers = LedgerRegistry()


def ledger(declared: type[Ledger]) -> type[Ledger]:
    """Class decorator: register a ledger."""
    return ledgers.register(declared)


def ledger_group(
    name: str, label: Text, *, icon: str = "folder-open-inverse", order: int = 200
) -> LedgerGroup:
    """Name a group of the admin's menu; ledgers join it by ``group = name``."""
    return ledgers.add_group(LedgerGroup(name, label, icon, order))


def autodiscover() -> None:
    """Import the ``ledgers`` module of every app, once."""
    autodiscover_modules("ledgers")
