"""One account for each role, for people who try the product out."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password

from core.accounts.models import Role, User
from core.accounts.services import appoint
from core.territories.models import Territory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PASSWORD = "binhe-demo-2026"  # noqa: S105 - printed for everyone; production refuses the loader

DISTRICT = "990101000000"
HELD_FROM = date(2024, 1, 1)


@dataclass(frozen=True)
class DemoAccount:
    """An account with its one post."""

    username: str
    name: str
    role: str
    territory: str = DISTRICT


CLERKS = {
    "liuhe": "周丽萍",
    "shiqiao": "吴建军",
    "heyuan": "郑小红",
    "haitang": "冯志强",
    "luhua": "陈海燕",
    "qingxi": "蒋春林",
    "shuangjing": "韩翠萍",
    "wangchao": "沈东升",
}

OTHERS = (
    DemoAccount("officer", "高卫东", "district_officer"),
    DemoAccount("civil-affairs", "唐晓霞", "civil_affairs"),
    DemoAccount("education", "宋文元", "education"),
    DemoAccount("coordinator", "罗美玲", "volunteer_coordinator"),
    DemoAccount("editor", "苏静", "editor"),
    DemoAccount("auditor", "曹立新", "auditor"),
    DemoAccount("school-liuhe", "谢淑珍", "school", "990101001000"),
    DemoAccount("police-liuhe", "马超", "police", "990101001000"),
    DemoAccount("worker-liushugou", "王桂花", "village_worker", "990101001001"),
    DemoAccount("worker-shiqiao", "李巧云", "village_worker", "990101002003"),
    DemoAccount("system-admin", "程鹏", "system_admin"),
    DemoAccount("security-admin", "袁敏", "security_admin"),
    DemoAccount("audit-admin", "薛峰", "audit_admin"),
)


def demo_accounts(towns: "Iterable[tuple[str, str]]") -> list[DemoAccount]:
    """Return all accounts; ``towns`` pairs the slug of a town with its code."""
    clerks = [
        DemoAccount(f"clerk-{slug}", CLERKS[slug], "town_clerk", code) for slug, code in towns
    ]
    return [OTHERS[0], *clerks, *OTHERS[1:]]


def demo_actor() -> User:
    """Return the system account that stands behind the invented rows."""
    actor, created = User.objects.get_or_create(
        username="demo", defaults={"name": "演示数据", "is_system": True}
    )
    if created:
        actor.set_unusable_password()
        actor.save(update_fields=["password"])
    return actor


def load_accounts(accounts: "Sequence[DemoAccount]", *, actor: User) -> int:
    """Make the accounts that are missing and give them their posts.

    All share one password, so it is hashed once.
    """
    known = set(User.objects.values_list("username", flat=True))
    fresh = [account for account in accounts if account.username not in known]
    if not fresh:
        return 0
    roles = Role.objects.in_bulk()
    territories = Territory.objects.in_bulk(
        {account.territory for account in fresh}, field_name="code"
    )
    password = make_password(PASSWORD)
    for account in fresh:
        user = User.objects.create(username=account.username, name=account.name, password=password)
        appoint(
            user=user,
            role=roles[account.role],
            territory=territories[account.territory],
            held_from=HELD_FROM,
            actor=actor,
        )
    return len(fresh)
