"""What every page of every ledger shares: permission first, then rows in scope only."""

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import UUIDField, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse
from django.urls import NoReverseMatch
from django.utils.functional import cached_property
from django.utils.text import capfirst
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.models import GroupCollectionPermission, GroupPagePermission, GroupSitePermission
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permission_policies.sites import SitePermissionPolicy

from core.access.opening import NeedsApproval, require_open, telling_openings
from core.access.scope import current_scope
from core.audit.services import HEAD_SEEN, head_now, record

from .. import chrome, holdings
from ..declaration import Ledger
from ..presentation import name_of
from ..runtime.store import note_token, token_rows

if TYPE_CHECKING:
    from core.accounts.models import User


class LedgerScopeMixin:
    """Answer each of Wagtail's questions "which rows?" with the rows in scope.

    Wagtail 8 asks through five hooks, a different one for each kind of view; forgetting
    one opens a door.  All lead here.  A row out of scope is not there: 404.
    """

    ledger: ClassVar[type[Ledger]] = Ledger
    permission: ClassVar[str] = "view"
    # Whether the record is held until the end of the transaction.
    locking = False
    # Whether the page shows what belongs to the record, or what did.
    tells_of_parts: ClassVar[bool] = False

    request: HttpRequest
    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chrome.mark(request)
        spare_look_ups(request.user)
        self.check_permission()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc, no-any-return]

    def check_permission(self) -> None:
        """Refuse whoever may not do this in the ledger at all, before any row is looked up.

        Raises:
            PermissionDenied: They may not.
        """
        if not self.ledger.allows(self.request.user, self.permission):
            raise PermissionDenied

    @property
    def actor(self) -> "User":
        """Who is signed in; the admin lets nobody else in."""
        return cast("User", self.request.user)

    def allows(self, action: str) -> bool:
        """Return whether the person may do something in this ledger."""
        return self.ledger.allows(self.request.user, action)

    def get_base_queryset(self) -> Any:
        return self.ledger.queryset()

    def get_queryset(self) -> Any:
        return self.get_base_queryset()

    def get_base_object_queryset(self) -> Any:
        return self.get_base_queryset()

    def get_object_list(self) -> Any:
        return self.get_base_queryset()

    def get_object(self, queryset: Any = None) -> Any:
        """Return the record of the address.

        Raises:
            Http404: There is none in scope.
        """
        rows = self.telling(self.select(self.get_base_queryset())).filter(pk=self.kwargs["pk"])
        if self.tells_of_parts and not self.locking:
            rows = holdings.ask(self.ledger, rows)
        if self.locking:
            rows = rows.select_for_update(of=("self",))
        # There is one or none: ``first`` would sort.
        found = next(iter(rows.order_by()[:1]), None)
        scope = current_scope()
        if found is None or scope is None or not scope.covers(found.territory_code):
            raise Http404
        holdings.note(self.ledger, found)
        return found

    def telling(self, rows: Any) -> Any:
        """Have the query tell also what the page would ask about the record at once."""
        return rows

    def select(self, rows: Any) -> Any:
        """Join what the page will name; a save that goes well names nothing but the place."""
        names = []
        for name in self.ledger.shown_fields():
            field = self.ledger.field(name)
            if field.is_relation and field.concrete and not field.many_to_many:
                if field.related_model._meta.label == "territories.Territory":
                    names.append(name if self.locking else f"{name}__parent")
                elif not self.locking:
                    names.append(name)
        if not self.locking:
            names.append("updated_by")
        return rows.select_related(*names) if names else rows


class LedgerPage(LedgerScopeMixin, WagtailAdminTemplateMixin):
    """A page about the ledger, with Wagtail's header and breadcrumbs."""

    def get_header_icon(self) -> str:
        return self.ledger.icon

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        home = list(super().get_breadcrumbs_items())
        return [*home, {"url": self.ledger.url("index"), "label": str(self.ledger.label)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(ledger=self.ledger, **kwargs)


# What the addresses of a record's own pages carry; everything else is the list's.
OWN_WORDS = frozenset(
    {"restore", "change", "at", "from", "to", "format", "p", "person", "since", "until"}
)


class RecordPage(LedgerPage):
    """A page about one record.

    Whoever gets an answer with the record in it leaves exactly one entry in the log, in
    the transaction of the answer: a page that writes none itself gets the plain one
    here, so that a page somebody adds later cannot forget it.

    Attributes:
        page_code: Which of the record's pages it is, for the log.
        asks_approval: Whether opening it needs an approval; only a page that shows
            nothing of the record but its number may say no.
        is_look: Whether its answer is a look at the record, for the log.
    """

    page_code: ClassVar[str] = ""
    asks_approval: ClassVar[bool] = True
    is_look: ClassVar[bool] = True
    has_logged = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            # Nothing but the entry is written, so it needs no lock while the page is made.
            return self._answered(request, *args, **kwargs)
        with transaction.atomic():
            return self._answered(request, *args, **kwargs)

    def _answered(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except NeedsApproval:
            return HttpResponseRedirect(self.ledger.url("ask", self.kwargs["pk"]))
        if self.is_look and not self.has_logged and shows_record(response):
            if isinstance(response, SimpleTemplateResponse):
                # Drawn first: the end of the log is locked for as short as can be.
                response.render()
            self.log("tonghu.view")
        return response

    def get_object(self, queryset: Any = None) -> Any:
        """Return the record of the address, if the person may open it.

        Raises:
            Http404: There is none in scope.
            NeedsApproval: There is, and nobody approved that they open it.
        """
        found = super().get_object(queryset)
        if self.asks_approval:
            require_open(self.actor, found)
        return found

    def telling(self, rows: Any) -> Any:
        rows = telling_openings(self.actor, rows) if self.asks_approval else rows
        if self.is_look and self.request.method in ("GET", "HEAD"):
            rows = rows.annotate(**{HEAD_SEEN: head_now()})
        return rows

    @cached_property
    def object(self) -> Any:
        """The record."""
        return self.get_object()

    @property
    def list_query(self) -> str:
        """Filters and order of the list the person came from, with the question mark."""
        given = self.request.GET.copy()
        for name in [name for name in given if name in OWN_WORDS]:
            del given[name]
        return f"?{given.urlencode()}" if given else ""

    @property
    def number(self) -> str:
        """How titles, messages and the log call the record."""
        return name_of(self.object)

    def get_page_subtitle(self) -> str:
        return self.number

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        *items, index = super().get_breadcrumbs_items()
        items.append({**index, "url": index["url"] + self.list_query})
        if self.page_title:
            view = self.ledger.url("view", self.object.pk) + self.list_query
            items.append({"url": view, "label": self.number})
            items.append({"url": "", "label": str(self.page_title), "sublabel": self.number})
        else:
            items.append({"url": "", "label": self.number})
        return items

    def get_header_title(self) -> str:
        parts = [str(self.page_title), capfirst(str(self.ledger.one())), self.number]
        return " · ".join(part for part in parts if part)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(object=self.object, number=self.number, **kwargs)

    def log(self, action: str, *, reason: str = "", **data: Any) -> None:
        """Write into the log that the record was looked at or changed.

        Args:
            action: What was done.
            reason: Why, in the person's words.
            data: Names of fields and pages, never values.

        Legal source: 未成年人网络保护条例 art. 36: access to minors' information is recorded.
        """
        if self.page_code:
            data.setdefault("page", self.page_code)
        record(action, actor=self.actor, instance=self.object, data=data, reason=reason)
        self.has_logged = True


def shows_record(response: HttpResponse) -> bool:
    """Return whether an answer carries a page: no redirect, no refusal of the method."""
    return response.status_code < 300 or response.status_code in (409, 422)


RIGHTS_ON_PAGES = {
    PagePermissionPolicy: GroupPagePermission,
    CollectionPermissionPolicy: GroupCollectionPermission,
    SitePermissionPolicy: GroupSitePermission,
}
LOOKED_UP = "_looked_up_with_rights"


def spare_look_ups(user: Any) -> None:
    """Ask in one query what Wagtail's menu would ask three tables for, and a fourth.

    Case workers hold no rights on pages, collections or sites: their groups have no row
    there, and the policies' own cache on the user takes that answer.  The token of the
    definitions in force, which every ledger with added fields needs, comes along.
    """
    if user.is_superuser or getattr(user, LOOKED_UP, False):
        return
    setattr(user, LOOKED_UP, True)
    nothing = Value(None, output_field=UUIDField())
    held = [
        model.objects.filter(group__user=user).order_by().values_list(nothing, Value("right"))
        for model in RIGHTS_ON_PAGES.values()
    ]
    token = None
    holds_rights = False
    for value, kind in token_rows().values_list("token", Value("token")).union(*held):
        if kind == "token":
            token = value
        else:
            holds_rights = True
    note_token(token)
    if not holds_rights:
        for policy in RIGHTS_ON_PAGES:
            setattr(user, policy.permission_cache_name, GroupPagePermission.objects.none())


def ask_along() -> None:
    """Let the accounts of this product ask the same together with a person's rights."""
    from core.accounts.backends import AskedAlong, asked_along  # app ready

    def take_token(user: Any, found: list[str]) -> None:
        note_token(uuid.UUID(found[0]) if found else None)
        setattr(user, LOOKED_UP, True)

    def take_rights(policy: Any, user: Any, found: list[str]) -> None:
        if not found:
            setattr(user, policy.permission_cache_name, GroupPagePermission.objects.none())

    def rights_on(model: Any, user: Any) -> Any:
        return model.objects.filter(group__user=user), "pk"

    asked_along.append(
        AskedAlong("ledgers.token", lambda user: (token_rows(), "token"), take_token)
    )
    for policy, model in RIGHTS_ON_PAGES.items():
        asked_along.append(
            AskedAlong(
                f"ledgers.{model._meta.model_name}",
                partial(rights_on, model),
                partial(take_rights, policy),
            )
        )


def optional_url(ledger: type[Ledger], name: str) -> str:
    """Return the address of a page another part of the engine may or may not add."""
    try:
        return ledger.url(name)
    except NoReverseMatch:
        return ""


def as_uuid(text: str) -> uuid.UUID | None:
    """Read an id out of an address, or ``None``."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
