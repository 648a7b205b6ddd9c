"""Write the invented people: child files, volunteers, pairings, applications.

Files and volunteers go in set by set, with the history single saves would leave; what
has rules of its own (pairings, applications) goes through its service.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction

from caseadmin.children.models import (
    ChildFile,
    CustodySpell,
    FamilySituation,
    FileNumberSeries,
    Kin,
)
from caseadmin.children.services import update_file
from caseadmin.pairings.models import TRIAL_DAYS, Pairing
from caseadmin.pairings.services import confirm, end_pairing, start_pairing
from caseadmin.volunteers.models import BackgroundCheck, Volunteer, VolunteerNumberSeries
from core.accounts.models import Post, User
from core.history.bulk import create_with_history
from core.numbering import NumberSeries, next_numbers
from core.territories.models import Territory
from publicity.intake.models import VolunteerApplication
from publicity.intake.services import submit_application
from search.indexing import index_objects
from search.registry import searchables

from .chance import REGION
from .world import Row, World


@transaction.atomic
def load_cases(world: World, *, actor: User) -> dict[str, int]:
    """Write what is missing of a world and return how many rows were made, by kind.

    Call inside ``unscoped`` and a change set of ``actor``.
    """
    territories = Territory.objects.in_bulk(field_name="code")
    made = {
        "child files": _load_children(world, territories),
        "volunteers": _load_volunteers(world, territories),
        "pairings": _load_pairings(world, actor),
        "applications": _load_applications(world, territories),
    }
    return made


def missing(model: type[models.Model], rows: Iterable[Row]) -> list[Row]:
    """Return the rows whose keys the table does not have."""
    stored = set(model._base_manager.values_list("pk", flat=True))
    return [row for row in rows if row["id"] not in stored]


def numbered(
    rows: list[Row], series: type[NumberSeries], day_field: str, prefix: str, field: str
) -> list[Row]:
    """Give rows their running numbers, in the order of their days."""
    by_year: dict[int, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row[day_field], str(row["id"]))):
        by_year.setdefault(row[day_field].year, []).append(row)
    for year, members in by_year.items():
        numbers = next_numbers(series, f"{prefix}{REGION}-{year}", len(members))
        for row, number in zip(members, numbers, strict=True):
            row[field] = number
    return [row for members in by_year.values() for row in members]


def build(
    model: type[models.Model], rows: Iterable[Row], **relations: Callable[[Any], Any]
) -> list[Any]:
    """Return unsaved instances; ``relations`` turn the codes in a row into objects."""
    return [
        model(
            **{
                name: relations[name](value) if name in relations else value
                for name, value in row.items()
            }
        )
        for row in rows
    ]


def _load_children(world: World, territories: dict[str, Territory]) -> int:
    fresh = missing(ChildFile, [dict(row) for row in world.children])
    rows = numbered(fresh, FileNumberSeries, "opened_on", "", "file_number")
    files = build(ChildFile, rows, village=territories.__getitem__)
    create_with_history(files)
    by_key: dict[UUID, ChildFile] = {file.pk: file for file in files}
    parts: tuple[tuple[type[models.Model], list[Row]], ...] = (
        (FamilySituation, world.situations),
        (Kin, world.kin),
        (CustodySpell, world.custody_spells),
    )
    for model, part_rows in parts:
        own = [row for row in part_rows if row["child_file"] in by_key]
        create_with_history(build(model, own, child_file=by_key.__getitem__))
    index(ChildFile, by_key)
    _update_files([row for row in world.updates if row["child_file"] in by_key])
    return len(files)


def _update_files(rows: list[Row]) -> None:
    """Let the clerks of the towns change some files, so that there is history to read."""
    clerks = {
        post.territory.code: post.user
        for post in Post.objects.held()
        .filter(role="town_clerk", user__username__startswith="clerk-")
        .select_related("user", "territory")
    }
    files = ChildFile._base_manager.select_related("village").in_bulk(
        [row["child_file"] for row in rows]
    )
    for row in rows:
        child_file = files[row["child_file"]]
        for name, value in row["changes"].items():
            setattr(child_file, name, value)
        update_file(
            child_file=child_file,
            actor=clerks[row["town_code"]],
            reason=row["reason"],
            source="demo",
        )


def index(model: type[models.Model], keys: Iterable[UUID]) -> None:
    """Tell the search index of rows that were written in bulk."""
    known = list(keys)
    for one in searchables():
        if known and one.model is model:
            index_objects(one.kind, known)


def _load_volunteers(world: World, territories: dict[str, Territory]) -> int:
    fresh = missing(Volunteer, [dict(row) for row in world.volunteers])
    rows = numbered(fresh, VolunteerNumberSeries, "joined_on", "V", "volunteer_number")
    for row in rows:
        del row["joined_on"]
        # A pairing makes its volunteer a serving one, by its own service.
        if row["status"] == "serving":
            row["status"] = "ready"
    volunteers = build(Volunteer, rows, village=territories.__getitem__)
    create_with_history(volunteers)
    by_key: dict[UUID, Volunteer] = {volunteer.pk: volunteer for volunteer in volunteers}
    checks = [row for row in world.checks if row["volunteer"] in by_key]
    create_with_history(build(BackgroundCheck, checks, volunteer=by_key.__getitem__))
    index(Volunteer, by_key)
    return len(volunteers)


def _load_pairings(world: World, actor: User) -> int:
    # Which child suits depends on the day, who is paired does not: volunteers tell.
    paired = set(Pairing._base_manager.values_list("volunteer_id", flat=True))
    fresh = [row for row in world.pairings if row["volunteer"] not in paired]
    files = ChildFile._base_manager.in_bulk([row["child_file"] for row in fresh])
    volunteers = Volunteer._base_manager.in_bulk([row["volunteer"] for row in fresh])
    for row in fresh:
        child_file = files[row["child_file"]]
        spell = next(s for s in world.custody_spells if s["child_file"] == child_file.pk)
        pairing = start_pairing(
            child_file=child_file,
            volunteer=volunteers[row["volunteer"]],
            kind=row["kind"],
            started_on=row["starts_on"],
            guardian_consent_on=row["guardian_consent_on"],
            guardian_consent_by=spell.get("carer_name") or "父亲",
            guardian_consent_method="signed_paper",
            child_consent_on=row["child_consent_on"],
            child_consent_method="talk" if row["child_age"] < 8 else "written",
            goals=row["goals"],
            actor=actor,
        )
        _follow_up(pairing, row, actor, world.day)
    return len(fresh)


def _follow_up(pairing: Pairing, row: Row, actor: User, day: date) -> None:
    """Confirm a pairing whose trial is over; end one that came to its end."""
    trial_ends_on = row["starts_on"] + timedelta(days=TRIAL_DAYS)
    if trial_ends_on <= day:
        confirm(pairing=pairing, confirmed_on=trial_ends_on, actor=actor)
    if row["ends_on"] is not None:
        end_pairing(
            pairing=pairing, end_reason="goals_reached", ended_on=row["ends_on"], actor=actor
        )


def _load_applications(world: World, territories: dict[str, Territory]) -> int:
    phones = VolunteerApplication._meta.get_field("phone_index")
    known = set(VolunteerApplication._base_manager.values_list("phone_index", flat=True))
    fresh = [row for row in world.applications if phones.digest(row["phone"]) not in known]
    for row in fresh:
        submit_application(**{**row, "village": territories[row["village"]]}, consent_version="1")
    return len(fresh)
