"""How fast the embedded index is: rebuild and queries at 5,000 and 50,000 invented files.

    .venv/bin/python benchmarks/search.py [--files 5000 50000]

Times are seconds of processor time, so that a busy machine tells the same story; SQLite
works inside the process and is in them.

Prints one line for each measurement, and for queries the ratio to a plain substring scan
of the same texts in the same database (what Wagtail's fallback search does).
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"
GIVEN = "安宁乐康平和静文思远雨桐明月小志建国秀英桂兰子涵梓轩欣怡浩然佳琪晨曦"
VILLAGES = [a + b + "村" for a in ("柳树", "白杨", "石桥", "大山", "河口") for b in "沟坪湾岭"]
SCHOOLS = ["中心小学", "第二小学", "希望小学", "实验中学", "特殊教育学校"]
NOTES = [
    "父母在外务工，由祖母照护，成绩良好。",
    "随外祖父母生活，已签委托照护协议，每月走访一次。",
    "父亲因溺水去世，母亲失去联系，事实无人抚养。",
    "需要心理辅导，班主任已经介入，暑期重点关注。",
    "听力残疾，送教上门，享受最低生活保障。",
    "遭受校园欺凌，已联系学校处理，情绪逐渐稳定。",
]
QUERIES = [
    "张雨桐", "雨桐", "张", "zhangyutong", "yut", "zyt", "柳树沟村", "柳树沟村 溺水",
    "中心小学", "CF-2026-00317", "心理辅导", "委托照护协议", "张宇桐", "校园霸凌",
]  # fmt: skip


def set_up(folder: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", "search", verbosity=0)
    call_command("migrate", "jobs", verbosity=0)


def invented(count: int) -> list[tuple[str, Any]]:
    from search.documents import SearchDocument

    chance = random.Random(7)
    name = lambda: chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice([1, 2])))  # noqa: E731
    each = []
    for number in range(count):
        town = chance.randrange(1, 9)
        each.append(
            (
                f"{number:032x}",
                SearchDocument(
                    names=(name(), name()),
                    places=(
                        f"柳河镇 / {chance.choice(VILLAGES)}",
                        f"柳河镇{chance.choice(SCHOOLS)}",
                    ),
                    codes=(f"CF-{chance.randrange(2020, 2027)}-{number:05d}",),
                    body="".join(chance.sample(NOTES, 2)),
                    territory_code=f"99010100{town}{chance.randrange(1, 13):03d}",
                ),
            )
        )
    return each


def milliseconds(work: Callable[[], Any], times: int = 5) -> float:
    work()
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)


def measure(count: int) -> None:
    from django.db import connection, transaction

    from search.backends.base import Request
    from search.backends.database import database_engine
    from search.indexing import index_documents, row_of, token_key
    from search.models import SearchEntry
    from search.planner import plan
    from search.query import NOTHING

    documents = invented(count)
    engine = database_engine()
    engine.remove("bench", SearchEntry.objects.values_list("object_id", flat=True))

    began = time.process_time()
    for start in range(0, min(count, 2_000), 500):
        for object_id, document in documents[start : start + 500]:
            row_of("bench", object_id, document, confidential=True)
    tokens = min(count, 2_000) / (time.process_time() - began)

    began = time.process_time()
    for start in range(0, count, 500):
        index_documents("bench", documents[start : start + 500], confidential=True)
    engine.optimise()
    rebuilt = count / (time.process_time() - began)
    size = Path(connection.settings_dict["NAME"]).stat().st_size / 2**20
    print(f"{count:>6} files  tokens {tokens:6.0f}/s  index {rebuilt:6.0f}/s  {size:.0f} MB")

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS plain (words text)")
        cursor.execute("DELETE FROM plain")
        cursor.executemany(
            "INSERT INTO plain VALUES (%s)",
            [(" ".join((*d.names, *d.places, *d.codes, d.body)),) for _id, d in documents],
        )

    def scan(query: str) -> None:
        where = " AND ".join(["words LIKE %s"] * len(query.split()))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM plain WHERE {where}", [f"%{w}%" for w in query.split()]
            )
            cursor.fetchall()

    request = Request(
        match=NOTHING,
        key=token_key(confidential=True),
        kinds=("bench",),
        confidential=True,
        prefixes=("990101001", "990101002"),
    )
    all_taken = []
    for query in QUERIES:
        hits: dict[str, Any] = {}

        def ask(query: str = query, hits: dict[str, Any] = hits) -> None:
            for level in plan(query).levels[:2]:
                found = engine.find(request.asking(level.match, level.ranks))
                if found.total:
                    hits.update(level=str(level.name), total=found.total)
                    return

        taken = milliseconds(ask)
        all_taken.append(taken)
        ratio = milliseconds(lambda query=query: scan(query), 3) / taken
        print(
            f"       {hits.get('level', '-'):5} {hits.get('total', 0):6} hits"
            f" {taken:8.1f} ms  {ratio:6.1f} x faster than a scan  {query}"
        )
    print(f"       median {statistics.median(all_taken):.1f} ms, worst {max(all_taken):.1f} ms")

    one = documents[count // 2][0]
    changed = [documents[1][1], documents[2][1]]

    def save() -> None:
        changed.reverse()
        index_documents("bench", [(one, changed[0])], confidential=True)

    print(f"       one save {milliseconds(save):.1f} ms")
    if url := os.environ.get("TEST_ELASTICSEARCH_URL"):
        measure_cluster(url, documents, request)


def measure_cluster(url: str, documents: list[tuple[str, Any]], request: Any) -> None:
    """Time the same files on a node; here by the clock, for the work is not ours."""
    from django.conf import settings

    from search.backends.elasticsearch9 import ElasticsearchEngine
    from search.indexing import row_of, version
    from search.planner import plan

    settings.ELASTICSEARCH_URL = url
    settings.ELASTICSEARCH_PREFIX = "tonghu_bench_"
    settings.ELASTICSEARCH_TIMEOUT = 60
    engine = ElasticsearchEngine()
    name = engine.new_index(confidential=True, version=version())
    spent = 0.0
    for start in range(0, len(documents), 500):
        rows = [
            row_of("bench", object_id, document, confidential=True)
            for object_id, document in documents[start : start + 500]
        ]
        began = time.perf_counter()
        engine.put(rows, index=name)
        spent += time.perf_counter() - began
    engine.refresh(name)
    engine.swap(name, confidential=True)
    taken = []
    for query in QUERIES:
        level = plan(query).levels[0]
        asked = request.asking(level.match, level.ranks)
        engine.find(asked)
        began = time.perf_counter()
        engine.find(asked)
        taken.append((time.perf_counter() - began) * 1000)
    print(
        f"       elasticsearch: {len(documents) / spent:.0f} files/s sent,"
        f" queries median {statistics.median(taken):.1f} ms, worst {max(taken):.1f} ms"
    )
    engine.drop_all()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[5_000, 50_000])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        for count in chosen.files:
            measure(count)


if __name__ == "__main__":
    main()
