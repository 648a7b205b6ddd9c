"""The map of the district and what Wagtail needs to know of our roles."""

from datetime import date
from typing import Any

from django.contrib.auth.models import Group, Permission
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page

from core.accounts.models import Role, User
from core.territories.models import Territory
from core.territories.services import add_territory, merge_territory, rename_territory

EDITOR_ROLE = "editor"
PAGE_RIGHTS = ("add_page", "change_page", "publish_page")
COLLECTION_RIGHTS = (
    ("wagtailimages", "add_image"),
    ("wagtailimages", "change_image"),
    ("wagtailimages", "choose_image"),
    ("wagtaildocs", "add_document"),
    ("wagtaildocs", "change_document"),
    ("wagtaildocs", "choose_document"),
)
CHINESE_GROUPS = {"Moderators": "内容审核员", "Editors": "内容编辑员"}
ROOT_PAGE_TITLE = "全部页面"
ROOT_COLLECTION_NAME = "全部文件"


def load_map(rows: list[dict[str, Any]], *, actor: User) -> int:
    """Write the territories that are missing, with earlier names and merges.

    Args:
        rows: District, towns, villages, in an order in which parents come first.
        actor: Who draws the map.

    Returns:
        How many territories were made.
    """
    known = Territory.objects.in_bulk(field_name="code")
    fresh = [row for row in rows if row["code"] not in known]
    for row in fresh:
        first_name, *later_names = row.get("names") or [
            {"name": row["name"], "valid_from": row["valid_from"]}
        ]
        territory = add_territory(
            code=row["code"],
            level=row["level"],
            kind=row["kind"],
            name=first_name["name"],
            parent=known.get(_code_of_parent(row)),
            valid_from=date.fromisoformat(row["valid_from"]),
            actor=actor,
        )
        for name in later_names:
            territory = rename_territory(
                territory=territory,
                name=name["name"],
                on=date.fromisoformat(name["valid_from"]),
                actor=actor,
            )
        known[territory.code] = territory
    for row in fresh:
        if "merged_into" in row:
            merge_territory(
                territory=known[row["code"]],
                into=known[row["merged_into"]],
                on=date.fromisoformat(row["valid_to"]),
                actor=actor,
            )
    return len(fresh)


def _code_of_parent(row: dict[str, Any]) -> str:
    digits = {"district": 0, "town": 6, "village": 9}[row["level"]]
    return row["code"][:digits].ljust(12, "0") if digits else ""


def prepare_wagtail() -> None:
    """Give editors the page tree, and Wagtail's own groups and roots Chinese names.

    A group somebody renamed is left alone.
    """
    for english, chinese in CHINESE_GROUPS.items():
        Group.objects.filter(name=english).update(name=chinese)
    root = Page.objects.get(depth=1)
    if root.title == "Root":
        root.title = root.draft_title = ROOT_PAGE_TITLE
        root.save()
    collection = Collection.get_first_root_node()
    if collection.name == "Root":
        collection.name = ROOT_COLLECTION_NAME
        collection.save()
    group = Role.objects.select_related("group").get(code=EDITOR_ROLE).group
    for codename in PAGE_RIGHTS:
        permission = Permission.objects.get(
            content_type__app_label="wagtailcore", codename=codename
        )
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)
    for app_label, codename in COLLECTION_RIGHTS:
        permission = Permission.objects.get(content_type__app_label=app_label, codename=codename)
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=collection, permission=permission
        )
