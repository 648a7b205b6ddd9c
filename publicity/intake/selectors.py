"""Questions about where people can help, and about one application by its receipt."""

from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.utils.translation import gettext as _

from core.access.scope import unscoped
from core.territories.models import Territory

from .models import VolunteerApplication


def places_to_help() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return towns with their villages as grouped choices, codes as values.

    One query.  A town can be chosen as a whole by those who don't mind which village.
    """
    standing = Territory.objects.standing().exclude(level=Territory.Level.DISTRICT)
    groups: dict[Any, tuple[str, list[tuple[str, str]]]] = {}
    villages = []
    for territory in standing.order_by("code"):
        if territory.level == Territory.Level.TOWN:
            anywhere = _("%(town)s, any village") % {"town": territory.name}
            groups[territory.pk] = (territory.name, [(territory.code, anywhere)])
        else:
            villages.append(territory)
    for village in villages:
        if village.parent_id in groups:
            groups[village.parent_id][1].append((village.code, village.name))
    return list(groups.values())


def application_by_receipt(number: str, check_code: str) -> VolunteerApplication | None:
    """Return the application both parts of a receipt belong to, or None.

    A wrong number takes as long as a wrong code, so that numbers cannot be probed.
    """
    with unscoped("an applicant looks at their own application"):
        application = VolunteerApplication.objects.filter(application_number=number).first()
    if application is None:
        check_password(check_code, make_password("no such application"))
        return None
    return application if application.opens_with(check_code) else None
