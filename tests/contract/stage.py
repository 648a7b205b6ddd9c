"""One world with a record in every ledger, seen by somebody who may do everything there."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from caseadmin.ledgers import Ledger, ledgers
from caseadmin.ledgers.forms.fields import TerritoryField
from caseadmin.ledgers.forms.records import form_field
from caseadmin.ledgers.paths import names_a_territory, resolve, values_at
from caseadmin.ledgers.sight import Sight
from caseadmin.ledgers.views.revealing import told_fields
from caseadmin.rights.enums import ErasureGround
from caseadmin.rights.models import Erasure
from core.access.register import Kind, class_of
from core.access.rights import Seeing
from core.access.scope import scope_of, scoped_to, unscoped
from core.accounts.models import User
from core.accounts.selectors import system_account
from core.approvals.models import Approval
from core.approvals.services import ask_for_access
from core.fields import ChoiceListField
from core.history.context import change_set
from tests.conftest import District, small_district
from tests.factories.children import ChildFileFactory, CustodySpellFactory, KinFactory
from tests.factories.core import UserFactory, approve
from tests.factories.intake import VolunteerApplicationFactory
from tests.factories.pairings import PairingFactory
from tests.factories.rights import a_block, a_consent, a_hold, a_request, load_rules
from tests.factories.volunteers import VolunteerFactory
from tests.ledgers.conftest import lend
from tests.ledgers.runtime.conftest import define
from tests.ledgers.runtime.test_defined import ALL, FIELDS, HOMES, ledger_entry
from tests.ledgers.sampleapp.models import Keeper
from tests.probe.world import Place, Planter, make

ACTOR = "周办事"


@dataclass
class Stage:
    """What the requirements are judged on.

    Attributes:
        rows: One record of each ledger, by its slug.
        person: May do everything in every ledger, in one town.
        stranger: May do the same in the other town.
        reader: May only look.
        editor: May enter the admin and open no ledger.
    """

    district: District
    rows: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        load_rules()
        self.admin = UserFactory(role="system_admin", name="管理员")
        define(
            self.admin,
            *FIELDS,
            slug=HOMES,
            ledger=ledger_entry(district_officer=[*ALL, "restore"], auditor=["view"]),
        )
        every = Permission.objects.all()
        self.person = self.somebody("district_officer", self.district.town, every, ACTOR)
        self.stranger = self.somebody("district_officer", self.district.other_town, every, "吴外镇")
        looking = every.filter(codename__startswith="view_").exclude(
            codename__startswith="view_history"
        )
        self.reader = self.somebody("auditor", self.district.town, looking, "郑审计")
        self.editor = UserFactory(role="editor", serves=self.district.district)
        self.clients: dict[Any, Client] = {}
        for declared in self.ledgers():
            self.rows[declared.slug] = self.make(declared)

    def somebody(self, role: str, place: Any, rights: Any, name: str) -> User:
        user: User = UserFactory(role=role, serves=place, name=name)
        user.user_permissions.set(rights)
        approve(user, place)
        return user

    @staticmethod
    def ledgers() -> list[type[Ledger]]:
        """Return every ledger: those of code, and the ones an administrator defined."""
        return [*ledgers, *ledgers.defined().values()]

    # Records

    def make(self, declared: type[Ledger]) -> Any:
        """Make one more record of a ledger in the village of the person's town."""
        known: dict[str, Callable[[], Any]] = {
            "child-files": self.child,
            "volunteer-applications": lambda: VolunteerApplicationFactory(village=self.village),
            "volunteers": lambda: VolunteerFactory(
                village=self.village, ready=True, notes="会开车"
            ),
            "pairings": lambda: PairingFactory(child_file=self.child(), goals="每周通话"),
            "consents": lambda: a_consent(self.child(), system_account()),
            "subject-requests": lambda: a_request(self.child(), system_account(), details="要副本"),
            "contact-blocks": lambda: a_block(self.child(), system_account(), phone="19900000022"),
            "legal-holds": lambda: a_hold(
                system_account(), child_file=self.child(), reference="案2026"
            ),
            "erasures": self.erasure,
            "access-requests": self.access_request,
            "approvals": self.approval,
            "tool-loans": lambda: lend(
                self.person, self.village, f"甲{len(self.rows)}-{next(COUNT)}", notes="借锄头"
            ),
            "keepers": self.keeper,
            HOMES: lambda: self.defined(declared),
        }
        with unscoped("stage"):
            if declared.slug in known:
                return known[declared.slug]()
            # A ledger nobody thought of here: from its model alone.
            place = Place("village", self.village)
            place.rows = {row._meta.label: row for row in self.rows.values()}
            return make(declared.model, place, Planter())

    @property
    def village(self) -> Any:
        return self.district.village

    def child(self) -> Any:
        found = ChildFileFactory(village=self.village, notes="喜欢画画")
        KinFactory(child_file=found)
        CustodySpellFactory(child_file=found)
        return found

    def keeper(self) -> Any:
        with change_set(actor=system_account(), source="command"):
            row = Keeper(number=f"乙-{next(COUNT)}", full_name="赵保管", town=self.district.town)
            row.save()
        return row

    def erasure(self) -> Any:
        with change_set(actor=system_account(), source="command"):
            row = Erasure(
                number=f"E26-{next(COUNT):06d}",
                subject="children.childfile",
                record_number="990101-2020-00001",
                ground=ErasureGround.values[0],
                erased_on=date(2026, 11, 1),
                decided_by=self.person,
                territory_code=self.village.code,
            )
            row.save()
        return row

    def access_request(self) -> Any:
        police = UserFactory(role="police", serves=self.district.town, name="何民警")
        child = self.child()
        with scoped_to(police):
            return ask_for_access(row=child, reason="走失警情核查", hours=1, actor=police)

    def approval(self) -> Any:
        worker = UserFactory(role="village_worker", serves=self.village, name="孙主任")
        return Approval._base_manager.get(person=worker)

    def defined(self, declared: type[Ledger]) -> Any:
        row = declared.model(territory=self.village)
        values = {"title": "柳河护养院", "beds": 30, "level": "a", "head": "赵思远"}
        row.put_extra({**values, "head_phone": "19900000003"})
        return declared.save(row, actor=system_account())

    # Asking

    def client(self, user: Any = None) -> Client:
        """Return the browser of somebody; of the person by default."""
        who = user or self.person
        if who.pk not in self.clients:
            self.clients[who.pk] = Client()
            self.clients[who.pk].force_login(who)
        return self.clients[who.pk]

    def address(self, declared: type[Ledger], name: str) -> str:
        """Return the address of a page, of the ledger's record where it is about one."""
        own = name in ("view", "edit", "history", "delete", "past", "compare", "duplicates")
        return declared.url(name, *([self.rows[declared.slug].pk] if own else []))

    def page(self, declared: type[Ledger], name: str, query: str = "") -> BeautifulSoup:
        """Return a page as the person sees it, asked for once."""
        address = self.address(declared, name) + query
        if address not in self.pages:
            answer = self.client().get(address)
            assert answer.status_code == 200, (address, answer.status_code)
            self.pages[address] = soup_of(answer)
        return self.pages[address]

    def home(self) -> BeautifulSoup:
        """Return the person's desk, asked for once."""
        address = reverse("wagtailadmin_home")
        if address not in self.pages:
            self.pages[address] = soup_of(self.client().get(address))
        return self.pages[address]

    def names(self, declared: type[Ledger]) -> list[str]:
        """Return the pages a ledger has of those that show its records."""
        found = ["index", "view", "history", "as_of"]
        found += ["add"] if declared.can_add else []
        found += ["edit"] if declared.can_edit else []
        found += ["delete", "deleted"] if declared.can_delete else []
        found += ["export", "import"] if declared.io is not None else []
        return found + (["duplicates"] if declared.likeness is not None else [])

    def queries(self, declared: type[Ledger], page: str) -> int:
        """Return how many queries a page, or saving the form, takes; savepoints apart."""
        client = self.client()
        address = self.address(declared, "edit" if page == "save" else page)
        body = self.changed(declared) if page == "save" else None
        client.get(address)
        with CaptureQueriesContext(connection) as counted:
            answer = client.post(address, body) if body else client.get(address)
        assert answer.status_code == (302 if body else 200), (address, answer.status_code)
        # What only marks the parts of a transaction asks for nothing.
        marks = ("SAVEPOINT", "RELEASE SAVEPOINT")
        return len([one for one in counted.captured_queries if not one["sql"].startswith(marks)])

    # What is true of a record

    def stored(self, declared: type[Ledger]) -> Any:
        with unscoped("stage"):
            return declared.model._base_manager.get(pk=self.rows[declared.slug].pk)

    def versions(self, declared: type[Ledger]) -> int:
        """Return how many history rows the record and its child rows have."""
        row, count = self.rows[declared.slug], 0
        with unscoped("stage"):
            for model, key in [(declared.model, "id"), *children_of(declared)]:
                manager = getattr(model, model._meta.simple_history_manager_attribute)
                count += manager.filter(**{key: row.pk}).count()
        return count

    def told(self, declared: type[Ledger], *kinds: Kind) -> dict[str, str]:
        """Return the record's own values of these kinds, by field."""
        row = self.stored(declared)
        found = {}
        for path, model_field in told_fields(declared):
            classed = class_of(model_field.model, model_field.name)
            if "." in path or classed is None or classed.kind not in kinds:
                continue
            with suppress(AttributeError):
                value = getattr(row, path)
                if isinstance(value, str) and len(value) > 1:
                    found[path] = value
        return found

    def masked(self, declared: type[Ledger]) -> dict[str, str]:
        """Return the record's own values that the person sees masked, by field."""
        sight = Sight(scope_of(self.person).field_rights)
        row = self.stored(declared)
        found = {}
        for path, model_field in told_fields(declared):
            if "." in path:
                continue
            value = getattr(row, path, None)
            see = sight.seeing(model_field, row.territory_code, row.pk)
            if isinstance(value, str) and len(value) > 3 and see is not Seeing.READ:
                found[path] = value
        return found

    def a_filter(self, declared: type[Ledger]) -> str:
        """Return a query that keeps the record in the list; empty where none can be made."""
        row = self.stored(declared)
        with unscoped("stage"):
            for name in declared.declared_filters():
                if declared.condition(name) is not None:
                    continue
                path = resolve(declared.model, name)
                value = next(values_at(row, name), None)
                if value in (None, "", []):
                    continue
                lookup = name.replace(".", "__")
                if names_a_territory(path.field):
                    return f"?{lookup}={value.prefix}"
                if isinstance(path.field, ChoiceListField):
                    return f"?{lookup}={value[0]}"
                if path.field.choices:
                    return f"?{lookup}={value}"
                if path.field.is_relation:
                    return f"?{lookup}={value.pk}"
                if isinstance(value, date):
                    day = timezone.localtime(value).date() if hasattr(value, "hour") else value
                    return f"?{lookup}_from={(day - timedelta(days=1)).isoformat()}"
        return ""

    def form(self, declared: type[Ledger]) -> dict[str, list[str]]:
        """Return what the untouched edit page would send."""
        return values_of(soup_of(self.client().get(self.address(declared, "edit"))))

    def changed(
        self, declared: type[Ledger], word: str = "改", user: Any = None
    ) -> dict[str, list[str]]:
        """Return the same with one more character in a text the person writes."""
        soup = soup_of(self.client(user).get(self.address(declared, "edit")))
        data = values_of(soup)
        name = text_field(declared, soup)
        data[name] = [data[name][0] + word]
        return {**data, "reason": ["按来电更正"]}


COUNT = iter(range(1, 10_000))


def stage() -> Stage:
    return Stage(small_district())


def children_of(declared: type[Ledger]) -> list[tuple[Any, str]]:
    """Return the models of child rows that have a history, with their key of the record."""
    found = []
    for child in declared.children:
        relation = declared.child_relation(child)
        if hasattr(relation.related_model._meta, "simple_history_manager_attribute"):
            found.append((relation.related_model, relation.field.attname))
    return found


def soup_of(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.content, "lxml")


def main_of(soup: BeautifulSoup) -> Tag:
    """Return what the page is about, without the menu."""
    found = soup.find("main") or soup
    assert isinstance(found, Tag)
    return found


def words_of(soup: BeautifulSoup | Tag) -> str:
    """Return the visible words of a page."""
    part = main_of(soup) if isinstance(soup, BeautifulSoup) else soup
    kept = [
        str(text)
        for text in part.find_all(string=True)
        if text.parent is not None and text.parent.name not in ("script", "style", "template")
    ]
    return re.sub(r"\s+", " ", " ".join(kept))


def values_of(soup: BeautifulSoup) -> dict[str, list[str]]:
    """Return what the record's form would send, as a browser does."""
    form = soup.find("form", attrs={"data-edit-form": True}) or max(
        soup.find_all("form", method=re.compile("post", re.I)),
        key=lambda one: len(one.find_all(["input", "select", "textarea"])),
    )
    assert isinstance(form, Tag)
    for template in form.find_all("template"):
        template.extract()
    found: dict[str, list[str]] = {}
    for element in form.find_all(["input", "select", "textarea"]):
        name, kind = str(element.get("name") or ""), str(element.get("type") or "")
        if not name or kind in ("submit", "button", "file") or element.has_attr("disabled"):
            continue
        if element.name == "select":
            options = element.find_all("option")
            chosen = [str(o.get("value", o.text)) for o in options if o.has_attr("selected")]
            if not chosen and options and not element.has_attr("multiple"):
                chosen = [str(options[0].get("value", ""))]
            found.setdefault(name, []).extend(chosen)
        elif element.name == "textarea":
            # A browser leaves out the first line break.
            found.setdefault(name, []).append(element.text.removeprefix("\n"))
        elif kind not in ("checkbox", "radio") or element.has_attr("checked"):
            plain = "on" if kind == "checkbox" else ""
            found.setdefault(name, []).append(str(element.get("value", plain)))
    found.pop("csrfmiddlewaretoken", None)
    return found


def text_field(declared: type[Ledger], soup: BeautifulSoup) -> str:
    """Return a text that somebody can lengthen: running text first, never the key."""
    for kind in ("textarea", "input"):
        for element in soup.find_all(kind):
            name = str(element.get("name") or "")
            if name not in declared.shown_fields() or name in (declared.key, "reason"):
                continue
            plain = kind == "textarea" or element.get("type") == "text"
            if (
                plain
                and not element.has_attr("role")
                and not element.find_parent(attrs={"data-ledger-chooser": True})
            ):
                digits = class_of(declared.model, name)
                if digits is None or digits.kind not in (Kind.PHONE, Kind.ID_NUMBER):
                    return name
    raise AssertionError(f"{declared.slug} has no text to change")


def territory_names(declared: type[Ledger]) -> list[str]:
    """Return the fields of the form in which a place is picked."""
    found = []
    for name in declared.shown_fields():
        model_field = declared.field(name)
        if model_field.is_relation and isinstance(form_field(model_field), TerritoryField):
            found.append(name)
    return found
