"""The environment is read once, and nonsense stops the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_value_may_come_from_a_file(monkeypatch, tmp_path):
    path = tmp_path / "secret"
    path.write_text("from the file\n")
    monkeypatch.setenv("A_SECRET_FILE", str(path))

    assert env.text("A_SECRET") == "from the file"


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (lambda: env.boolean("A_VALUE", False), "maybe"),
        (lambda: env.integer("A_VALUE", 1), "one"),
        (lambda: env.database("A_VALUE", ""), "oracle://somewhere"),
    ],
)
def test_nonsense_is_refused_with_the_name_of_the_variable(monkeypatch, reader, value):
    monkeypatch.setenv("A_VALUE", value)
    with pytest.raises(ImproperlyConfigured, match="A_VALUE"):
        reader()


def test_a_missing_value_without_default_is_refused(monkeypatch):
    monkeypatch.delenv("A_VALUE", raising=False)
    with pytest.raises(ImproperlyConfigured, match="A_VALUE"):
        env.text("A_VALUE")


def test_a_postgresql_address_is_taken_apart(monkeypatch):
    monkeypatch.setenv("A_VALUE", "postgresql://clerk:p%40ss@db.example.invalid:5433/tonghu")

    entry = env.database("A_VALUE", "")

    assert {k: entry[k] for k in ("USER", "PASSWORD", "HOST", "PORT", "NAME")} == {
        "USER": "clerk",
        "PASSWORD": "p@ss",
        "HOST": "db.example.invalid",
        "PORT": "5433",
        "NAME": "tonghu",
    }


def test_sqlite_waits_for_its_turn_instead_of_failing(monkeypatch):
    monkeypatch.setenv("A_VALUE", "sqlite:///somewhere.sqlite3")

    assert env.database("A_VALUE", "")["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
