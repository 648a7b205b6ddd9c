"""How numbers of articles are written."""

import pytest

from publicity.laws.numbering import article_label, chinese_numeral


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "零"),
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (117, "一百一十七"),
        (1000, "一千"),
        (1010, "一千零一十"),
        (1204, "一千二百零四"),
        (1260, "一千二百六十"),
        (9999, "九千九百九十九"),
    ],
)
def test_numeral_is_written_as_laws_write_it(number, written):
    assert chinese_numeral(number) == written


@pytest.mark.parametrize("number", [-1, 10_000])
def test_numeral_outside_the_range_is_refused(number):
    with pytest.raises(ValueError, match="is not between"):
        chinese_numeral(number)


def test_label_names_an_inserted_article():
    assert article_label(17, 1, "zh-hans") == "第十七条之一"
    assert article_label(17, 1, "en") == "Article 17-1"
    assert article_label(22, 0, "zh-hans") == "第二十二条"
    assert article_label(22, 0, "en") == "Article 22"
