"""Give posts from before access by approval the standing approval their role says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.access.scope import unscoped
from core.accounts.models import Post, User
from core.approvals.models import Approval
from core.approvals.services import approve_post


class Command(BaseCommand):
    help = "Write the standing approvals of posts that have none; name who answers for them."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", help="Who approves.")

    def handle(self, *, username: str, **options: Any) -> None:
        approver = User.objects.filter(username=username).first()
        if approver is None:
            raise CommandError(f"there is no account {username}")
        count = own = 0
        with unscoped("standing approvals of posts"):
            approved = Approval.objects.values_list("post_id", flat=True)
            for post in Post.objects.held().select_related("user", "role", "territory"):
                if post.pk in set(approved):
                    continue
                if post.user_id == approver.pk:
                    own += 1
                    continue
                count += approve_post(post=post, approver=approver) is not None
        self.stdout.write(f"{count} standing approvals written, {own} posts of {username} left")
