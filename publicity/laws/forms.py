"""The form editors write an article in."""

from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminPageForm


class ArticlePageForm(WagtailAdminPageForm):
    """Refuses a second page for the same article of a law."""

    def clean(self) -> dict[str, Any]:
        """Compare the number with those of the other articles below the same law."""
        data: dict[str, Any] = super().clean()
        taken = self._meta.model.objects.child_of(self.parent_page).filter(
            article_number=data.get("article_number"), article_sub=data.get("article_sub")
        )
        if taken.exclude(pk=self.instance.pk).exists():
            self.add_error(
                "article_number",
                _(
                    "This law already has a page for that article. Edit that page, or change "
                    "the number."
                ),
            )
        return data
