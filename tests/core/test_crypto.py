"""Fields at rest: closed, bound to their row, moved to new keys without loss."""

import base64
import io
import json
from datetime import date
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from hypothesis import given
from hypothesis import strategies as st

from core.access.scope import unscoped
from core.accounts.selectors import system_account
from core.crypto import blind_index, rotation
from core.crypto.bulk import bulk_update
from core.crypto.fields import EncryptedTextField
from core.crypto.keys import new_ring_json, parse, with_new_data_key, with_new_index_key
from core.crypto.migrating import seal_reasons
from core.crypto.rotation import ROTATE, Table, closed_by, left
from core.crypto.seal import CannotOpen, Sealed, seal, unseal
from core.jobs.models import Job
from core.jobs.services import JobLost, Run
from core.territories.models import Territory
from tests.core.vault import Secret
from tests.factories.core import TerritoryFactory
from tests.walled import hand_over, owner_at_work


@pytest.fixture(scope="module")
def vault_table(django_db_setup, django_db_blocker):
    """A table of the model under test, which belongs to no migration."""
    with django_db_blocker.unblock():
        with owner_at_work(connection), connection.schema_editor() as editor:
            editor.create_model(Secret)
            hand_over(connection)
        yield
        with owner_at_work(connection), connection.schema_editor() as editor:
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


@pytest.fixture
def only_the_vault(vault, monkeypatch):
    """Let the rotation walk the table under test alone."""
    fields = [Secret._meta.get_field(name) for name in ("words", "born_on")]
    table = Table(Secret, tuple(fields), (Secret._meta.get_field("words_index"),))
    monkeypatch.setattr(rotation, "tables", lambda: [table])
    monkeypatch.setattr(rotation.rotate, "__kwdefaults__", {"chunk": 3})
    return vault


def keys_in_use(name="words"):
    raw = Secret.objects.annotate(raw=Cast(name, TextField())).values_list("raw", flat=True)
    return {r.split(".")[0] for r in raw if r}


def rotate_keys(**options):
    said = io.StringIO()
    call_command("rotate_keys", stdout=said, **options)
    return said.getvalue()


def test_rotation_moves_every_value_and_leaves_new_ones_alone(only_the_vault, settings):
    vault = only_the_vault
    rows = vault.bulk_create([Secret(words=f"第{n}行", born_on=date(2015, 1, 1)) for n in range(7)])
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)
    late = vault.create(words="新钥匙写的")
    before = stored(late.pk)
    assert left() == {"vault_secret.words": 7, "vault_secret.born_on": 7}

    said = rotate_keys()

    assert "values moved: 14" in said
    assert (left(), keys_in_use(), keys_in_use("born_on"), stored(late.pk)) == (
        {},
        {"k2"},
        {"k2"},
        before,
    )
    assert sorted(r.words for r in vault.all()) == sorted([*(r.words for r in rows), late.words])


def test_a_stopped_rotation_goes_on_behind_the_last_row_that_was_committed(
    only_the_vault, settings, monkeypatch
):
    vault = only_the_vault
    vault.bulk_create([Secret(words=f"第{n}行") for n in range(10)])
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)
    stock, chunks = rotation._write, []

    def dies_in_the_third_chunk(table, moves):
        written = stock(table, moves)
        chunks.append(written)
        if len(chunks) == 3:
            raise KeyboardInterrupt
        return written

    monkeypatch.setattr(rotation, "_write", dies_in_the_third_chunk)
    with pytest.raises(KeyboardInterrupt):
        rotate_keys()
    assert sum(left().values()) == 4

    said = rotate_keys()

    assert ("going on where the last run stopped" in said, left(), chunks) == (
        True,
        {},
        [3, 3, 3, 3, 1],
    )
    assert Job.objects.filter(kind=ROTATE).count() == 1
    assert rotate_keys(count=True) == "left on older keys: 0\n"


def test_a_save_at_the_same_moment_is_not_overwritten(only_the_vault, settings, monkeypatch):
    vault = only_the_vault
    row = vault.create(words="旧的")
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)
    stock = rotation._write

    def after_a_clerk_saved(table, moves):
        Secret.objects.get(pk=row.pk)
        Secret(pk=row.pk, words="文书刚改的").save(force_update=True)
        return stock(table, moves)

    monkeypatch.setattr(rotation, "_write", after_a_clerk_saved)
    rotate_keys()

    assert (vault.get(pk=row.pk).words, left()) == ("文书刚改的", {})


def test_a_rotation_that_was_taken_over_writes_nothing_more(only_the_vault, settings):
    only_the_vault.create(words="一行")
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)
    given_up = Job.objects.create(kind=ROTATE, params={}, owner=system_account())
    Job.objects.filter(pk=given_up.pk).update(fence=5)

    with pytest.raises(JobLost):
        rotation.rotate(Run(given_up))

    assert keys_in_use() == {"k1"}


def test_a_value_that_does_not_open_is_named_and_does_not_stop_the_others(only_the_vault, settings):
    vault = only_the_vault
    bad = vault.create(words="坏的")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vault_secret SET words = 'k1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'")
    good = vault.bulk_create([Secret(words=f"第{n}行") for n in range(4)])
    settings.TONGHU_KEYS = with_new_data_key(settings.TONGHU_KEYS)

    with pytest.raises(CommandError, match=f"1 values do not open(.|\n)*{bad.pk}"):
        rotate_keys()

    assert (stored(bad.pk)[:3], {stored(r.pk)[:3] for r in good}) == ("k1.", {"k2."})


def test_a_new_index_key_makes_the_blind_indexes_anew(only_the_vault, settings):
    vault = only_the_vault
    row = vault.create(words="找得到")
    field = Secret._meta.get_field("words_index")
    old = field.digest("找得到")
    settings.TONGHU_KEYS = with_new_index_key(settings.TONGHU_KEYS)
    assert list(vault.filter(words_index=field.digest("找得到"))) == []

    said = rotate_keys(index=True)

    assert field.digest("找得到") != old
    assert list(vault.filter(words_index=field.digest("找得到"))) == [row]
    assert "vault_secret.words_index" in said


def test_a_key_is_removed_only_when_nothing_needs_it(only_the_vault, settings, tmp_path):
    only_the_vault.create(words="一行")
    path = tmp_path / "keys.json"
    path.write_text(with_new_data_key(settings.TONGHU_KEYS))
    settings.TONGHU_KEYS = path.read_text()
    assert closed_by(Secret, Secret._meta.get_field("words"), 1).count() == 1

    with pytest.raises(CommandError, match="Key 1 still closes 1 values"):
        call_command("make_keys", path, remove=1)
    assert set(parse(path.read_text()).data) == {1, 2}

    rotate_keys()
    call_command("make_keys", path, remove=1)
    assert set(parse(path.read_text()).data) == {2}
    with pytest.raises(CommandError, match="current key cannot be removed"):
        call_command("make_keys", path, remove=2)


def test_every_encrypted_column_of_the_product_is_walked():
    walked = {(table.model, column) for table in rotation.tables() for column in table.fields}

    assert {
        (model, column)
        for model in apps.get_models(include_auto_created=True)
        for column in model._meta.concrete_fields
        if isinstance(column, EncryptedTextField) and column.model is model
    } == walked
    names = {f"{model._meta.label_lower}.{column.name}" for model, column in walked}
    assert {
        "children.childfile.full_name",
        "children.historicalchildfile.full_name",
        "ledgers.importsource.content",
        "ledgers.importrow.payload",
        "intake.volunteerapplication.phone",
    } <= names


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


def test_reasons_written_before_they_were_encrypted_are_closed_and_open_again(db):
    row = Territory.history.model._base_manager.filter(id=TerritoryFactory().pk).first()
    table = f'"{row._meta.db_table}"'

    def stored() -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT history_change_reason FROM {table} WHERE history_id = %s",
                [row.pk],
            )
            return str(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET history_change_reason = %s WHERE history_id = %s",
            ["更正村名", row.pk],
        )
    close = seal_reasons("territories", "historicalterritory")[-1]
    editor = SimpleNamespace(connection=connection)
    with unscoped("migrations"):
        close.code(apps, editor)
        closed = stored()
        row.refresh_from_db()
        read = row.history_change_reason
        close.reverse_code(apps, editor)

    assert (closed.startswith("k1."), read, stored()) == (True, "更正村名", "更正村名")
