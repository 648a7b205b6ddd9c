"""Ask for every address as one person, and look at what comes back."""

import hashlib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.test import Client

from caseadmin.ledgers.registry import ledgers
from caseadmin.ledgers.views.revealing import RevealMixin
from core.access.opening import may_open, needs_approval
from core.access.register import FieldClass, class_of
from core.access.rights import Seeing, right_in
from core.access.scope import Scope, in_scope, scope_of, unscoped
from core.access.walls import COLUMN, concrete, walled_models
from core.accounts.models import User

from .routes import Route, find
from .world import Place, World

# --- What is not asked, or not asked in every way: signed with a reason ---------------

EXEMPT = {
    "admin/failwhale/": "Wagtail's own page that fails on purpose; not reachable without DEBUG",
}

CHANGED_BY_READING = {
    "django_session": "the session's expiry",
    "usersessions_usersession": "when and from where a session was last used",
    "audit_caselogentry": "each look is on record",
    "audit_caselogrow": "what an export took along is on record",
    "audit_chainhead": "the log is a chain",
    "wagtailadmin_admin": "Wagtail's pointer for its permissions",
    "wagtailusers_userprofile": "made when an account first opens its page",
    "pages_portalsettings": "the portal's settings, made when first asked for",
    "tonghu_cache": "the shared cache",
    "wagtailadmin_editingsession": "who has a page open",
}

WHOLE_LOG = "audit.view_caselogentry"
"""The audit administrator reads the log of the whole district under ``/admin/audit/``.  It calls
records by their numbers, sealed ones too, and no value above class 1 stands in it."""

WITHOUT_TOKEN = {
    "policy-report": "browsers send reports of the content policy without a token",
}

METHODS = {"G": "GET", "H": "HEAD", "P": "POST"}

WRITES = re.compile(r'^\s*(INSERT INTO|UPDATE|DELETE FROM|INSERT OR \w+ INTO)\s+"?(\w+)', re.I)


@dataclass
class Finding:
    """Something that must not be."""

    kind: str
    role: str
    method: str
    address: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.role} {self.method} {self.address}: {self.detail}"


@dataclass
class Report:
    """What a walk did and found."""

    probes: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    changed_by_reading: set[str] = field(default_factory=set)

    def of(self, kind: str) -> list[str]:
        return [str(finding) for finding in self.findings if finding.kind == kind]


class _Forms(HTMLParser):
    """The fields of every form on a page, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, Any] = {}
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        a = dict(attrs)
        name = a.get("name") or ""
        if tag == "input" and name and a.get("type") not in ("file", "submit", "button"):
            if a.get("type") in ("checkbox", "radio") and "checked" not in a:
                return
            self.data[name] = a.get("value") or ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in a or self._select not in self.data:
                self.data[self._select] = a.get("value") or ""
        elif tag == "textarea" and name:
            self._area = name
            self.data[name] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.data[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def form_of(text: str) -> dict[str, Any]:
    """Return what the forms of a page would send."""
    reader = _Forms()
    reader.feed(text)
    reader.data.pop("csrfmiddlewaretoken", None)
    return reader.data


def body_of(response: Any) -> str:
    """Return everything an answer says, packed files unpacked, headers included."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    head = "\n".join(f"{name}: {value}" for name, value in response.items())
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            content = b"\n".join(packed.read(name) for name in packed.namelist())
    return head + "\n" + content.decode("utf-8", errors="replace")


def placed_models() -> list[Any]:
    """Return the models whose rows lie somewhere; of the log each probe writes a line."""
    return [
        model
        for model in walled_models()
        if concrete(model, COLUMN) and model._meta.label != "audit.CaseLogEntry"
    ]


def foreign_rows(scope: Scope, closed: Set[UUID] = frozenset()) -> str:
    """Return a digest of every row a person may not change, the log left out.

    Args:
        scope: What lies outside it is somebody else's.
        closed: Keys of records inside it that the person may not open.
    """
    digest = hashlib.sha256()
    with unscoped("probe"), connection.cursor() as cursor:
        for model in sorted(placed_models(), key=lambda m: m._meta.db_table):
            table = model._meta.db_table
            key = model._meta.pk.column
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY "{key}"')
            names = [column[0] for column in cursor.description]
            place, own = names.index(COLUMN), names.index("id") if "id" in names else None
            for row in cursor.fetchall():
                shut = closed and own is not None and key_of(row[own]) in closed
                if row[place] and (shut or not scope.covers(row[place])):
                    digest.update(repr((table, row)).encode())
    return digest.hexdigest()


def reveals(method: str, response: Any) -> bool:
    """Return whether an answer shows masked values whole, a reason having been given."""
    match = getattr(response, "resolver_match", None)
    if method != "POST" or match is None:
        return False
    view = getattr(match.func, "view_class", object)
    return issubclass(view, RevealMixin) or match.url_name == "export"


def is_office(label: str) -> bool:
    """Return whether a field is no more than a number or state of office work."""
    app, model, column = label.split(".")
    classed = class_of(apps.get_model(app, model), column)
    return classed is not None and classed.level <= FieldClass.OFFICE


def record_label(label: str) -> str:
    """Return the model of the record that a field, or a field of its history, belongs to."""
    return label.rpartition(".")[0].replace(".Historical", ".")


def key_of(stored: Any) -> Any:
    """Return a key as the database gives it: SQLite keeps UUIDs as 32 hexadecimal digits."""
    return UUID(stored) if isinstance(stored, str) and len(stored) == 32 else stored


class Walk:
    """A person on their way through all addresses.

    Args:
        world: Where they walk.
        report: What is found is noted here.
        ways: ``"full"`` asks in every way; ``"whole"`` fills each hole once for each place;
            ``"short"`` also leaves out what other ways repeat.
    """

    def __init__(self, world: World, report: Report, *, ways: str = "full") -> None:
        self.world = world
        self.report = report
        self.ways = ways
        self.routes = find()
        self.tables = {model._meta.db_table for model in placed_models()}
        self.done: set[tuple[str, str]] = set()
        self.words = {
            word: (place.name, label)
            for place in world.places.values()
            for word, label in place.words.items()
        }
        self.pattern = re.compile("|".join(re.escape(w) for w in sorted(self.words, reverse=True)))
        self.models = {one.namespace(): one.model for one in ledgers}
        self.untouched = ""
        self.reads_log = False
        self.closed: dict[str, set[str]] = {}
        self.closed_keys: frozenset[Any] = frozenset()

    # --- Filling the holes -----------------------------------------------------------

    def values(self, route: Route, place: Place) -> Iterator[dict[str, Any]]:
        """Yield fillings for a route's holes, from the records of one village."""
        space = route.namespace.split(":")[0]
        model = self.models.get(space)
        row = place.rows.get(model._meta.label) if model is not None else None
        rows = [row] if row is not None else []
        if model is None:
            rows = [row for row in place.rows.values() if row._meta.app_label in route.text]
        others = [row for row in place.rows.values() if row not in rows]
        keys = [row.pk for row in (rows or others[:3])]
        if any(kind in ("uuid", "int") for name, kind in route.holes) and not rows:
            keys = [row.pk for row in others[:3]]
        for key in keys or [None]:
            filling: dict[str, Any] = {}
            for name, kind in route.holes:
                filling[name] = self.value(route, name, kind, key, place)
            yield filling
            if not rows and self.ways != "full":
                return

    def value(self, route: Route, name: str, kind: str, key: Any, place: Place) -> Any:
        """Return what one hole is filled with."""
        if name == "file" and "attachments.Attachment" in place.rows:
            return place.rows["attachments.Attachment"].pk
        if kind == "uuid":
            return key or UUID(int=1)
        if kind == "int":
            return self.number_of(route, name, place)
        if name == "number":
            return place.batch.number
        if name in {"app_label", "app_name", "content_type_app_name"}:
            return "children"
        if name in {"model_name", "content_type_model_name"}:
            return "childfile"
        if name in {"object_id", "pk"}:
            return str(place.rows["children.ChildFile"].pk)
        if name in {"action", "action_name"}:
            return self.action_of(route)
        if name in {"uidb64", "token"}:
            return "MQ"
        return "x"

    def number_of(self, route: Route, name: str, place: Place) -> int:
        """Return a whole number: a page's, or that of a history row or log entry."""
        if "page" in name or "page" in route.text:
            return int(self.root_page())
        history = apps.get_model("children", "HistoricalChildFile")
        with unscoped("probe"):
            row = history._base_manager.filter(territory_code=place.territory.code).first()
        return int(row.history_id)

    def root_page(self) -> int:
        from wagtail.models import Page

        return int(Page.objects.order_by("depth").values_list("pk", flat=True).first() or 1)

    def action_of(self, route: Route) -> str:
        declared = next((one for one in ledgers if one.namespace() == route.namespace), None)
        for action in getattr(declared, "actions", ()) or ():
            return str(getattr(action, "name", action))
        return "delete"

    # --- Asking ----------------------------------------------------------------------

    def go(
        self,
        person: User,
        role: str,
        places: Iterable[str],
        methods: str = "GPH",
        told: Callable[[int], None] | None = None,
    ) -> None:
        """Walk all routes as one person.

        Args:
            person: Signs in once.
            role: What the report calls them.
            places: From which villages the holes are filled.
            methods: ``G`` for GET, ``H`` for HEAD, ``P`` for POST.
            told: Called after each route with the number of routes asked.
        """
        client = Client(raise_request_exception=False)
        client.force_login(person)
        scope = scope_of(person)
        self.reads_log = person.has_perm(WHOLE_LOG)
        self.closed = self.closed_to(person, scope)
        self.closed_keys = frozenset(
            self.world.places[name].rows[label].pk
            for name, labels in self.closed.items()
            for label in labels
        )
        self.untouched = foreign_rows(scope, self.closed_keys)
        self.done.clear()
        for number, route in enumerate(self.routes, 1):
            if route.text in EXEMPT:
                continue
            self.report.asked.add(route.text)
            self.route(client, route, role, scope, list(places), methods)
            if told is not None:
                told(number)
        if foreign_rows(scope, self.closed_keys) != self.untouched:
            self.report.findings.append(Finding("changed", role, "*", "*", "after the walk"))

    def route(
        self,
        client: Client,
        route: Route,
        role: str,
        scope: Scope,
        names: list[str],
        methods: str,
    ) -> None:
        """Ask for one route in every way.

        Whom the page of their own record refuses is asked about one place only, and an
        address without a record of its place (a page's number) once.
        """
        known, refused = {}, False
        if "P" in methods:
            known, refused = self.own_form(client, route, role, scope)
        if not route.holes or (refused and self.ways == "short"):
            names = names[-1:]
        for name in names:
            place = self.world.places[name]
            for filling in self.values(route, place):
                address = route.filled(filling)
                for letter, method in METHODS.items():
                    if letter not in methods or (method, address) in self.done:
                        continue
                    self.done.add((method, address))
                    data = self.form(known, place) if method == "POST" else None
                    self.ask(client, role, scope, method, address, data)
        if "G" in methods:
            for query in self.queries(route, names):
                values = self.values(route, self.world.places[names[0]])
                address = route.filled(next(iter(values)))
                self.ask(client, role, scope, "GET", f"{address}?{urlencode(query)}", query=query)

    def queries(self, route: Route, names: list[str]) -> Iterator[dict[str, str]]:
        """Yield what stands behind the question mark."""
        if route.holes and self.ways != "full":
            return
        if not route.text.startswith("admin/"):
            yield {"q": next(iter(self.world.places[names[-1]].words))}
            return
        place = self.world.places[names[-1]]
        file = place.rows["children.ChildFile"]
        yield {"q": file.full_name}
        yield {"export": "csv"}
        if self.ways != "full":
            return
        yield {"q": file.id_number}
        yield {"export": "xlsx"}
        yield {"id": str(file.pk), "object_id": str(file.pk), "pk": str(file.pk)}
        yield {"next": f"/admin/child-files/{file.pk}/", "p": "2"}

    def own_form(
        self, client: Client, route: Route, role: str, scope: Scope
    ) -> tuple[dict[str, Any], bool]:
        """Return what the form for one's own record would send, and whether it is refused."""
        own = self.world.places["village"]
        filling = next(iter(self.values(route, own)))
        address = route.filled(filling)
        self.done.add(("GET", address))
        response = self.ask(client, role, scope, "GET", address)
        html = "html" in response.get("Content-Type", "")
        if response.status_code != 200 or response.streaming or not html:
            return {}, response.status_code in (302, 403)
        return form_of(response.content.decode("utf-8", errors="replace")), False

    def form(self, known: dict[str, Any], place: Place) -> dict[str, Any]:
        """Return a plausible body: the page's own form, pointed at one village's records."""
        file = place.rows["children.ChildFile"]
        extra = {
            "reason": "探查",
            "confirm": "1",
            "id": str(file.pk),
            "ids": [str(file.pk)],
            "child_file": str(file.pk),
            "village": str(place.territory.pk),
            "q": "探查",
        }
        return {**extra, **{name: value for name, value in known.items() if value != ""}}

    def ask(
        self,
        client: Client,
        role: str,
        scope: Scope,
        method: str,
        address: str,
        data: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> Any:
        """Ask once, look at the answer, and take back what it wrote."""
        written: set[str] = set()
        self.report.probes += 1
        changed = False
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        with self.taken_back(), watching(written):
            if method == "POST":
                response = client.post(address, data or {})
            else:
                response = client.generic(method, address)
            text = body_of(response)
            if method == "POST" and written & self.tables:
                # Only now is it worth looking at every row.
                changed = foreign_rows(scope, self.closed_keys) != self.untouched
        # An address that signs people out has done so to a session that was taken back.
        client.cookies.clear()
        client.cookies.load(cookies)
        self.report.statuses[response.status_code] += 1
        if response.status_code >= 500:
            self.note("5xx", role, method, address, str(response.status_code))
        if changed:
            self.note("changed", role, method, address, ", ".join(sorted(written & self.tables)))
        if method != "POST":
            more = written - CHANGED_BY_READING.keys()
            self.report.changed_by_reading |= more
            if more:
                self.note("changed by reading", role, method, address, ", ".join(sorted(more)))
        echoed = set((query or {}).values()) | {str(v) for v in (data or {}).values()}
        for word in set(self.pattern.findall(text)) - echoed:
            name, label = self.words[word]
            place = self.world.places[name]
            if self.reads_log and address.startswith("/admin/audit/") and is_office(label):
                continue
            if not scope.covers(place.territory.code) or self.is_sealed(name, label):
                self.note("leak", role, method, address, f"{label} of {name}")
            elif label.startswith("ledgers.Import"):
                self.note("leak", role, method, address, f"{label}: somebody else's upload")
            elif self.is_unapproved(name, label, address, response):
                self.note("unapproved", role, method, address, f"{label} of {name}")
            elif not self.may_read(scope, label, place, reveals=reveals(method, response)):
                self.note("field", role, method, address, label)
        return response

    # --- What another department keeps to itself -------------------------------------

    def closed_to(self, person: User, scope: Scope) -> dict[str, set[str]]:
        """Return by place the records in a person's reach that they may not open.

        A record that hangs on a child opens with the child.
        """
        closed = {}
        for name, place in self.world.places.items():
            if not scope.covers(place.territory.code):
                continue
            child = place.rows["children.ChildFile"]
            with in_scope(scope):
                child_opens = may_open(person, child)
                closed[name] = {
                    label
                    for label, row in place.rows.items()
                    if needs_approval(type(row))
                    and not (child_opens and self.hangs_on(row, child))
                    and not may_open(person, row)
                }
        return closed

    def hangs_on(self, row: Any, child: Any) -> bool:
        """Return whether a record points at a child's file, or is it."""
        return row.pk == child.pk or any(
            getattr(row, column.attname) == child.pk
            for column in row._meta.concrete_fields
            if column.related_model is type(child) or column.name in {"object_id", "record_id"}
        )

    def is_sealed(self, name: str, label: str) -> bool:
        """Return whether a record is sealed, or belongs to one that is."""
        place = self.world.places[name]
        row = place.rows.get(record_label(label))
        return (
            name == "sealed"
            and row is not None
            and self.hangs_on(row, place.rows["children.ChildFile"])
        )

    def is_unapproved(self, name: str, label: str, address: str, response: Any) -> bool:
        """Return whether a word is of a record that this page or file must not open.

        A list shows the line of every record in reach; a page of its own, and a file, need
        an approval.
        """
        app, model, column = label.split(".")
        if record_label(label) not in self.closed.get(name, ()):
            return False
        classed = class_of(apps.get_model(app, model), column)
        if classed is None or classed.level < FieldClass.SENSITIVE:
            return False
        child = self.world.places[name].rows["children.ChildFile"]
        is_file = "attachment" in response.get("Content-Disposition", "")
        return is_file or f"/{child.pk}/" in address

    def may_read(self, scope: Scope, label: str, place: Place, *, reveals: bool) -> bool:
        """Return whether a role shows this field in clear to the person (layer 4).

        Args:
            scope: The person's.
            label: The field.
            place: Where the row lies.
            reveals: Whether a reason was given for seeing masked values whole.
        """
        least = Seeing.REVEAL if reveals else Seeing.READ
        app, model, column = label.split(".")
        owner = apps.get_model(app, model)
        classed = class_of(owner, column)
        # From the matrices themselves, so that pages that judge otherwise are told.
        return classed is None or any(
            right_in(post.matrix, owner, column, classed).see >= least
            for post in scope.field_rights.posts
            if post.covers(place.territory.code)
        )

    def note(self, kind: str, role: str, method: str, address: str, detail: str) -> None:
        self.report.findings.append(Finding(kind, role, method, address, detail))

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Leave the world as it was; the session and the person stay signed in."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    # --- Tokens ----------------------------------------------------------------------

    def without_token(self, person: User) -> tuple[int, list[str]]:
        """POST to every route without a token; return how many, and those not refused."""
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.force_login(person)
        wrong, asked = [], 0
        for route in self.routes:
            if route.text in EXEMPT or route.text in WITHOUT_TOKEN:
                continue
            filling = next(iter(self.values(route, self.world.places["village"])))
            with self.taken_back():
                answer = client.post(route.filled(filling), {"reason": "x"})
            asked += 1
            if answer.status_code != 403:
                wrong.append(f"{route.text}: {answer.status_code}")
        return asked, wrong


@contextmanager
def watching(written: set[str]) -> Iterator[None]:
    """Note the tables that statements write to."""

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := WRITES.match(sql):
            written.add(found.group(2))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield


def unprobed(report: Report) -> list[str]:
    """Return the routes that were neither asked nor exempt."""
    return [route.text for route in find() if route.text not in report.asked | EXEMPT.keys()]
