"""The list: pills, filters without reload, words by POST, sorting, counts."""

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.ui.tables import Table
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button, ButtonWithDropdown, HeaderButton

from core.access.scope import Scope, current_scope
from core.audit.services import record

from ..columns import column_paths, sort_key, table_columns
from ..declaration import BulkAction, Column, Ledger
from ..exporting.places import place_of
from ..filters import filterset_class
from ..listing.pages import LedgerPaginator
from ..listing.services import arrangement, chosen_columns, offered_columns
from ..paths import joins
from ..sight import Sight
from .base import LedgerScopeMixin, optional_url

WORDS = "q"
MAX_WORDS = 100


class LedgerTable(Table):
    """Wagtail's table, with room for a phone layout."""

    template_name = "ledgers/tables/table.html"


class LedgerIndexView(LedgerScopeMixin, generic.IndexView):
    """The rows in scope that match the filters and the words.

    Filters, order and page stand in the address, so that it can be passed on.  The
    words do not: they may be a child's name, and addresses end up in logs.  They come
    in the body of a POST, which the page sends again for each further page.
    """

    permission: ClassVar[str] = "view"
    http_method_names = ["get", "post", "head", "options"]
    template_name = "ledgers/index.html"
    results_template_name = "ledgers/index_results.html"
    paginator_class = LedgerPaginator
    table_class = LedgerTable
    table_classname = "listing ledger-listing"
    list_export: ClassVar[list[str]] = []
    show_other_searches = False
    any_permission_required = None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        # Wagtail's own export asks for no permission and leaves no trace.
        self.is_export = False

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Search: the same list, narrowed by the words in the body.

        The log keeps that somebody searched and how much was found, never the words.
        """
        with transaction.atomic():
            response: HttpResponse = self.get(request, *args, **kwargs)
            if self.is_searching:
                context = response.context_data  # type: ignore[attr-defined]
                log_search(
                    self,
                    level=self.narrowed.level,
                    hits=context["paginator"].count,
                    page=context["page_obj"].number,
                )
        return response

    # Which rows

    def get_base_queryset(self) -> Any:
        rows = self.ledger.queryset()
        select, prefetch = joins(self.ledger.model, column_paths(self.ledger))
        if select:
            rows = rows.select_related(*select)
        return rows.prefetch_related(*prefetch) if prefetch else rows

    def get_queryset(self) -> Any:
        rows = self.filter_queryset(self.get_base_queryset())
        rows = self.search_queryset(rows)
        return self.order_queryset(rows)

    @cached_property
    def filterset_class(self) -> Any:
        found = filterset_class(self.ledger, self.sight)
        return found if found.base_filters else None

    def filter_queryset(self, queryset: Any) -> Any:
        # A value that cannot be read is left out; the others still count.
        if not self.filters:
            return queryset
        self.filters.is_valid()
        for name, value in getattr(self.filters.form, "cleaned_data", {}).items():
            queryset = self.filters.filters[name].filter(queryset, value)
        return queryset

    @cached_property
    def is_filtering(self) -> bool:
        if not self.filters:
            return False
        self.filters.is_valid()
        cleaned = getattr(self.filters.form, "cleaned_data", {})
        return any(value not in (None, "", []) for value in cleaned.values())

    @cached_property
    def is_searchable(self) -> bool:
        return self.ledger.search is not None

    def get_search_form(self) -> None:
        """Wagtail's search form puts the words into the address: not here."""
        return None

    @cached_property
    def search_query(self) -> str:
        if not self.is_searchable or self.request.method != "POST":
            return ""
        return " ".join(self.request.POST.get(WORDS, "")[:MAX_WORDS].split())

    @cached_property
    def is_searching(self) -> bool:
        return bool(self.search_query)

    narrowed: Any = None

    def search_queryset(self, queryset: Any) -> Any:
        if not self.is_searching:
            return queryset
        from search.service import narrow  # app ready

        self.narrowed = narrow(
            queryset, self.search_query, kind=self.ledger.slug, scope=current_scope() or Scope()
        )
        return self.narrowed.queryset

    def get_valid_orderings(self) -> list[str]:
        """Return what may be sorted by: any column a person could choose, shown or not."""
        keys = [
            sort_key(self.ledger, column, self.sight)
            for column in offered_columns(self.ledger, self.sight).values()
        ]
        return [sign + key for key in keys if key for sign in ("", "-")]

    def get_ordering(self) -> str:
        asked = self.request.GET.get("ordering", "")
        return asked if asked in self.get_valid_orderings() else self.ledger.ordering

    def order_queryset(self, queryset: Any) -> Any:
        return queryset.order_by(self.ordering, "pk")

    def get_paginate_by(self, queryset: Any) -> int:
        return self.ledger.per_page

    # What is drawn

    @cached_property
    def sight(self) -> Sight:
        """How the person sees the ledger's fields."""
        return Sight()

    @cached_property
    def arrangement(self) -> dict[str, Any]:
        """The person's columns and views."""
        return arrangement(self.ledger, self.request)

    @cached_property
    def saved_view(self) -> dict[str, Any] | None:
        """The view the address names, if the person is offered it."""
        asked = self.request.GET.get("view", "")
        views: list[dict[str, Any]] = self.arrangement["views"] if asked else []
        return next((view for view in views if view["id"] == asked), None)

    @cached_property
    def shown_columns(self) -> list[Column]:
        """The columns of the view, else those the person has chosen, else the declared ones."""
        names = self.saved_view["columns"] if self.saved_view else self.arrangement["columns"]
        return chosen_columns(self.ledger, names, self.sight)

    @cached_property
    def columns(self) -> list[Any]:
        boxes = bool(self.bulk_actions)
        return table_columns(self.ledger, self, self.sight, self.shown_columns, boxes=boxes)

    @cached_property
    def bulk_actions(self) -> list[BulkAction]:
        """What the person may do to many records at once."""
        return [action for action in self.ledger.bulk if self.allows(action.permission)]

    def joined_rows(self) -> Any:
        """Return the rows of the list with what its columns name, in the list's order."""
        rows = self.ledger.queryset()
        paths = [column.name for column in self.shown_columns if column.value is None]
        select, prefetch = joins(self.ledger.model, [*column_paths(self.ledger), *paths])
        if select:
            rows = rows.select_related(*select)
        return self.order_queryset(rows.prefetch_related(*prefetch) if prefetch else rows)

    def get_paginator(self, *args: Any, **kwargs: Any) -> Any:
        paginator = super().get_paginator(*args, **kwargs)
        paginator.joined = self.joined_rows
        paginator.is_narrowed = self.is_filtering or self.is_searching
        return paginator

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "GET" and not request.GET and not self.results_only:
            for view in self.arrangement["views"]:
                if view["default"]:
                    query = f"{view['query']}&" if view["query"] else ""
                    return HttpResponseRedirect(f"{self.index_url}?{query}view={view['id']}")
        return super().get(request, *args, **kwargs)

    def get_page_title(self) -> str:
        return str(self.ledger.label)

    def get_header_icon(self) -> str:
        return self.ledger.icon

    def get_index_url(self) -> str:
        return self.ledger.url("index")

    def get_index_results_url(self) -> str:
        return self.ledger.url("index_results")

    def get_add_url(self) -> str | None:
        if not self.ledger.can_add or not self.allows("add"):
            return None
        return self.ledger.url("add")

    @cached_property
    def may_edit(self) -> bool:
        """Whether the person may change rows of this ledger."""
        return self.ledger.can_edit and self.allows("change")

    @cached_property
    def may_see_history(self) -> bool:
        """Whether the person may read the history of rows of this ledger."""
        return self.allows("view_history")

    def get_list_buttons(self, instance: Any) -> list[Any]:
        buttons = [
            Button(
                _("View"),
                url=self.ledger.url("view", instance.pk) + self.query_string,
                icon_name="view",
                priority=10,
            )
        ]
        if self.may_edit:
            buttons.append(
                Button(
                    _("Edit"),
                    url=self.ledger.url("edit", instance.pk) + self.query_string,
                    icon_name="edit",
                    priority=20,
                )
            )
        if self.may_see_history:
            buttons.append(
                Button(
                    _("History"),
                    url=self.ledger.url("history", instance.pk),
                    icon_name="history",
                    priority=30,
                )
            )
        return [
            ButtonWithDropdown(
                buttons=buttons,
                icon_name="dots-horizontal",
                attrs={"aria-label": _("More options for '%(title)s'") % {"title": str(instance)}},
            )
        ]

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not self.add_url:
            return []
        return [
            HeaderButton(
                _("Add %(model_name)s") % {"model_name": self.ledger.one()},
                url=self.add_url,
                icon_name="plus",
            )
        ]

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        buttons = []
        import_url = optional_url(self.ledger, "import")
        if import_url and self.ledger.io is not None and self.allows("import"):
            buttons.append(Button(_("Import"), url=import_url, icon_name="upload", priority=10))
        export_url = optional_url(self.ledger, "export")
        if export_url and self.ledger.io is not None and self.allows("export"):
            address = export_url + self.query_string
            if self.is_searching:
                # The words must not stand in the address of the export either.
                buttons.append(
                    Button(
                        _("Export"),
                        icon_name="download",
                        priority=20,
                        attrs={
                            "type": "submit",
                            "form": "ledger-search",
                            "formaction": address,
                            "data-ledger-leave": "",
                        },
                    )
                )
            else:
                buttons.append(Button(_("Export"), url=address, icon_name="download", priority=20))
        if self.may_see_history:
            address = self.ledger.url("as_of") + self.query_string
            buttons.append(
                Button(_("As of an earlier day"), url=address, icon_name="history", priority=30)
            )
        if self.ledger.can_delete and self.allows("restore"):
            buttons.append(
                Button(
                    _("Deleted records"),
                    url=self.ledger.url("deleted"),
                    icon_name="bin",
                    priority=40,
                )
            )
        return buttons

    @property
    def query_string(self) -> str:
        """Filters and order as they stand in the address, with the question mark."""
        query = self.request.GET.copy()
        for name in (self.page_kwarg, "_w_filter_fragment", "export"):
            query.pop(name, None)
        return f"?{query.urlencode()}" if query else ""

    @cached_property
    def clear_url(self) -> str:
        """The list without filters, in the same order."""
        query = QueryDict(mutable=True)
        if "ordering" in self.request.GET:
            query["ordering"] = self.request.GET["ordering"]
        return self.index_url + (f"?{query.urlencode()}" if query else "")

    @cached_property
    def active_filters(self) -> list[Any]:
        self.filters and self.filters.is_valid()
        return super().active_filters  # type: ignore[no-any-return]

    @property
    def no_results_message(self) -> str:
        if self.is_searching or self.is_filtering:
            return _("No %(model_name)s match.") % {"model_name": self.ledger.one()}
        return _("There are no %(model_name)s in your area yet.") % {
            "model_name": self.ledger.one()
        }

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        context.update(
            ledger=self.ledger,
            is_searchable=self.is_searchable,
            is_searching=self.is_searching,
            is_filtering=self.is_filtering,
            words=self.search_query,
            narrowed=self.narrowed,
            query_string_here=self.query_string,
            clear_url=self.clear_url,
            can_add=bool(self.add_url),
            add_url=self.add_url,
            home_url=reverse("wagtailadmin_home"),
            views=self.arrangement["views"],
            saved_view=self.saved_view,
            arrange_url=self.ledger.url("arrange") + self.query_string,
            bulk_actions=[
                (action, self.ledger.url("bulk", action.name) + self.query_string)
                for action in self.bulk_actions
            ],
        )
        return context

    def user_has_permission(self, permission: str) -> bool:
        return self.allows(permission)


def log_search(view: LedgerScopeMixin, **counts: Any) -> None:
    """Write down that somebody searched a ledger; not for what."""
    record(
        "tonghu.search",
        actor=view.actor,
        model=view.ledger.model,
        label=str(view.ledger.label),
        territory_code=place_of(view.actor),
        data=counts,
    )


def replayed_queryset(ledger: type[Ledger], request: HttpRequest) -> Any:
    """Return the rows the list would show for a request, on all its pages."""
    view = LedgerIndexView(ledger=ledger, model=ledger.model)
    view.setup(request)
    return view.get_queryset()
