"""The article that has logs kept is no. 23 since the law was amended; rows may name no. 21."""

from typing import Any

from django.db import migrations

BEFORE = "《网络安全法》第二十一条第三项（网络日志留存不少于六个月）"
SINCE_2026 = "《网络安全法》（2025年修正）第二十三条第三项（网络日志留存不少于六个月）"


def name_the_article(apps: Any, schema_editor: Any) -> None:
    """Correct the citation of the rule of 2026; what it says stays the same."""
    rules = apps.get_model("privacy", "RetentionRule").objects
    rules.filter(code="sign_in_attempt", source=BEFORE).update(source=SINCE_2026)


def name_it_as_before(apps: Any, schema_editor: Any) -> None:
    """Let the former fixture be loaded again."""
    rules = apps.get_model("privacy", "RetentionRule").objects
    rules.filter(code="sign_in_attempt", source=SINCE_2026).update(source=BEFORE)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]

    operations = [migrations.RunPython(name_the_article, name_it_as_before)]
