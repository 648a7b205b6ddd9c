"""Fields at rest: closed, bound to their row, moved to new keys without loss."""

import base64
import json
from datetime import date

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from hypothesis import given
from hypothesis import strategies as st

from core.crypto import blind_index
from core.crypto.bulk import bulk_update
from core.crypto.keys import new_ring_json, parse, with_new_data_key
from core.crypto.rotation import rotate, waiting
from core.crypto.seal import CannotOpen, Sealed, seal, unseal
from tests.core.vault import Secret


@pytest.fixture(scope="module")
def vault_table(django_db_setup, django_db_blocker):
    """A table of the model under test, which belongs to no migration."""
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Secret)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Secret)


@pytest.fixture
def vault(vault_table, db):
    return Secret.objects


def stored(pk, name="words"):
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {name} FROM vault_secret WHERE id = %s",
            [Secret._meta.pk.get_db_prep_value(pk, connection)],
        )
        return cursor.fetchone()[0]


@given(st.text())
def test_what_was_sealed_opens_again(text):
    assert unseal(seal(text, "a.b.c:1"), "a.b.c:1") == text


def test_the_same_text_never_looks_the_same_twice():
    assert seal("王小明", "a.b.c:1") != seal("王小明", "a.b.c:1")


@pytest.mark.parametrize("binding", ["a.b.c:2", "a.b.d:1"])
def test_a_value_moved_to_another_row_or_column_does_not_open(binding):
    with pytest.raises(CannotOpen):
        unseal(seal("王小明", "a.b.c:1"), binding)


@pytest.mark.parametrize("damaged", ["k1.AAAA", "k9.AAAA", "plain", "k1.", "kx.AAAA", "k1.é"])
def test_a_damaged_value_is_refused_not_returned(damaged):
    with pytest.raises(CannotOpen):
        unseal(Sealed(damaged), "a.b.c:1")


def test_a_blind_index_depends_on_value_and_purpose_and_is_none_for_nothing():
    digests = {blind_index(v, purpose=p) for v in "ab" for p in ("x", "y")}

    assert (len(digests), {len(d or "") for d in digests}, blind_index("", purpose="x")) == (
        4,
        {22},
        None,
    )


def test_the_database_holds_no_plain_text(vault):
    row = vault.create(words="外婆家的地址", born_on=date(2015, 4, 6))

    assert (stored(row.pk).startswith("k1."), stored(row.pk, "born_on").startswith("k1.")) == (
        True,
        True,
    )
    fresh = vault.get(pk=row.pk)
    assert (fresh.words, fresh.born_on) == ("外婆家的地址", date(2015, 4, 6))


def test_a_row_saved_without_being_read_keeps_its_ciphertext(vault):
    row = vault.create(words="不读不改")
    before = stored(row.pk)

    vault.get(pk=row.pk).save()

    assert stored(row.pk) == before


def test_empty_and_missing_stay_apart(vault):
    row = vault.create(words="", born_on=None)

    assert (stored(row.pk), stored(row.pk, "born_on"), vault.get().words) == ("", None, "")


def test_deferred_values_open_when_they_are_read(vault):
    vault.create(words="推迟")

    assert vault.defer("words").get().words == "推迟"


@pytest.mark.parametrize("lookup", ["words", "words__startswith", "words__in"])
def test_looking_up_an_encrypted_value_says_what_to_do_instead(vault, lookup):
    with pytest.raises(FieldError, match="blind index"):
        list(vault.filter(**{lookup: "王"}))


def test_a_row_is_found_by_its_blind_index(vault):
    row = vault.create(words="找得到")
    vault.create(words="别的")

    field = Secret._meta.get_field("words_index")

    assert list(vault.filter(words_index=field.digest("找得到"))) == [row]


def test_many_rows_are_written_and_updated_sealed(vault):
    rows = vault.bulk_create([Secret(words=f"第{n}行") for n in range(5)])
    for row in rows:
        row.words += "，改过"

    assert bulk_update(Secret, rows, ["words", "words_index"]) == 5

    assert sorted(r.words for r in vault.all()) == [f"第{n}行，改过" for n in range(5)]
    assert {r.words for r in rows} == {f"第{n}行，改过" for n in range(5)}
    digest = Secret._meta.get_field("words_index").digest("第3行，改过")
    assert vault.filter(words_index=digest).count() == 1


def test_a_plain_update_of_an_encrypted_column_is_refused(vault):
    vault.create(words="原来")
    with pytest.raises(FieldError, match="bound to its row"):
        vault.update(words="改")


def test_rotation_moves_every_value_and_can_be_stopped(vault, settings):
    rows = vault.bulk_create([Secret(words=f"第{n}行") for n in range(7)])
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)
    field = Secret._meta.get_field("words")
    late = vault.create(words="新钥匙写的")
    assert waiting(Secret, field).count() == 7

    assert rotate(Secret, field, batch_size=3) == 7

    assert waiting(Secret, field).count() == 0
    raw = Secret.objects.annotate(raw=Cast("words", TextField())).values_list("raw", flat=True)
    assert {r.split(".")[0] for r in raw} == {"k2"}
    assert sorted(r.words for r in vault.all()) == sorted([*(r.words for r in rows), late.words])


def test_rotation_stops_at_a_value_that_does_not_open(vault, settings):
    row = vault.create(words="坏的")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vault_secret SET words = 'k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'")
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)

    with pytest.raises(CannotOpen):
        rotate(Secret, Secret._meta.get_field("words"))

    assert stored(row.pk).startswith("k1.")


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("index"),
        lambda r: r.update(current=9),
        lambda r: r.update(search=r["index"]),
        lambda r: r.update(index="short"),
        lambda r: r.update(index=base64.b64encode(b"x" * 16).decode()),
        lambda r: r.update(data=[]),
    ],
)
def test_a_wrong_key_ring_is_refused(change):
    raw = json.loads(new_ring_json())
    change(raw)

    with pytest.raises(ImproperlyConfigured):
        parse(json.dumps(raw))


def test_make_keys_writes_a_private_file_and_never_over_another(tmp_path):
    path = tmp_path / "keys.json"

    call_command("make_keys", path)
    first = parse(path.read_text())
    call_command("make_keys", path, add=True)
    second = parse(path.read_text())

    assert oct(path.stat().st_mode)[-3:] == "600"
    assert (first.current, second.current, second.data[1] == first.data[1]) == (1, 2, True)
    with pytest.raises(CommandError):
        call_command("make_keys", path)
