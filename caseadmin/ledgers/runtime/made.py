"""Ledgers without code: a model and a ``Ledger`` class for each definition in force.

The model is a proxy of ``RuntimeRecord`` that knows its ledger: everything in the engine
that asks a model for its rows gets those of one ledger only.  It lives in an app registry
of its own, so that no migration, permission or content type is ever made for it.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.apps.registry import Apps
from django.db import models
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from core.access.managers import ScopedManager
from core.access.scope import current_scope, scope_of

from ..declaration import IO, Ledger, SearchFields, Section
from ..registry import ledgers
from . import store
from .models import RuntimeRecord
from .spec import ACTIONS, LedgerSpec, State, Words

NAMESPACE = "defined"
PERMISSION = "defined"

_models: dict[str, Any] = {}


def _only(slug: str) -> Q:
    return Q(ledger_slug=slug)


class _OfLedger(ScopedManager):
    """The rows of one ledger that are in scope."""

    def get_queryset(self) -> Any:
        model: Any = self.model
        return super().get_queryset().filter(_only(model.runtime_slug))


class _EveryOfLedger(models.Manager[Any]):
    """All rows of one ledger, for what works below the scope: saving, indexing."""

    def get_queryset(self) -> Any:
        model: Any = self.model
        return super().get_queryset().filter(_only(model.runtime_slug))


def model_of(slug: str) -> Any:
    """Return the model of a ledger without code; the same for as long as the process lives."""
    if slug not in _models:
        _models[slug] = _make_model(slug)
    return _models[slug]


def _make_model(slug: str) -> Any:
    def said(attribute: str) -> Any:
        # Read when it is shown: the name may change while the process lives.
        def text() -> str:
            ledger = store.definitions_of(slug).ledger
            return str(getattr(ledger, attribute)) if ledger is not None else slug

        return lazy(text, str)()

    meta = type(
        "Meta",
        (),
        {
            "proxy": True,
            "app_label": RuntimeRecord._meta.app_label,
            "apps": Apps(),
            "base_manager_name": "every",
            "default_manager_name": "objects",
            "verbose_name": said("one"),
            "verbose_name_plural": said("label"),
        },
    )

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        RuntimeRecord.__init__(self, *args, **kwargs)
        if not self.ledger_slug:
            self.ledger_slug = slug

    made: Any = type(
        RuntimeRecord.__name__,
        (RuntimeRecord,),
        {
            "__module__": RuntimeRecord.__module__,
            "__init__": __init__,
            "Meta": meta,
            "runtime_slug": slug,
            "objects": _OfLedger(),
            "every": _EveryOfLedger(),
        },
    )
    _keep_history(made)
    return made


def _keep_history(made: Any) -> None:
    """Let saves of the proxy write history: signals are sent for the very class saved."""
    from core.history.records import refuse_without_actor

    name = RuntimeRecord._meta.simple_history_manager_attribute  # type: ignore[attr-defined]
    made._meta.simple_history_manager_attribute = name
    records = _records()
    for signal, handler in (
        (models.signals.post_save, records.post_save),
        (models.signals.post_delete, records.post_delete),
        (models.signals.pre_delete, records.pre_delete),
    ):
        signal.connect(handler, sender=made, weak=False)
    for signal in (models.signals.pre_save, models.signals.pre_delete):
        signal.connect(refuse_without_actor, sender=made, dispatch_uid=f"actor {made.runtime_slug}")


def _records() -> Any:
    """Return the ``LedgerHistory`` of the concrete model: the receiver of its own signals."""
    for receiver in models.signals.post_save._live_receivers(RuntimeRecord)[0]:
        owner = getattr(receiver, "__self__", None)
        if owner is not None and hasattr(owner, "create_historical_record"):
            return owner
    raise LookupError("RuntimeRecord keeps no history")


class DefinedLedger(Ledger):
    """A ledger that an administrator defined.  Base of those made at run time."""

    described: ClassVar[LedgerSpec]
    model = RuntimeRecord
    group = "defined"
    key = "number"
    columns = ["number", "territory"]
    filters = ["territory"]
    search = SearchFields(places=["territory.path_name"], codes=["number"])
    sections = [Section(_("Record"), ["number", "territory"])]
    io = IO(fields=["number", "territory"])
    runtime_fields = True

    @classmethod
    def namespace(cls) -> str:
        return NAMESPACE

    @classmethod
    def url(cls, name: str, *args: Any) -> str:
        return reverse(f"{NAMESPACE}:{name}", args=(cls.slug, *args))

    @classmethod
    def permission(cls, action: str) -> str:
        return action if "." in action else f"{PERMISSION}.{action}_{cls.slug}"

    @classmethod
    def granted(cls, role_code: str) -> Sequence[str]:
        return cls.described.grants.get(role_code, ())


def make_ledger(slug: str, described: LedgerSpec) -> type[DefinedLedger]:
    """Return the ledger class of a definition."""
    return type(
        "DefinedLedger",
        (DefinedLedger,),
        {
            "described": described,
            "slug": slug,
            "label": described.label.lazily(),
            "icon": described.icon,
            "model": model_of(slug),
        },
    )


def defined_ledgers() -> dict[str, type[Ledger]]:
    """Return the ledgers without code that are in use, by slug, for this request."""
    loaded = store.current()
    if not loaded.is_made:
        loaded.ledgers = {
            slug: make_ledger(slug, definitions.ledger)
            for slug, definitions in sorted(loaded.sets.items())
            if definitions.ledger is not None and definitions.ledger.state == State.ACTIVE
        }
        loaded.is_made = True
        _bring_search_up_to_date(loaded.ledgers)
    return loaded.ledgers


_searched: set[str] = set()


def _bring_search_up_to_date(found: dict[str, Any]) -> None:
    from search.registry import unregister_searchable  # app ready

    from ..searching import register  # app ready

    for slug in _searched - set(found):
        unregister_searchable(slug)
    _searched.clear()
    for slug, declared in found.items():
        register(declared)
        _searched.add(slug)


def ledger_called(slug: str) -> type[Ledger]:
    """Return a ledger without code for an address.

    Raises:
        Http404: None of this name is in use.
    """
    try:
        return defined_ledgers()[slug]
    except KeyError:
        raise Http404 from None


def group_of(declared: Any) -> Words:
    """Return the group of the menu in which a ledger without code stands."""
    described: LedgerSpec = declared.described
    return described.group if str(described.group) else Words("自建台账", "Further ledgers")


class DefinedLedgerBackend:
    """Answers what a person may do in a ledger without code: by role, from its definition.

    A right is asked for as ``defined.<action>_<slug>``, like any permission of Django, so
    that nothing in the engine knows the difference.
    """

    def authenticate(self, request: Any, **credentials: Any) -> None:
        """Nobody signs in here."""
        return None

    def get_user(self, user_id: Any) -> None:
        """Nobody signed in here."""
        return None

    def has_perm(self, user: Any, permission: str, obj: Any = None) -> bool:
        """Return whether one of the roles a person holds today has a right."""
        app, _dot, name = permission.partition(".")
        action, _line, slug = name.rpartition("_")
        if app != PERMISSION or action not in ACTIONS or not user.is_active:
            return False
        definitions = store.definitions_of(slug)
        if definitions.ledger is None or definitions.ledger.state != State.ACTIVE:
            return False
        scope = current_scope()
        if scope is None or scope.user_id != user.pk:
            scope = scope_of(user)
        return any(action in definitions.ledger.grants.get(role, ()) for role in scope.roles)


ledgers.defined = defined_ledgers


def put_policy_in_force() -> None:
    """Tell Wagtail, which asks for who else has a record open, whose rights hold."""
    from wagtail.permissions import register_permission_policy  # app ready

    from ..policy import DefinedLedgerPolicy  # app ready

    register_permission_policy(RuntimeRecord, DefinedLedgerPolicy(RuntimeRecord), exact_class=True)
