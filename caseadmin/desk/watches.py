"""What waits for those who keep accounts, the log and the pages: lists that no ledger holds.

Each watch is a number on the desk and, at its own address, exactly the rows it counts.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.models import Page, WorkflowState
from wagtail.permission_policies.pages import PagePermissionPolicy

from caseadmin.ledgers.charts import Bar, DrawnChart, share_of
from core.access.scope import unscoped
from core.accounts.factors import SECOND_FACTORS, role_needs_factor
from core.accounts.models import Post, Role, SignInAttempt, User
from core.audit.models import CaseLogEntry
from core.audit.selectors import lines_of
from core.calendar import start_of

ENDS_SOON = timedelta(days=30)
LATELY = timedelta(days=30)
THIS_WEEK = timedelta(days=7)
CHART_DAYS = 14

KEEP_ACCOUNTS = "accounts.change_user"
SEE_ACCOUNTS = "accounts.view_user"
SEE_POSTS = "accounts.view_post"
SEE_ATTEMPTS = "accounts.view_signinattempt"
SEE_LOG = "audit.view_caselogentry"

Cell = tuple[str, str]
"""A text, and the address it leads to or ``""``."""


@dataclass(frozen=True)
class Watch:
    """A list of something that asks for attention.

    Args:
        name: Its address.
        label: What waits, in words.
        icon: Name of a Wagtail icon.
        open_to: Whether a person is told of it.
        rows: Called with the person and today's date; the rows, in order.
        headings: Of the columns.
        cells: Called with some of the rows; returns the cells of each.
        reads_all: Whether the rows lie outside every scope: the log, read by its own right.
    """

    name: str
    label: Any
    icon: str
    open_to: Callable[[Any], bool]
    rows: Callable[[Any, date], QuerySet[Any]]
    headings: Sequence[Any]
    cells: Callable[[Any], Sequence[Sequence[Cell]]]
    reads_all: bool = False

    @property
    def url(self) -> str:
        return reverse("desk_watch", args=[self.name])

    def reach(self) -> AbstractContextManager[Any]:
        """Return the context in which the rows are read."""
        return unscoped("audit administration") if self.reads_all else nullcontext()


def _holds(*rights: str) -> Callable[[Any], bool]:
    return lambda user: any(user.has_perm(right) for right in rights)


def _keeps_pages(user: Any) -> bool:
    return bool(PagePermissionPolicy().user_has_any_permission(user, {"change", "publish"}))


def without_factor(user: Any, day: date) -> QuerySet[User]:
    """Return the accounts in use whose posts ask for a second factor that is not set up."""
    roles = [role.pk for role in Role.objects.select_related("group") if role_needs_factor(role)]
    asked = Post.objects.held(day).filter(role__in=roles)
    rows = User.objects.filter(is_active=True, is_system=False, posts__in=asked)
    rows = rows.exclude(authenticator__type__in=SECOND_FACTORS)
    return rows.distinct().order_by("username")


def ending_posts(user: Any, day: date) -> QuerySet[Post]:
    """Return the posts that end within thirty days."""
    held = Post.objects.held(day).filter(held_to__lte=day + ENDS_SOON)
    return held.select_related("user", "role", "territory__parent").order_by("held_to", "pk")


def new_posts(user: Any, day: date) -> QuerySet[Post]:
    """Return the posts that began within the last thirty days."""
    begun = Post.objects.held(day).filter(held_from__gt=day - LATELY)
    return begun.select_related("user", "role", "territory__parent").order_by("-held_from", "pk")


def failed_attempts(user: Any, day: date) -> QuerySet[SignInAttempt]:
    """Return the tries to sign in of the last seven days that were refused."""
    outcome = SignInAttempt.Outcome
    refused = (outcome.WRONG, outcome.WRONG_CODE, outcome.LIMITED, outcome.REFUSED)
    since = start_of(day - THIS_WEEK)
    rows = SignInAttempt.objects.filter(outcome__in=refused, at__gte=since)
    return rows.select_related("user").order_by("-at", "-pk")


def exports(user: Any, day: date) -> QuerySet[CaseLogEntry]:
    """Return the log's entries of files that left within the last seven days."""
    since = start_of(day - THIS_WEEK)
    entries = CaseLogEntry.objects.filter(action="tonghu.export", timestamp__gte=since)
    return entries.order_by("-sequence")


def own_pages(user: Any) -> QuerySet[Page]:
    """Return the pages a person may change."""
    return PagePermissionPolicy().instances_user_has_permission_for(user, "change")  # type: ignore[no-any-return]


def drafts(user: Any, day: date) -> QuerySet[Page]:
    """Return the pages with changes that are not public yet."""
    rows = own_pages(user).filter(has_unpublished_changes=True)
    return rows.order_by("-latest_revision_created_at", "pk")


def in_moderation(user: Any, day: date) -> QuerySet[Page]:
    """Return the pages somebody has handed in for approval."""
    waiting = WorkflowState.objects.filter(status=WorkflowState.STATUS_IN_PROGRESS)
    rows = own_pages(user).filter(_workflow_states__in=waiting)
    return rows.distinct().order_by("-latest_revision_created_at", "pk")


def scheduled(user: Any, day: date) -> QuerySet[Page]:
    """Return the pages that become public at a set time."""
    return own_pages(user).filter(go_live_at__gt=timezone.now()).order_by("go_live_at", "pk")


def _day(value: Any) -> str:
    return date_format(value) if value else ""


def _moment(value: Any) -> str:
    return date_format(timezone.localtime(value), "DATETIME_FORMAT") if value else ""


def _accounts(rows: Sequence[User]) -> list[list[Cell]]:
    return [
        [
            (row.username, reverse("account_sign_in_of", args=[row.pk])),
            (row.get_full_name(), ""),
            (_moment(row.last_login), ""),
        ]
        for row in rows
    ]


def _posts(rows: Sequence[Post]) -> list[list[Cell]]:
    return [
        [
            (row.user.get_full_name(), ""),
            (str(row.role.label), ""),
            (str(row.territory.path_name), ""),
            (_day(row.held_from), ""),
            (_day(row.held_to), ""),
        ]
        for row in rows
    ]


def _attempts(rows: Sequence[SignInAttempt]) -> list[list[Cell]]:
    return [
        [
            (_moment(row.at), ""),
            (row.user.get_full_name() if row.user else str(_("no such account")), ""),
            (str(row.get_outcome_display()), ""),
        ]
        for row in rows
    ]


def _entries(rows: QuerySet[CaseLogEntry]) -> list[list[Cell]]:
    return [
        [(_moment(line.at), ""), (line.who, ""), (line.label, ""), (line.detail, "")]
        for line in lines_of(rows)
    ]


def _pages(rows: Sequence[Page]) -> list[list[Cell]]:
    return [
        [
            (row.get_admin_display_title(), reverse("wagtailadmin_pages:edit", args=[row.pk])),
            (_moment(row.latest_revision_created_at), ""),
            (_moment(row.go_live_at), ""),
        ]
        for row in rows
    ]


POST_HEADINGS = (_("Account"), _("Role"), _("Territory"), _("Held from"), _("Held until"))
PAGE_HEADINGS = (_("Page"), _("Last changed"), _("Goes public at"))

WATCHES = (
    Watch(
        "no-second-factor",
        _("Accounts without a second factor"),
        "key",
        _holds(SEE_ACCOUNTS),
        without_factor,
        (_("Account"), pgettext_lazy("person", "Name"), _("Last signed in")),
        _accounts,
    ),
    Watch(
        "ending-posts",
        _("Posts that end within 30 days"),
        "calendar-alt",
        _holds(KEEP_ACCOUNTS, SEE_POSTS),
        ending_posts,
        POST_HEADINGS,
        _posts,
    ),
    Watch(
        "new-posts",
        _("Posts that began within 30 days"),
        "user",
        _holds(SEE_POSTS),
        new_posts,
        POST_HEADINGS,
        _posts,
    ),
    Watch(
        "refused-sign-ins",
        _("Refused tries to sign in, last seven days"),
        "lock",
        _holds(SEE_ATTEMPTS),
        failed_attempts,
        (_("Time"), _("Account"), _("Outcome")),
        _attempts,
    ),
    Watch(
        "exports",
        _("Files that left, last seven days"),
        "download",
        _holds(SEE_LOG),
        exports,
        (_("When"), _("Who"), _("About"), _("Details")),
        _entries,
        reads_all=True,
    ),
    Watch("drafts", _("Drafts"), "edit", _keeps_pages, drafts, PAGE_HEADINGS, _pages),
    Watch(
        "moderation",
        _("Pages that wait for approval"),
        "clipboard-list",
        _keeps_pages,
        in_moderation,
        PAGE_HEADINGS,
        _pages,
    ),
    Watch(
        "scheduled",
        _("Pages with a date to go public"),
        "calendar-check",
        _keeps_pages,
        scheduled,
        PAGE_HEADINGS,
        _pages,
    ),
)


def watch_called(name: str) -> Watch:
    """Return a watch.

    Raises:
        KeyError: There is none of this name.
    """
    for watch in WATCHES:
        if watch.name == name:
            return watch
    raise KeyError(name)


# Charts


def _chart(name: str, title: Any, counts: Sequence[tuple[str, int]]) -> Iterator[DrawnChart]:
    largest = max((count for _label, count in counts), default=0)
    bars = [
        Bar(label, count, share_of(count, largest), "info", "") for label, count in counts if count
    ]
    if bars:
        yield DrawnChart(name, str(title), bars)


def watch_charts(user: Any, day: date | None = None) -> Iterator[DrawnChart]:
    """Yield the charts of those who keep accounts, the log and the pages; one query each."""
    today = day or timezone.localdate()
    if user.has_perm(SEE_ACCOUNTS):
        by_role = Count("posts", filter=Q(posts__in=Post.objects.held(today)))
        roles = Role.objects.annotate(held=by_role).order_by("-held", "code")
        counts = [(str(role.label), role.held) for role in roles]
        yield from _chart("posts-by-role", _("Posts held today, by role"), counts)
    if user.has_perm(SEE_LOG):
        since = start_of(today - timedelta(days=CHART_DAYS - 1))
        with unscoped("audit administration"):
            entries = CaseLogEntry.objects.filter(timestamp__gte=since).order_by()
            days = entries.annotate(on=TruncDate("timestamp")).values_list("on")
            found = dict(days.annotate(count=Count("pk")))
        counts = [(_day(on), found[on]) for on in sorted(found)]
        yield from _chart("log-by-day", _("Entries of the log, last 14 days"), counts)
    if _keeps_pages(user):
        states = own_pages(user).aggregate(
            public=Count("pk", filter=Q(live=True, has_unpublished_changes=False)),
            changed=Count("pk", filter=Q(live=True, has_unpublished_changes=True)),
            hidden=Count("pk", filter=Q(live=False)),
        )
        counts = [
            (str(_("public")), states["public"]),
            (str(_("public, with newer changes")), states["changed"]),
            (str(_("not public")), states["hidden"]),
        ]
        yield from _chart("pages-by-state", _("Pages"), counts)
