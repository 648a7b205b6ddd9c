"""May this person open this record?  One function for every page and file that shows one.

Reach (``scope``) says which rows are there for somebody at all.  *Opening* one, so that
more than its line in a list is seen, also needs an approval: a standing one, which comes
with the post and ends within a year, or one for this record, asked for with a reason.

Legal source: 未成年人网络保护条例 art. 36: staff access to the personal information of
minors is approved by the person in charge or an authorised manager, and recorded.
"""

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db.models import BooleanField, CharField, Func, JSONField, QuerySet, TextField, Value
from django.utils import timezone

from .guards import scope_for
from .scope import current_scope, is_unscoped

if TYPE_CHECKING:
    from core.accounts.models import User


APPROVE = "approvals.approve_access"
BREAK_GLASS = "approvals.break_glass"
SEAL = "approvals.seal_record"
TOLD = "openings_told"
SEALED = "sealed"


class NeedsApproval(Exception):
    """The record is in reach, and nobody has approved that this person opens it."""


def is_asked_for() -> bool:
    """Return whether this site opens records by approval at all."""
    return "approvals" in apps.app_configs


def needs_approval(model: Any) -> bool:
    """Return whether rows of a model are opened by approval only.

    Every case model is, unless it says otherwise: a record about adults only, or the
    paperwork of approvals itself.  A site without ``core.approvals`` asks for none.
    """
    return is_asked_for() and getattr(model, "opened_by_approval", False)


def may_open(user: "User", row: Any) -> bool:
    """Return whether a person may open a record now.  One query, two at most.

    Approvals count by the clock of each question: one that ended a minute ago opens
    nothing, whether or not any job ran.
    """
    if is_unscoped():
        return True
    if not scope_for(user).covers(row.territory_code):
        return False
    told = row.__dict__.pop(TOLD, None)
    return not needs_approval(type(row)) or openable(user, type(row), [row], told) == {row.pk}


def openable(user: "User", model: Any, rows: "list[Any]", told: str | None = None) -> set[Any]:
    """Return the keys of those of these rows (with ``pk`` and ``territory_code``) that open.

    The rows are taken to be in reach.

    Args:
        user: Who asks.
        model: What the rows are.
        rows: The rows.
        told: What the query for a single row told (``telling_openings``): nothing is asked.
    """
    if is_unscoped() or not needs_approval(model):
        return {row.pk for row in rows}
    from core.territories.selectors import merged_prefixes  # circular import: access is below

    label = model._meta.label_lower
    prefixes: set[str] = set()
    single: set[Any] = set()
    sealed_keys: set[Any] = set()
    each = _held_by(user, [row.pk for row in rows]) if told is None else _read(told, rows[0].pk)
    for record_id, model_label, prefix, kinds in each:
        if record_id is None:
            if not kinds or label in kinds:
                prefixes.add(prefix)
        elif prefix == SEALED:
            sealed_keys.add(record_id)
        elif model_label == label:
            single.add(record_id)

    def reached(code: str) -> bool:
        return bool(prefixes) and code.startswith(tuple(prefixes))

    open_keys = {
        row.pk
        for row in rows
        if row.pk in single or (row.pk not in sealed_keys and reached(row.territory_code))
    }
    if len(open_keys | sealed_keys) < len(rows) and prefixes:
        # Villages that were merged into one of these places since.
        prefixes |= merged_prefixes(prefixes)
        open_keys |= {
            row.pk for row in rows if row.pk not in sealed_keys and reached(row.territory_code)
        }
    return open_keys


def _held_by(user: "User", keys: list[Any]) -> Any:
    """Return approvals and seals as record, kind of record, place and kinds, in one query.

    An approval of a single record has no place.
    """
    from core.approvals.models import SealedKey  # app ready

    sealed = SealedKey.objects.filter(record_id__in=keys).values_list(
        "record_id",
        Value("", output_field=CharField()),
        Value(SEALED, output_field=CharField()),
        Value(None, output_field=JSONField()),
    )
    columns = ("record_id", "record_model", "prefix", "record_kinds")
    return _held_now(user.pk).order_by().values_list(*columns).union(sealed, all=True)


def _held_now(user_id: Any) -> QuerySet[Any]:
    from core.approvals.models import Approval  # app ready

    now = timezone.now()
    return Approval._base_manager.filter(person_id=user_id, starts_at__lte=now, ends_at__gt=now)


def telling_openings(user: "User", rows: QuerySet[Any]) -> QuerySet[Any]:
    """Have the query for a record tell also what ``may_open`` would ask about it."""
    if is_unscoped() or not needs_approval(rows.model):
        return rows
    return rows.annotate(**{TOLD: Openings("pk", user.pk)})


def _read(told: str, key: Any) -> Any:
    sealed, held = json.loads(told)
    if sealed:
        yield key, "", SEALED, None
    for record_id, *others in held:
        yield (None if record_id is None else UUID(record_id)), *others


class Openings(Func):
    """Whether a record is sealed, and the approvals a person holds now, as JSON."""

    arity = 1

    def __init__(self, pk: Any, user_id: Any) -> None:
        super().__init__(pk, output_field=TextField())
        self.user_id = user_id

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        from core.approvals.models import Approval, SealedKey  # app ready

        key, params = compiler.compile(self.source_expressions[0])
        quote = connection.ops.quote_name
        # Only names of tables and columns stand in the statement itself.
        keys, approvals = quote(SealedKey._meta.db_table), quote(Approval._meta.db_table)
        sealed = f"EXISTS (SELECT 1 FROM {keys} WHERE record_id = {key})"  # noqa: S608
        if connection.vendor == "postgresql":
            row = "json_build_array(record_id, record_model, prefix, record_kinds)"
            listed, whole = f"coalesce(json_agg({row}), '[]')", "json_build_array({}, {})::text"
        else:
            row = "json_array(record_id, record_model, prefix, json(record_kinds))"
            listed, whole = f"json_group_array({row})", "json_array({}, json({}))"
        held = (
            f"(SELECT {listed} FROM {approvals}"  # noqa: S608
            " WHERE person_id = %s AND starts_at <= %s AND ends_at > %s)"
        )
        return whole.format(sealed, held), [*params, *_person_now(self.user_id, connection)]


def _person_now(user_id: Any, connection: Any) -> list[Any]:
    """Return a person and twice the present moment as the database takes them."""
    from core.approvals.models import Approval  # app ready

    field: Any = Approval._meta.get_field
    now = field("starts_at").get_db_prep_value(timezone.now(), connection)
    return [field("person").get_db_prep_value(user_id, connection), now, now]


def require_open(user: "User", row: Any) -> None:
    """Let a person pass who may open the record.

    Raises:
        NeedsApproval: They have no approval; the caller shows where to ask for one.
    """
    if not may_open(user, row):
        raise NeedsApproval


def without_sealed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Leave out what is sealed, but for who is named for it.  No query of its own.

    With a record goes what belongs to it: rows that point at it, and the history of all.
    The scoped managers ask this, so a sealed record is in no list, chooser, hit, export,
    number or earlier version of anyone else.
    """
    if is_unscoped():
        return rows
    ways = sealed_through(rows.model)
    if not ways:
        return rows
    scope = current_scope()
    return _apart_from(rows, ways, scope.user_id if scope is not None else None)


def without_any_sealed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Leave out what is sealed, for everybody: what the search index holds."""
    ways = sealed_through(rows.model)
    return _apart_from(rows, ways, None) if ways else rows


def sealed_keys_for() -> set[Any]:
    """Return the keys of the sealed records that who is in scope is named for.  One query."""
    scope = current_scope()
    if not is_asked_for() or scope is None or scope.user_id is None:
        return set()
    from core.approvals.models import SealedKey  # app ready

    named = SealedKey.objects.filter(record_id__in=_named_for(scope.user_id))
    return set(named.values_list("record_id", flat=True))


def _apart_from(rows: QuerySet[Any], ways: tuple[str, ...], user_id: Any) -> QuerySet[Any]:
    return rows.filter(*(NotSealed(way, user_id) for way in ways))


def _named_for(user_id: Any) -> Any:
    return _held_now(user_id).filter(record_id__isnull=False).values("record_id")


def sealed_away_from(user: "User") -> set[str]:
    """Return the keys of all records that seals keep from a person, as the log writes them.

    With a sealed record goes what points at it, or did before it was deleted.  One query
    where nothing is sealed; the log, which has no foreign keys, asks.
    """
    if not is_asked_for():
        return set()
    from core.approvals.models import SealedKey  # app ready

    keys = set(
        SealedKey.objects.exclude(record_id__in=_named_for(user.pk)).values_list(
            "record_id", flat=True
        )
    )
    found = set(keys)
    for model in apps.get_models() if keys else ():
        kept = getattr(model, "instance_type", model)
        for way in sealed_through(model):
            if way != kept._meta.pk.attname:
                rows = model._base_manager.filter(**{f"{way}__in": keys}).order_by()
                found.update(rows.values_list(kept._meta.pk.attname, flat=True))
    return {str(key) for key in found}


class NotSealed(Func):
    """The condition that a column holds no sealed key, or one that a person is named for.

    Written out at once: every question about case rows carries it, and put together from
    query sets it would cost more than the rest of the question.

    Args:
        way: Name of the column.
        user_id: The person, or ``None`` for everybody.
    """

    conditional = True
    arity = 1

    def __init__(self, way: Any, user_id: Any = None) -> None:
        super().__init__(way, output_field=BooleanField())
        self.user_id = user_id

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        from core.approvals.models import Approval, SealedKey  # app ready

        quote = connection.ops.quote_name
        source: Any = self.source_expressions[0]
        column, params = compiler.compile(source)
        # Only names of tables and columns stand in the statement itself.
        keys, approvals = quote(SealedKey._meta.db_table), quote(Approval._meta.db_table)
        sealed = f"SELECT record_id FROM {keys}"  # noqa: S608
        named: list[Any] = []
        if self.user_id is not None:
            sealed += (
                f" WHERE record_id NOT IN (SELECT record_id FROM {approvals}"  # noqa: S608
                " WHERE person_id = %s AND record_id IS NOT NULL"
                " AND starts_at <= %s AND ends_at > %s)"
            )
            named = _person_now(self.user_id, connection)
        condition = f"{column} NOT IN ({sealed})"
        if source.target.null:
            return f"({column} IS NULL OR {condition})", [*params, *params, *named]
        return condition, [*params, *named]


def sealed_through(model: Any) -> tuple[str, ...]:
    """Return the columns of a model, or of its history, that may hold a sealed key."""
    if not is_asked_for():
        return ()
    if model not in _ways:
        kept = getattr(model, "instance_type", model)
        own = [kept._meta.pk.attname] if needs_approval(kept) else []
        named = set(getattr(kept, "points_at", ()))
        _ways[model] = tuple(
            own
            + [
                field.attname
                for field in model._meta.concrete_fields
                if field.name in named
                or (field.many_to_one and needs_approval(field.related_model))
            ]
        )
    return _ways[model]


_ways: dict[Any, tuple[str, ...]] = {}
