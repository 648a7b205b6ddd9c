"""The ledger of child files."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from caseadmin.ledgers import (
    IO,
    Badge,
    BulkAction,
    Chart,
    Child,
    Condition,
    Ledger,
    LedgerAction,
    Likeness,
    Risk,
    SearchFields,
    Section,
    ledger,
    ledger_group,
)
from caseadmin.ledgers.importing.declaration import ChildColumns
from caseadmin.ledgers.importing.writing import Write
from core.states import require_transition

from . import services
from .bulk import judge_import, write_files
from .enums import CarerKind, CareType, FileStatus, KinRelation, LegalNature
from .forms import CloseFileForm, EligibilityForm, SchoolForm
from .forms_printed import FORM_WORDS, REGISTRATION_FORM
from .models import ChildFile, CustodySpell
from .registration_form import REGISTRATION_PAPER
from .selectors import eligibility, turning_sixteen_soon, without_carer
from .transitions import TRANSITIONS

if TYPE_CHECKING:
    from core.accounts.models import User

ledger_group("cases", _("Cases"), icon="folder-inverse", order=100)

STATUS_TONES = {
    FileStatus.REGISTERED: "positive",
    FileStatus.UNDER_REVIEW: "warning",
    FileStatus.SUBMITTED: "info",
    FileStatus.CONFIRMED: "info",
    FileStatus.RETURNED: "warning",
    FileStatus.CLOSED: "neutral",
}

ON_REGISTER = {"status": FileStatus.REGISTERED}
LISTED = [("status", FileStatus.REGISTERED.value)]

CARE_TONES = {
    CareType.NOBODY: "critical",
    CareType.PARENT_INCAPABLE: "warning",
    CareType.CARER_WEAK: "warning",
    CareType.FAIR: "info",
    CareType.GOOD: "positive",
}

KIN_FIELDS = (
    "relation",
    "full_name",
    "deceased",
    "born_on",
    "phone",
    "id_number",
    "work_province",
    "work_city",
    "employer",
    "capacity",
    "reachability",
    "last_reached_on",
)

SPELL_FIELDS = (
    "starts_on",
    "ends_on",
    "care_mode",
    "carer_kind",
    "legal_nature",
    "carer_name",
    "carer_relation",
    "carer_phone",
    "carer_id_number",
    "carer_address",
    "basis",
)

CARER_KINDS: Mapping[str, CarerKind] = {
    "父": CarerKind.PARENTS,
    "母": CarerKind.PARENTS,
    "外祖": CarerKind.MATERNAL_GRANDPARENTS,
    "外公": CarerKind.MATERNAL_GRANDPARENTS,
    "外婆": CarerKind.MATERNAL_GRANDPARENTS,
    "姥": CarerKind.MATERNAL_GRANDPARENTS,
    "祖": CarerKind.PATERNAL_GRANDPARENTS,
    "爷": CarerKind.PATERNAL_GRANDPARENTS,
    "奶": CarerKind.PATERNAL_GRANDPARENTS,
}
"""First words of a relation as it is written on the form, and the kind of carer it means."""

OTHER_KIN = ("叔", "伯", "姑", "舅", "姨", "哥", "姐", "兄", "嫂", "堂", "表", "亲")


def carer_kind_of(relation: str) -> CarerKind:
    """Return the kind of carer a written relation to the child means."""
    text = relation.strip()
    for word, kind in CARER_KINDS.items():
        if text.startswith(word):
            return kind
    return CarerKind.OTHER_KIN if any(word in text for word in OTHER_KIN) else CarerKind.OTHER_ADULT


def complete_carer(row: CustodySpell, record: ChildFile) -> None:
    """Fill in what a sheet says about the carer only between the lines."""
    row.starts_on = row.starts_on or record.filled_on or timezone.localdate()
    if not row.carer_kind:
        row.carer_kind = carer_kind_of(row.carer_relation)
    if not row.legal_nature and record.other_guardian_entrusted:
        row.legal_nature = LegalNature.ENTRUSTED


def _kin_columns(relation: KinRelation, *, works: bool) -> ChildColumns:
    fields: tuple[str, ...] = ("full_name", "born_on")
    if works:
        fields += ("work_province", "work_city", "phone", "id_number")
    return ChildColumns(
        relation="kin",
        name=relation.value,
        label=relation.label,
        match={"relation": relation.value},
        fields=fields,
        # The form writes a dash for a relative who has died.
        dash={"deceased": True},
    )


def tell_eligibility(
    instance: ChildFile, *, actor: "User", reason: str = "", on: date | None = None
) -> str:
    """Answer whether the child qualifies on a day, as one sentence."""
    answer = eligibility(instance, on)
    verdict = gettext("left-behind child") if answer.eligible else gettext("no left-behind child")
    return gettext("%(day)s: %(verdict)s. %(reason)s Completes 16 years on %(ages_out)s.") % {
        "day": answer.on.isoformat(),
        "verdict": verdict,
        "reason": answer.reason,
        "ages_out": answer.ages_out_on.isoformat(),
    }


def _is(*states: FileStatus) -> Any:
    def available(instance: ChildFile) -> bool:
        return instance.status in states

    return available


def _step(service: Any) -> Any:
    def handler(instance: ChildFile, *, actor: "User", reason: str = "", **cleaned: Any) -> None:
        service(child_file=instance, actor=actor, reason=reason, **cleaned)

    return handler


def begin_review(instance: ChildFile) -> Mapping[str, Any]:
    """Return what the beginning of a review changes.

    Raises:
        ValidationError: The file is in a state that has no review.
    """
    if instance.status != FileStatus.UNDER_REVIEW:
        require_transition(TRANSITIONS, instance.status, FileStatus.UNDER_REVIEW)
    if instance.is_closed:
        raise ValidationError({"status": gettext("This file is closed. Reopen it first.")})
    return {"status": FileStatus.UNDER_REVIEW}


def set_school(instance: ChildFile, *, school_name: str) -> Mapping[str, Any]:
    """Return what another school changes.

    Raises:
        ValidationError: The file is closed.
    """
    if instance.is_closed:
        raise ValidationError({"status": gettext("This file is closed. Reopen it first.")})
    return {"school_name": school_name}


@ledger
class ChildFileLedger(Ledger):
    """Child files, with relatives and custody spells, in the order of the ministry's form."""

    model = ChildFile
    slug = "child-files"
    group = "cases"
    icon = "user"
    order = 10
    runtime_fields = True
    key = "file_number"
    attachments = (
        "photo",
        "identity",
        "consent",
        "agreement",
        "medical",
        "school",
        "visit",
        "other",
    )
    columns = [
        "full_name",
        "file_number",
        "sex",
        "born_on",
        "village",
        "school_status",
        Risk("care_type", tones=CARE_TONES),
        Badge("status", tones=STATUS_TONES),
    ]
    filters = [
        "village",
        "status",
        "school_status",
        "care_type",
        "sex",
        "health",
        "boards_at_school",
        "born_on",
        Condition(
            "without_carer",
            _("Under 16 with no carer on file"),
            without_carer,
            reads=["status", "born_on", "custody_spells.starts_on", "custody_spells.ends_on"],
        ),
        Condition(
            "sixteen_soon",
            _("Turns 16 within 90 days"),
            turning_sixteen_soon,
            reads=["status", "born_on"],
        ),
    ]
    search = SearchFields(
        names=["full_name", "alias", "kin.full_name", "custody_spells.carer_name"],
        places=["village.path_name", "school_name"],
        text=["notes"],
        codes=["file_number", "id_number"],
    )
    likeness = Likeness(
        name="full_name",
        born="born_on",
        numbers=["id_number_index"],
        shared=["kin.phone_index", "kin.id_number_index"],
        place="village",
    )
    sections = [
        Section(
            _("File and status"), ["file_number", "status", "opened_on", "closed_on", "exit_reason"]
        ),
        Section(_("Reporting"), ["village", "reporting_unit", "filled_on"]),
        Section(
            _("Child"),
            [
                "full_name",
                "alias",
                "sex",
                "ethnic_group",
                "born_on",
                "id_number",
                "hukou_registered",
                "hukou_place",
                "residence",
            ],
        ),
        Section(_("Health"), ["health", "disability_kind", "disability_grade", "illness"]),
        Section(_("Schooling"), ["boards_at_school", "school_status", "school_name"]),
        Section(
            _("Parents and guardianship"),
            [
                "rural_household",
                "both_parents_away",
                "one_away_other_incapable",
                "incapable_parent",
                "incapacity_reason",
                "situation_since",
                "other_guardian_entrusted",
                "care_type",
            ],
        ),
        Section(_("Income and relief"), ["income_sources", "reliefs"]),
        Section(_("Signatures"), ["unit_head", "reviewed_by", "filled_by"]),
        Section(_("Notes"), ["notes"]),
    ]
    children = [
        Child("kin", fields=KIN_FIELDS, label=_("Relatives"), one=_("relative")),
        Child(
            "custody_spells", fields=SPELL_FIELDS, label=_("Custody spells"), one=_("custody spell")
        ),
        Child("situations", label=_("Family situations, by date"), read_only=True),
    ]
    reason_required = ["village", "full_name", "born_on", "id_number"]
    io = IO(
        fields=[
            "file_number",
            "village",
            "reporting_unit",
            "filled_on",
            "full_name",
            "alias",
            "sex",
            "ethnic_group",
            "born_on",
            "id_number",
            "hukou_registered",
            "hukou_place",
            "residence",
            "health",
            "disability_kind",
            "disability_grade",
            "illness",
            "boards_at_school",
            "school_status",
            "school_name",
            "rural_household",
            "both_parents_away",
            "one_away_other_incapable",
            "incapable_parent",
            "incapacity_reason",
            "situation_since",
            "other_guardian_entrusted",
            "care_type",
            "income_sources",
            "reliefs",
            "unit_head",
            "reviewed_by",
            "filled_by",
            "notes",
        ],
        aliases={
            "档案号": "file_number",
            "档案编号": "file_number",
            "所在村": "village",
            "所属村": "village",
            "村（居）": "village",
            "村居": "village",
            "行政村": "village",
            "村名": "village",
            "填报单位": "reporting_unit",
            "填表日期": "filled_on",
            "填报日期": "filled_on",
            "姓名": "full_name",
            "性别": "sex",
            "民族": "ethnic_group",
            "出生日期": "born_on",
            "儿童姓名": "full_name",
            "留守儿童姓名": "full_name",
            "曾用名": "alias",
            "小名": "alias",
            "出生年月日": "born_on",
            "出生年月": "born_on",
            "公民身份号码": "id_number",
            "身份证号": "id_number",
            "身份证号码": "id_number",
            "儿童身份证号": "id_number",
            "是否登记户口": "hukou_registered",
            "户籍所在地": "hukou_place",
            "户籍地址": "hukou_place",
            "现居住地": "residence",
            "家庭住址": "residence",
            "现住址": "residence",
            "身体情况": "health",
            "身体状况": "health",
            "健康状况": "health",
            "残疾类别": "disability_kind",
            "残疾等级": "disability_grade",
            "患病类型": "illness",
            "是否学校寄宿": "boards_at_school",
            "是否寄宿": "boards_at_school",
            "就学情况": "school_status",
            "就读学校": "school_name",
            "学校名称": "school_name",
            "是否农村户籍": "rural_household",
            "父母双方同时外出": "both_parents_away",
            "父母是否双方外出": "both_parents_away",
            "一方外出另一方无监护能力": "one_away_other_incapable",
            "无监护能力方": "incapable_parent",
            "外出日期": "situation_since",
            "有无委托其他监护人": "other_guardian_entrusted",
            "监护类型": "care_type",
            "监护情况": "care_type",
            "家庭经济来源": "income_sources",
            "救助帮扶情况": "reliefs",
            "单位负责人": "unit_head",
            "复核人": "reviewed_by",
            "填表人": "filled_by",
            "备注": "notes",
            "父亲姓名": "kin.father.full_name",
            "父亲电话": "kin.father.phone",
            "父亲联系电话": "kin.father.phone",
            "父亲身份证号": "kin.father.id_number",
            "父亲务工地点": "kin.father.work_city",
            "母亲姓名": "kin.mother.full_name",
            "母亲电话": "kin.mother.phone",
            "母亲联系电话": "kin.mother.phone",
            "母亲身份证号": "kin.mother.id_number",
            "母亲务工地点": "kin.mother.work_city",
            "监护人姓名": "custody_spells.carer.carer_name",
            "监护人电话": "custody_spells.carer.carer_phone",
            "监护人联系电话": "custody_spells.carer.carer_phone",
            "监护人身份证号": "custody_spells.carer.carer_id_number",
            "与儿童关系": "custody_spells.carer.carer_relation",
            "与被监护人关系": "custody_spells.carer.carer_relation",
            "监护人住址": "custody_spells.carer.carer_address",
        },
        words=FORM_WORDS,
        rows=[
            _kin_columns(KinRelation.FATHER, works=True),
            _kin_columns(KinRelation.MOTHER, works=True),
            _kin_columns(KinRelation.PATERNAL_GRANDFATHER, works=False),
            _kin_columns(KinRelation.PATERNAL_GRANDMOTHER, works=False),
            _kin_columns(KinRelation.MATERNAL_GRANDFATHER, works=False),
            _kin_columns(KinRelation.MATERNAL_GRANDMOTHER, works=False),
            ChildColumns(
                relation="custody_spells",
                name="carer",
                label=_("Carer"),
                match={"ends_on": None},
                fields=(
                    "carer_name",
                    "carer_relation",
                    "carer_phone",
                    "carer_id_number",
                    "carer_address",
                    "care_mode",
                ),
                complete=complete_carer,
            ),
        ],
        forms=[REGISTRATION_FORM],
        identities=["id_number"],
        check=judge_import,
    )
    papers = [REGISTRATION_PAPER]
    charts = [
        Chart("care_type", only=ON_REGISTER, filters=LISTED, tones=CARE_TONES),
        Chart("village", _("Where they live"), only=ON_REGISTER, filters=LISTED),
        Chart("school_status", only=ON_REGISTER, filters=LISTED),
    ]
    actions = [
        LedgerAction(
            name="verify",
            label=_("Begin verification"),
            handler=_step(services.start_verification),
            available=_is(FileStatus.LEAD, FileStatus.NOT_ELIGIBLE),
            icon="search",
        ),
        LedgerAction(
            name="not-eligible",
            label=_("Does not qualify"),
            handler=_step(services.find_not_eligible),
            available=_is(FileStatus.VERIFYING),
            reason_required=True,
            icon="cross",
        ),
        LedgerAction(
            name="draft",
            label=_("Take up as draft"),
            handler=_step(services.begin_draft),
            available=_is(FileStatus.VERIFYING, FileStatus.RETURNED, FileStatus.CONFIRMED),
            icon="edit",
        ),
        LedgerAction(
            name="confirm",
            label=_("Parent or carer confirmed"),
            handler=_step(services.confirm_file),
            available=_is(FileStatus.DRAFT),
            icon="check",
        ),
        LedgerAction(
            name="submit",
            label=_("Submit to the town"),
            handler=_step(services.submit_file),
            available=_is(FileStatus.CONFIRMED),
            icon="upload",
        ),
        LedgerAction(
            name="accept",
            label=_("Put on the register"),
            handler=_step(services.accept_file),
            available=_is(FileStatus.SUBMITTED),
            icon="check",
            tone="primary",
        ),
        LedgerAction(
            name="return",
            label=_("Return to the village"),
            handler=_step(services.return_file),
            available=_is(FileStatus.SUBMITTED),
            reason_required=True,
            icon="rotate",
        ),
        LedgerAction(
            name="review",
            label=_("Review"),
            handler=_step(services.start_review),
            available=_is(FileStatus.REGISTERED),
            icon="view",
        ),
        LedgerAction(
            name="keep",
            label=_("Keep on the register"),
            handler=_step(services.keep_on_register),
            available=_is(FileStatus.UNDER_REVIEW),
            icon="check",
        ),
        LedgerAction(
            name="pair",
            label=_("Pair with a volunteer"),
            permission="pairings.add_pairing",
            url=lambda instance: f"{reverse('pairings:add')}?child_file={instance.pk}",
            available=_is(FileStatus.REGISTERED, FileStatus.UNDER_REVIEW),
            icon="group",
            tone="primary",
        ),
        LedgerAction(
            name="eligibility",
            label=_("Left-behind on a day?"),
            permission="view",
            handler=tell_eligibility,
            form=EligibilityForm,
            icon="help",
        ),
        LedgerAction(
            name="close",
            label=_("Close file"),
            handler=_step(services.close_file),
            form=CloseFileForm,
            available=_is(
                FileStatus.LEAD,
                FileStatus.VERIFYING,
                FileStatus.DRAFT,
                FileStatus.CONFIRMED,
                FileStatus.RETURNED,
                FileStatus.REGISTERED,
                FileStatus.UNDER_REVIEW,
            ),
            icon="lock",
            tone="danger",
        ),
        LedgerAction(
            name="reopen",
            label=_("Reopen file"),
            handler=_step(services.reopen_file),
            available=_is(FileStatus.CLOSED),
            reason_required=True,
            icon="lock-open",
        ),
    ]

    bulk = [
        BulkAction(
            name="review",
            label=_("Begin the review"),
            change=begin_review,
            help=_("For the quarterly check: files on the register go under review."),
            icon="view",
        ),
        BulkAction(
            name="school",
            label=_("Set the school"),
            change=set_school,
            form=SchoolForm,
            help=_("After schools were merged or renamed. Closed files stay as they are."),
            icon="edit",
        ),
        BulkAction(
            name="close",
            label=_("Close files"),
            handler=_step(services.close_file),
            form=CloseFileForm,
            help=_("Open custody spells and pairings end on the same day."),
            icon="lock",
            tone="danger",
        ),
    ]

    @classmethod
    def save(
        cls,
        instance: Any,
        *,
        children: Mapping[str, list[Any]] | None = None,
        actor: "User",
        reason: str = "",
        source: str = "form",
    ) -> Any:
        if instance._state.adding:
            return services.open_file(
                child_file=instance, children=children, actor=actor, reason=reason, source=source
            )
        return services.update_file(
            child_file=instance,
            children=children,
            actor=actor,
            reason=reason,
            source=source,
            # A sheet knows one carer, the present one: another name is another carer.
            carer_changed_on=(
                instance.filled_on or timezone.localdate() if source == "import" else None
            ),
        )

    @classmethod
    def save_many(
        cls, writes: Sequence[Write], *, actor: "User", reason: str = "", source: str = "import"
    ) -> None:
        write_files(cls, writes, actor=actor, reason=reason, source=source)

    @classmethod
    def delete(cls, instance: Any, *, actor: "User", reason: str, source: str = "form") -> None:
        services.delete_file(child_file=instance, actor=actor, reason=reason, source=source)
