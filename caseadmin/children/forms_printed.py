"""The registration form as the ministry prints it, and the words clerks write on it.

农村留守儿童基本情况登记表 (2016, annex 1): each blank by the words printed at it, since
districts print the form with their own widths.
"""

import re
from collections.abc import Callable, Mapping

from caseadmin.ledgers.importing.declaration import Blank, Boxes, PrintedForm

from .enums import (
    CareType,
    DisabilityGrade,
    DisabilityKind,
    EthnicGroup,
    HealthStatus,
    IncomeSource,
    KinRelation,
    Parent,
    Relief,
    SchoolStatus,
    Sex,
)

GROUPS = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 "
    "土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 "
    "柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 "
    "乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺"
)
"""The 56 groups in the order of GB/T 3304, as people write them without 族."""

ETHNIC_WORDS: Mapping[str, str] = {
    word + suffix: group.value
    for word, group in zip(GROUPS.split(), list(EthnicGroup)[:56], strict=True)
    for suffix in ("", "族")
}

DISABILITY_WORDS: Mapping[str, str] = {
    word + suffix: kind.value
    for word, kind in zip(
        ("视力", "听力", "言语", "肢体", "智力", "精神", "多重"), DisabilityKind, strict=True
    )
    for suffix in ("", "残疾")
}

GRADE_WORDS: Mapping[str, str] = {
    word: grade.value
    for words, grade in zip(
        (
            ("一", "一级", "1级"),
            ("二", "二级", "2级"),
            ("三", "三级", "3级"),
            ("四", "四级", "4级"),
        ),
        DisabilityGrade,
        strict=True,
    )
    for word in words
}

SCHOOL_WORDS: dict[str, str] = {
    "在园": SchoolStatus.KINDERGARTEN,
    "学前": SchoolStatus.KINDERGARTEN,
    "未入幼儿园": SchoolStatus.NOT_IN_KINDERGARTEN,
    "小学在读": SchoolStatus.PRIMARY,
    "初级中学": SchoolStatus.JUNIOR,
    "初中在读": SchoolStatus.JUNIOR,
    "普通高中": SchoolStatus.SENIOR,
    "高中在读": SchoolStatus.SENIOR,
    "职高": SchoolStatus.VOCATIONAL,
    "中专": SchoolStatus.VOCATIONAL,
    "技校": SchoolStatus.VOCATIONAL,
    "失学": SchoolStatus.DROPPED_OUT,
}

CARE_WORDS: dict[str, str] = {
    "一般": CareType.FAIR,
    "较好": CareType.GOOD,
    "父亲或母亲无监护能力": CareType.PARENT_INCAPABLE,
    "受委托监护人能力不足": CareType.CARER_WEAK,
}

FORM_WORDS: Mapping[str, Mapping[str, str]] = {
    "sex": {"男": Sex.MALE, "女": Sex.FEMALE},
    "health": {
        "健康": HealthStatus.HEALTHY,
        "残疾": HealthStatus.DISABLED,
        "患病": HealthStatus.ILL,
    },
    "school_status": dict(
        zip(
            ("幼儿园", "未入园", "小学", "初中", "高中", "中职", "辍学", "不在学"),
            SchoolStatus.values,
            strict=True,
        )
    )
    | SCHOOL_WORDS,
    "care_type": dict(
        zip(
            (
                "无人监护",
                "父或母无监护能力",
                "受委托监护人监护能力不足",
                "监护情况一般",
                "监护情况较好",
            ),
            CareType.values,
            strict=True,
        )
    )
    | CARE_WORDS,
    "incapable_parent": {
        "父亲": Parent.FATHER,
        "母亲": Parent.MOTHER,
        "父": Parent.FATHER,
        "母": Parent.MOTHER,
    },
    "income_sources": dict(
        zip(
            ("打工收入", "种养殖业", "政府救助", "亲朋接济", "其他"),
            IncomeSource.values,
            strict=True,
        )
    ),
    "reliefs": dict(
        zip(
            ("享受低保", "临时救助", "医疗救助", "住房救助", "其他救助"),
            Relief.values,
            strict=True,
        )
    )
    | {"低保": Relief.SUBSISTENCE},
    "ethnic_group": ETHNIC_WORDS,
    "disability_kind": DISABILITY_WORDS,
    "disability_grade": GRADE_WORDS,
}
"""The words printed on the form, by column: they are read whatever the screen's language."""

RELATION_BLOCKS: tuple[tuple[KinRelation, tuple[str, ...]], ...] = (
    (KinRelation.PATERNAL_GRANDFATHER, ("祖父", "爷爷")),
    (KinRelation.PATERNAL_GRANDMOTHER, ("祖母", "奶奶")),
    (KinRelation.MATERNAL_GRANDFATHER, ("外祖父", "外公", "姥爷")),
    (KinRelation.MATERNAL_GRANDMOTHER, ("外祖母", "外婆", "姥姥")),
    (KinRelation.FATHER, ("父亲",)),
    (KinRelation.MOTHER, ("母亲",)),
)

ID_LABELS = ("公民身份号码", "公民身份证号码", "身份证号", "身份证号码")
PHONE_LABELS = ("联系电话", "联系方式", "电话")
CARER_BLOCK = (
    "受委托监护人",
    "受委托监护人情况",
    "委托监护人",
    "其他监护人",
    "监护人情况",
    "实际监护人",
    "监护人",
)

_COMMITTEE = re.compile(r"(村民|居民|村|居)?(委员会|委会)$")
_TOWN = re.compile(
    r"^(?:.*?(?:省|自治区|市))?(?:.*?[区县])?(?P<town>.+?(?:镇|乡|街道))(?P<rest>.+)$"
)
_PROVINCE = re.compile(r"^(?P<province>.{2,8}?(?:省|自治区|特别行政区|市))\s*(?P<city>.*)$")
_GRADE = re.compile(r"[一二三四1-4]\s*级")


def split_reporting_unit(text: str) -> dict[str, str]:
    """Return the reporting unit, and the village it speaks for.

    柳河镇柳树沟村村民委员会 stands for ``柳河镇 / 柳树沟村``; a town or an office of the
    district stands for no village.
    """
    unit = re.sub(r"[（(]\s*(?:盖章|公章|章)\s*[）)]", "", text).strip()
    return {"reporting_unit": unit, "village": village_of(unit)}


def village_of(unit: str) -> str:
    """Return town and village out of a unit's name or an address, or an empty text."""
    place = "".join(unit.split())
    committee = _COMMITTEE.search(place)
    if committee:
        place = place[: committee.start()]
        # 柳树沟村委会 drops the second 村 of 柳树沟村村委会.
        if not place.endswith(("村", "社区", "居")):
            place += "村" if committee[0].startswith("村") else ""
    match = _TOWN.match(place)
    if match is None:
        return place if place.endswith(("村", "社区", "居")) else ""
    rest = match["rest"]
    ends = [rest.index(word) + len(word) for word in ("村", "社区") if word in rest]
    return f"{match['town']} / {rest[: max(ends)]}" if ends else ""


def split_work_place(prefix: str) -> Callable[[str], dict[str, str]]:
    """Return the function that takes 广东省东莞市 apart for one parent's columns."""

    def split(text: str) -> dict[str, str]:
        place = "".join(text.split())
        match = _PROVINCE.match(place)
        province, city = (match["province"], match["city"]) if match else ("", place)
        return {f"{prefix}.work_province": province, f"{prefix}.work_city": city}

    return split


def split_disability(text: str) -> dict[str, str]:
    """Take 肢体残疾二级 apart: kind and grade."""
    place = "".join(text.split())
    grade = _GRADE.search(place)
    kind = next((word for word in DISABILITY_WORDS if place.startswith(word)), "")
    return {
        "disability_kind": kind,
        "disability_grade": grade[0].replace(" ", "") if grade else "",
    }


def finish(texts: dict[str, str]) -> None:
    """Fill what the paper does not say in so many words."""
    if texts.get("disability_kind") and not texts.get("disability_grade"):
        texts.update(split_disability(texts["disability_kind"]))
    if not texts.get("village"):
        for path in ("residence", "hukou_place"):
            texts["village"] = village_of(texts.get(path, ""))
            if texts["village"]:
                break


def _kin_blanks() -> list[Blank]:
    blanks: list[Blank] = []
    for relation, block in RELATION_BLOCKS:
        prefix = f"kin.{relation.value}"
        blanks += [
            Blank(f"{prefix}.full_name", ("姓名",), within=block),
            Blank(f"{prefix}.born_on", ("出生日期", "出生年月", "出生年月日"), within=block),
        ]
        if relation in (KinRelation.FATHER, KinRelation.MOTHER):
            blanks += [
                Blank(
                    f"{prefix}.work_city",
                    ("当前务工地点", "务工地点", "务工地"),
                    within=block,
                    split=split_work_place(prefix),
                ),
                Blank(f"{prefix}.phone", PHONE_LABELS, within=block),
                Blank(f"{prefix}.id_number", ID_LABELS, within=block),
            ]
    return blanks


def _carer_blanks() -> list[Blank]:
    prefix = "custody_spells.carer"
    return [
        Blank(f"{prefix}.carer_name", ("姓名", "监护人姓名"), within=CARER_BLOCK),
        Blank(f"{prefix}.carer_phone", PHONE_LABELS, within=CARER_BLOCK),
        Blank(f"{prefix}.carer_id_number", ID_LABELS, within=CARER_BLOCK),
        Blank(
            f"{prefix}.carer_relation",
            ("与被监护人关系", "与儿童关系", "与被监护人的关系"),
            within=CARER_BLOCK,
        ),
        Blank(
            f"{prefix}.carer_address", ("居住地地址", "居住地址", "现居住地"), within=CARER_BLOCK
        ),
    ]


YES_NO = ("是", "否")
HAS_OR_NOT = ("有", "无")

REGISTRATION_FORM = PrintedForm(
    name="registration-form-2016",
    titles=("农村留守儿童基本情况登记表", "农村留守儿童登记表"),
    blanks=(
        Blank(
            "reporting_unit",
            ("填报单位", "填报单位（盖章）", "填报单位(盖章)"),
            split=split_reporting_unit,
        ),
        Blank("village", ("所在村（居）", "所属村（居）", "所在村居", "村（居）委会")),
        Blank("filled_on", ("填报日期", "填表日期", "填报时间")),
        Blank("full_name", ("姓名", "儿童姓名")),
        Blank("alias", ("曾用名", "小名", "曾用名（小名）")),
        Boxes("sex", ("性别",), ("男", "女")),
        Blank("ethnic_group", ("民族",)),
        Blank("born_on", ("出生日期", "出生年月日", "出生年月")),
        Blank("id_number", ID_LABELS),
        Boxes("hukou_registered", ("是否登记户口", "是否登记户籍"), YES_NO),
        Blank("hukou_place", ("户籍所在地", "户籍地址", "户籍地")),
        Blank("residence", ("现居住地", "现居住地址", "现住址")),
        Boxes(
            "health",
            ("身体情况", "身体状况", "健康状况"),
            ("健康", "残疾", "患病"),
            details={"残疾": "disability_kind", "患病": "illness"},
        ),
        Blank(
            "disability_kind",
            ("残疾类别及等级", "残疾类别和等级"),
            split=split_disability,
        ),
        Blank("illness", ("患病类型", "患病种类")),
        Boxes("boards_at_school", ("是否学校寄宿", "是否寄宿", "是否在校寄宿"), YES_NO),
        Boxes(
            "school_status",
            ("就学情况", "就学状况"),
            ("幼儿园", "未入园", "小学", "初中", "高中", "中职", "辍学", "不在学"),
        ),
        Blank("school_name", ("就读学校", "学校名称", "学校")),
        *_kin_blanks(),
        Boxes("both_parents_away", ("父母双方是否同时外出", "父母双方同时外出"), YES_NO),
        Boxes(
            "one_away_other_incapable",
            (
                "是否一方外出另一方无监护能力",
                "一方外出另一方无监护能力",
                "一方外出，另一方无监护能力",
            ),
            YES_NO,
        ),
        Boxes("incapable_parent", ("无监护能力方", "无监护能力一方"), ("父亲", "母亲")),
        Boxes("other_guardian_entrusted", ("有无委托其他监护人", "是否委托其他监护人"), HAS_OR_NOT),
        *_carer_blanks(),
        Boxes(
            "care_type",
            ("监护类型", "监护情况"),
            (
                "无人监护",
                "父或母无监护能力",
                "受委托监护人监护能力不足",
                "监护情况一般",
                "监护情况较好",
            ),
        ),
        Boxes(
            "income_sources",
            ("家庭经济来源", "家庭主要经济来源"),
            ("打工收入", "种养殖业", "政府救助", "亲朋接济", "其他"),
        ),
        Boxes(
            "reliefs",
            ("救助帮扶情况", "享受救助帮扶情况"),
            ("享受低保", "临时救助", "医疗救助", "住房救助", "其他救助"),
        ),
        Blank("unit_head", ("单位负责人", "负责人")),
        Blank("reviewed_by", ("复核人", "审核人")),
        Blank("filled_by", ("填表人", "填报人")),
        Blank("notes", ("备注",)),
    ),
    finish=finish,
)
