"""Write versions of the definitions: by hand, from a file, or back to an earlier one."""

import copy
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access.scope import unscoped
from core.audit.services import record
from core.jobs.registry import job
from core.jobs.services import Run, enqueue_job

from .changes import Raw, differences, faults_of_change, reconciled, with_former_labels
from .models import CONFIGURE, ConfigState, ConfigVersion
from .spec import SLUG, SetSpec, State, read_set
from .store import forget

if TYPE_CHECKING:
    from core.accounts.models import User

FORMAT = "tonghu.definitions"
MAX_BYTES = 500_000
REINDEX = "ledgers.reindex"
BATCH = 500


def current_version(slug: str) -> ConfigVersion | None:
    """Return the version in force for a ledger, or ``None``."""
    return ConfigVersion.objects.filter(ledger=slug, is_current=True).first()


def content_of(version: ConfigVersion | None) -> Raw:
    """Return a copy of a version's content, to be changed and saved as the next."""
    if version is None:
        return {"sections": [], "fields": [], "rules": [], "ledger": None}
    return {"sections": [], "fields": [], "rules": [], "ledger": None} | copy.deepcopy(
        version.content
    )


def spec_of(slug: str, version: ConfigVersion | None) -> SetSpec:
    """Return a version typed; an empty set for none."""
    if version is None:
        return SetSpec(slug)
    return read_set(slug, version.content, number=version.number)


def may_configure(user: Any) -> bool:
    """Return whether a person may define fields and ledgers."""
    return bool(user.is_active and user.has_perm(CONFIGURE))


def save_version(
    *, slug: str, content: Mapping[str, Any], actor: "User", base: int, comment: str = ""
) -> ConfigVersion:
    """Put a new version of a ledger's definitions into force.

    Args:
        slug: The ledger.
        content: The whole document.
        actor: Who changes it.
        base: Number of the version the change was made from, 0 for none.
        comment: Why.

    Raises:
        PermissionDenied: The person may not define anything.
        ValidationError: A fault in the document, a change that would lose or misread
            values, or someone else was faster.
    """
    if not may_configure(actor):
        raise PermissionDenied
    if not SLUG.fullmatch(slug) or len(slug) > 50:
        raise ValidationError(_("The address has small Latin letters, digits and - only."))
    try:
        with transaction.atomic():
            return _save(slug, content, actor, base, comment)
    except IntegrityError as error:
        raise ValidationError(faster()) from error


def faster() -> str:
    """Say that somebody else has changed the definitions in between."""
    return _(
        "Someone else has changed these definitions in the meantime. Look at them again, then "
        "repeat your change."
    )


def _save(
    slug: str, content: Mapping[str, Any], actor: "User", base: int, comment: str
) -> ConfigVersion:
    previous = ConfigVersion.objects.select_for_update().filter(ledger=slug, is_current=True)
    held = previous.first()
    if (held.number if held else 0) != base:
        raise ValidationError(faster())
    before = spec_of(slug, held)
    now = timezone.now()
    raw = with_former_labels(before, dict(content), now)
    _check_kind_of_ledger(slug, raw)
    after = read_set(slug, raw)
    faults = faults_of_change(before, after)
    if faults:
        raise ValidationError(faults)
    if held is not None:
        ConfigVersion.objects.filter(pk=held.pk).update(is_current=False)
    made = ConfigVersion.objects.create(
        ledger=slug,
        number=base + 1,
        content=raw,
        created_at=now,
        actor=actor,
        actor_name=actor.get_full_name(),
        comment=comment.strip()[:200],
    )
    ConfigState.objects.update_or_create(pk=1, defaults={"token": uuid.uuid4()})
    forget()
    transaction.on_commit(forget)
    # Definitions lie in no territory, and their administrator reaches none: without this the
    # wall in the database would refuse the entry.
    with unscoped("log of definitions"):
        record(
            "wagtail.edit",
            actor=actor,
            model=ConfigVersion,
            label=str(made),
            data={"ledger": slug, "number": made.number},
        )
    if searched(before) != searched(after):
        enqueue_job(REINDEX, {"ledger": slug}, owner=actor)
    return made


def _check_kind_of_ledger(slug: str, raw: Raw) -> None:
    from ..registry import ledgers  # circular import: the registry asks for definitions

    declared = next((one for one in ledgers if one.slug == slug), None)
    if declared is not None and (not declared.runtime_fields or raw.get("ledger")):
        raise ValidationError(_("This ledger takes no further fields."))
    if declared is None and not raw.get("ledger"):
        raise ValidationError(_("The file defines fields of a ledger that is not here."))


def searched(definitions: SetSpec) -> set[tuple[str, str]]:
    """Return which fields make the words a record is found by."""
    found = {(spec.key, spec.kind) for spec in definitions.active if spec.searchable}
    if definitions.ledger is not None:
        found.add(("", definitions.ledger.state))
    return found


@job(REINDEX)
def reindex(run: Run) -> None:
    """Make the words of all records of a ledger anew."""
    from search.indexing import index_objects  # slow import

    from ..registry import ledgers  # circular import: the registry asks for definitions

    slug = run.params["ledger"]
    try:
        model = ledgers.get(slug).model
    except KeyError:
        return
    with unscoped("search words of added fields"):
        keys = list(model._base_manager.values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            index_objects(slug, keys[start : start + BATCH])
            run.progress(start, len(keys))


def roll_back(*, slug: str, number: int, base: int, actor: "User") -> ConfigVersion:
    """Put an earlier version into force again, as a new one.

    What came later and rows hold values of stays, retired: no value is lost.

    Raises:
        ValidationError: There is no such version, or someone else was faster.
    """
    wanted = ConfigVersion.objects.filter(ledger=slug, number=number).first()
    if wanted is None:
        raise ValidationError(_("There is no such version."))
    held = current_version(slug)
    content = reconciled(spec_of(slug, held), content_of(held), content_of(wanted))
    return save_version(
        slug=slug,
        content=content,
        actor=actor,
        base=base,
        comment=_("Back to version %(number)d") % {"number": number},
    )


# Files


def as_document(version: ConfigVersion) -> bytes:
    """Return a version as a file that another site can take in."""
    document = {
        "format": FORMAT,
        "format_version": 1,
        "ledger": version.ledger,
        "number": version.number,
        "content": version.content,
    }
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True).encode()


@dataclass(frozen=True)
class Preview:
    """What taking in a file would do.

    Attributes:
        slug: The ledger.
        content: The document as it would be saved.
        base: The version it would follow.
        changes: What would change, in words.
    """

    slug: str
    content: Raw
    base: int
    changes: list[str]


def read_document(data: bytes) -> tuple[str, Raw]:
    """Return the ledger and the content of a file.

    Raises:
        ValidationError: It is no such file.
    """
    if len(data) > MAX_BYTES:
        raise ValidationError(_("The file is too big for definitions."))
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise ValidationError(_("The file cannot be read: its form is wrong.")) from None
    if (
        not isinstance(document, dict)
        or document.get("format") != FORMAT
        or document.get("format_version") != 1
        or not isinstance(document.get("content"), dict)
        or not SLUG.fullmatch(str(document.get("ledger") or ""))
    ):
        raise ValidationError(_("The file holds no definitions that were exported here."))
    return document["ledger"], document["content"]


def preview(slug: str, wanted: Raw) -> Preview:
    """Return what taking in a document would change; nothing is written.

    Raises:
        ValidationError: The document has faults, or would misread values that rows hold.
    """
    held = current_version(slug)
    before = spec_of(slug, held)
    named = read_set(slug, wanted)
    clashes = [
        _("%(key)s is in use as “%(kind)s” and would become “%(other)s”.")
        % {"key": old.key, "kind": old.kind, "other": new.kind}
        for old in before.kept
        if (new := named.by_key.get(old.key)) is not None
        and (old.sealed != new.sealed or _misread(old.kind, new.kind))
    ]
    if clashes:
        raise ValidationError(clashes)
    content = reconciled(before, content_of(held), wanted)
    after = read_set(slug, content)
    faults = faults_of_change(before, after)
    if faults:
        raise ValidationError(faults)
    return Preview(slug, content, before.number, differences(before, after))


def _misread(old: str, new: str) -> bool:
    from .kinds import SAFE_CHANGES, Kind

    return old != new and new not in SAFE_CHANGES.get(Kind(old), frozenset())


# Single changes, on a document


def moved(items: list[Raw], key: str, by: int) -> list[Raw]:
    """Return a list with one entry moved up (-1) or down (1) among its neighbours."""
    found = list(items)
    for index, one in enumerate(found):
        if one.get("key") == key and 0 <= index + by < len(found):
            found[index], found[index + by] = found[index + by], found[index]
            break
    return found


def field_moved(items: list[Raw], key: str, by: int) -> list[Raw]:
    """Return the fields with one moved past its neighbour in the same group."""
    found = list(items)
    here = next((i for i, one in enumerate(found) if one.get("key") == key), None)
    if here is None:
        return found
    index = here + by
    while 0 <= index < len(found):
        if found[index].get("section") == found[here].get("section"):
            found[here], found[index] = found[index], found[here]
            break
        index += by
    return found


def without(items: list[Raw], key: str) -> list[Raw]:
    """Return a list without one entry."""
    return [one for one in items if one.get("key") != key]


def replaced(items: list[Raw], key: str, entry: Raw) -> list[Raw]:
    """Return a list with one entry replaced, or added at the end."""
    if any(one.get("key") == key for one in items):
        return [entry if one.get("key") == key else one for one in items]
    return [*items, entry]


def with_state(items: list[Raw], key: str, state: State) -> list[Raw]:
    """Return the fields with the state of one set."""
    return [{**one, "state": str(state)} if one.get("key") == key else one for one in items]
