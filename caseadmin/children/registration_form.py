"""The ministry's registration form (农村留守儿童基本情况登记表, 2016, annex 1), laid out.

One layout for all: what is printed, what is saved as a Word document, and the sample sheets
that are read back in.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from caseadmin.ledgers.printing import Paper, PaperCell, PaperForm, Teller

from .enums import KinRelation
from .forms_printed import FORM_WORDS
from .models import ChildFile, CustodySpell, Kin

TITLE = "农村留守儿童基本情况登记表"

PARENTS = {"父亲": KinRelation.FATHER, "母亲": KinRelation.MOTHER}
GRANDPARENTS = {
    "祖父": KinRelation.PATERNAL_GRANDFATHER,
    "祖母": KinRelation.PATERNAL_GRANDMOTHER,
    "外祖父": KinRelation.MATERNAL_GRANDFATHER,
    "外祖母": KinRelation.MATERNAL_GRANDMOTHER,
}

YES_NO = ("是", "否")
SCHOOLING = ("幼儿园", "未入园", "小学", "初中", "高中", "中职", "辍学", "不在学")
CARE = ("无人监护", "父或母无监护能力", "受委托监护人监护能力不足", "监护情况一般", "监护情况较好")
INCOME = ("打工收入", "种养殖业", "政府救助", "亲朋接济", "其他")
RELIEF = ("享受低保", "临时救助", "医疗救助", "住房救助", "其他救助")


def tick(word: str, chosen: str) -> str:
    """Return a ticked or an empty box."""
    return "☑" if word in chosen.split("、") else "□"


def boxes(words: Sequence[str], chosen: str) -> str:
    """Return a row of boxes, those in ``chosen`` (divided by 、) ticked."""
    return "  ".join(f"{tick(word, chosen)}{word}" for word in words)


def form_cells(c: Mapping[str, str]) -> list[PaperCell]:
    """Return the grid of the form below its title lines, from row 4 on.

    Args:
        c: What is written into each blank; see ``blanks_of`` for the names.
    """
    cells: list[PaperCell] = []

    def head(area: str, text: str) -> None:
        cells.append(PaperCell(area, text, heading=True))

    def put(area: str, text: str) -> None:
        cells.append(PaperCell(area, text))

    head("A4:A8", "儿童\n基本\n信息")
    head("B4", "姓  名")
    put("C4:D4", c["姓名"])
    head("E4", "性别")
    put("F4", boxes(("男", "女"), c["性别"]))
    head("G4", "民族")
    put("H4", c["民族"])
    head("I4", "出生日期")
    put("J4:L4", c["出生日期"])
    head("B5", "公民身份号码")
    put("C5:F5", c["公民身份号码"])
    head("G5:H5", "是否登记户口")
    put("I5:L5", boxes(YES_NO, c["是否登记户口"]))
    head("B6", "户籍所在地")
    put("C6:F6", c["户籍所在地"])
    head("G6:H6", "现居住地")
    put("I6:L6", c["现居住地"])
    head("B7", "身体情况")
    put(
        "C7:L7",
        f"{tick('健康', c['身体情况'])}健康   "
        f"{tick('残疾', c['身体情况'])}残疾（残疾类别及等级：{c['残疾'] or '________'}）   "
        f"{tick('患病', c['身体情况'])}患病（患病类型：{c['患病'] or '________'}）",
    )
    head("B8", "是否学校寄宿")
    put("C8:D8", boxes(YES_NO, c["是否学校寄宿"]))
    head("E8", "就学情况")
    put("F8:L8", boxes(SCHOOLING, c["就学情况"]))
    head("A9:A14", "家庭\n基本\n信息")
    for row, (left, right) in ((9, ("祖父", "祖母")), (10, ("外祖父", "外祖母"))):
        head(f"B{row}", left)
        head(f"C{row}", "姓名")
        put(f"D{row}", c[left])
        head(f"E{row}", "出生日期")
        put(f"F{row}:G{row}", c[f"{left}出生日期"])
        head(f"H{row}", right)
        head(f"I{row}", "姓名")
        put(f"J{row}", c[right])
        head(f"K{row}", "出生日期")
        put(f"L{row}", c[f"{right}出生日期"])
    for row, who in ((11, "父亲"), (13, "母亲")):
        below = row + 1
        head(f"B{row}:B{below}", who)
        head(f"C{row}", "姓名")
        put(f"D{row}", c[who])
        head(f"E{row}", "出生日期")
        put(f"F{row}:G{row}", c[f"{who}出生日期"])
        head(f"H{row}:I{row}", "当前务工地点（到省市）")
        put(f"J{row}:L{row}", c[f"{who}务工地点"])
        head(f"C{below}", "联系电话")
        put(f"D{below}:E{below}", c[f"{who}电话"])
        head(f"F{below}:G{below}", "身份证号")
        put(f"H{below}:L{below}", c[f"{who}身份证号"])
    head("A15:A19", "监护\n情况")
    head("B15:D15", "父母双方是否同时外出")
    put("E15:F15", boxes(YES_NO, c["双方外出"]))
    head("G15:J15", "是否一方外出另一方无监护能力")
    put("K15:L15", boxes(YES_NO, c["一方外出"]))
    head("B16:D16", "无监护能力方")
    put("E16:F16", boxes(("父亲", "母亲"), c["无监护能力方"]))
    head("G16:J16", "有无委托其他监护人")
    put("K16:L16", boxes(("有", "无"), c["委托"]))
    head("B17:B18", "受委托\n监护人")
    head("C17", "姓名")
    put("D17:E17", c["监护人"])
    head("F17", "联系电话")
    put("G17:H17", c["监护人电话"])
    head("I17", "身份证号")
    put("J17:L17", c["监护人身份证号"])
    head("C18:D18", "与被监护人关系")
    put("E18:F18", c["监护人关系"])
    head("G18:H18", "居住地地址")
    put("I18:L18", c["监护人住址"])
    head("B19", "监护类型")
    put("C19:L19", boxes(CARE, c["监护类型"]))
    head("A20:B20", "家庭经济来源")
    put("C20:L20", boxes(INCOME, c["经济来源"]))
    head("A21:B21", "救助帮扶情况")
    put("C21:L21", boxes(RELIEF, c["救助"]))
    put("A22:D22", f"单位负责人：{c['单位负责人']}")
    put("E22:H22", f"复核人：{c['复核人']}")
    put("I22:L22", f"填表人：{c['填表人']}")
    return cells


def title_lines(c: Mapping[str, str]) -> tuple[str, str]:
    """Return the two halves of the line above the grid: unit with its seal, and day."""
    return f"填报单位（盖章）：{c['填报单位']}", f"填报日期：{c['填报日期']}"


def _word(name: str, code: Any) -> str:
    """Return the form's own word for a stored choice, whatever the screen's language."""
    if isinstance(code, list):
        return "、".join(_word(name, one) for one in code)
    for word, stored in FORM_WORDS[name].items():
        if str(stored) == str(code or ""):
            return word
    return ""


def _yes_no(value: Any, words: tuple[str, str] = YES_NO) -> str:
    return "" if value is None else words[0] if value else words[1]


def blanks_of(child_file: ChildFile, teller: Teller) -> dict[str, str]:
    """Return what is written into each blank, as far as the reader may see it."""

    def text(name: str) -> str:
        return teller.text(child_file, name)

    def word(name: str) -> str:
        return _word(name, teller.value(child_file, name))

    def answer(name: str, words: tuple[str, str] = YES_NO) -> str:
        return _yes_no(teller.value(child_file, name), words)

    disability = f"{word('disability_kind')}{word('disability_grade')}"
    blanks = {
        "填报单位": text("reporting_unit"),
        "填报日期": text("filled_on"),
        "姓名": text("full_name"),
        "性别": word("sex"),
        "民族": word("ethnic_group"),
        "出生日期": text("born_on"),
        "公民身份号码": text("id_number"),
        "是否登记户口": answer("hukou_registered"),
        "户籍所在地": text("hukou_place"),
        "现居住地": text("residence"),
        "身体情况": word("health"),
        "残疾": disability,
        "患病": text("illness"),
        "是否学校寄宿": answer("boards_at_school"),
        "就学情况": word("school_status"),
        "双方外出": answer("both_parents_away"),
        "一方外出": answer("one_away_other_incapable"),
        "无监护能力方": word("incapable_parent"),
        "委托": answer("other_guardian_entrusted", ("有", "无")),
        "监护类型": word("care_type"),
        "经济来源": word("income_sources"),
        "救助": word("reliefs"),
        "单位负责人": text("unit_head"),
        "复核人": text("reviewed_by"),
        "填表人": text("filled_by"),
    }
    kin = {row.relation: row for row in child_file.kin.order_by("created_at")}
    for who, relation in (GRANDPARENTS | PARENTS).items():
        blanks.update(_relative(who, kin.get(relation), teller, works=who in PARENTS))
    blanks.update(_carer(child_file, teller))
    return blanks


def _relative(who: str, row: Kin | None, teller: Teller, *, works: bool) -> dict[str, str]:
    blanks = {who: "", f"{who}出生日期": ""}
    if works:
        blanks |= {f"{who}务工地点": "", f"{who}电话": "", f"{who}身份证号": ""}
    if row is None:
        return blanks
    # The form asks for a dash where a relative has died.
    blanks[who] = "—" if teller.value(row, "deceased") else teller.text(row, "full_name")
    blanks[f"{who}出生日期"] = teller.text(row, "born_on")
    if works:
        place = teller.text(row, "work_province") + teller.text(row, "work_city")
        blanks[f"{who}务工地点"] = place
        blanks[f"{who}电话"] = teller.text(row, "phone")
        blanks[f"{who}身份证号"] = teller.text(row, "id_number")
    return blanks


def _carer(child_file: ChildFile, teller: Teller) -> dict[str, str]:
    names = {
        "监护人": "carer_name",
        "监护人电话": "carer_phone",
        "监护人身份证号": "carer_id_number",
        "监护人关系": "carer_relation",
        "监护人住址": "carer_address",
    }
    spell: CustodySpell | None = (
        child_file.custody_spells.filter(ends_on__isnull=True).order_by("starts_on").last()
    )
    return {
        blank: teller.text(spell, name) if spell is not None else ""
        for blank, name in names.items()
    }


def fill_registration_form(child_file: ChildFile, teller: Teller) -> Paper:
    """Return the form of one child."""
    blanks = blanks_of(child_file, teller)
    unit, day = title_lines(blanks)
    return Paper(TITLE, ["附件1", f"{unit}        {day}"], form_cells(blanks))


REGISTRATION_PAPER = PaperForm("registration-form", TITLE, fill_registration_form)
