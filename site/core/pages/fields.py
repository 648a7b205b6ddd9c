"""Fields for page content."""

from typing import Any

from wagtail.fields import StreamField


class BlocksField(StreamField):
    """A stream of blocks whose definition stays out of migrations.

    The column is JSON whatever the blocks are, so a reworded label or a new block is
    no change of the database.
    """

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _args, kwargs = super().deconstruct()
        kwargs.pop("block_lookup", None)
        kwargs.pop("default", None)
        return name, path, [[]], kwargs
