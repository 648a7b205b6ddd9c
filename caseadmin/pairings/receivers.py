"""What a pairing does when the file or the volunteer it rests on changes."""

from datetime import date
from typing import TYPE_CHECKING, Any

from .services import end_pairings_of_file, move_pairings_of_file, stop_pairings_of_volunteer

if TYPE_CHECKING:
    from caseadmin.children.models import ChildFile
    from caseadmin.volunteers.models import Volunteer
    from core.accounts.models import User


def on_file_closed(*, child_file: "ChildFile", actor: "User", **kwargs: Any) -> None:
    end_pairings_of_file(child_file=child_file, actor=actor)


def on_file_moved(*, child_file: "ChildFile", actor: "User", **kwargs: Any) -> None:
    move_pairings_of_file(child_file=child_file, actor=actor)


def on_volunteer_stopped(*, volunteer: "Volunteer", on: date, actor: "User", **kwargs: Any) -> None:
    stop_pairings_of_volunteer(volunteer=volunteer, on=on, actor=actor)
