"""Fixed vocabularies of the child file.

The codes are stored and never change; the labels are what people read.  The values
are those of the ministry's 2016 registration form for left-behind children in rural
areas and of the district's 2017 action plan.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class FileStatus(models.TextChoices):
    """Where a file stands between a first hint and its closing."""

    LEAD = "lead", _("Lead")
    VERIFYING = "verifying", _("Being verified")
    NOT_ELIGIBLE = "not_eligible", _("Does not qualify")
    DRAFT = "draft", _("Draft file")
    CONFIRMED = "confirmed", _("Confirmed by parent or carer")
    SUBMITTED = "submitted", _("Submitted by the village")
    RETURNED = "returned", _("Returned by the town")
    REGISTERED = "registered", _("On the register")
    UNDER_REVIEW = "under_review", _("Under review")
    CLOSED = "closed", _("Closed")


class ExitReason(models.TextChoices):
    """Why a file was closed."""

    PARENTS_RETURNED = "parents_returned", _("Parents came home")
    JOINED_PARENTS = "joined_parents", _("Went to live with the parents in the city")
    TURNED_SIXTEEN = "turned_sixteen", _("Turned 16")
    HOUSEHOLD_CHANGED = "household_changed", _("Household registration changed")
    MOVED_AWAY = "moved_away", _("Moved out of the district")
    DIED = "died", _("Died")
    MISSING_WRITTEN_OFF = "missing_written_off", _("Missing, written off")
    CREATED_BY_MISTAKE = "created_by_mistake", _("Entered by mistake")


class Sex(models.TextChoices):
    """Sex as the identity number knows it."""

    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class EthnicGroup(models.TextChoices):
    """The 56 ethnic groups and two further codes of GB/T 3304."""

    HAN = "01", pgettext_lazy("ethnic group", "Han")
    MONGOL = "02", pgettext_lazy("ethnic group", "Mongol")
    HUI = "03", pgettext_lazy("ethnic group", "Hui")
    ZANG = "04", pgettext_lazy("ethnic group", "Zang")
    UYGUR = "05", pgettext_lazy("ethnic group", "Uygur")
    MIAO = "06", pgettext_lazy("ethnic group", "Miao")
    YI = "07", pgettext_lazy("ethnic group", "Yi")
    ZHUANG = "08", pgettext_lazy("ethnic group", "Zhuang")
    BUYEI = "09", pgettext_lazy("ethnic group", "Buyei")
    CHOSON = "10", pgettext_lazy("ethnic group", "Choson")
    MAN = "11", pgettext_lazy("ethnic group", "Man")
    DONG = "12", pgettext_lazy("ethnic group", "Dong")
    YAO = "13", pgettext_lazy("ethnic group", "Yao")
    BAI = "14", pgettext_lazy("ethnic group", "Bai")
    TUJIA = "15", pgettext_lazy("ethnic group", "Tujia")
    HANI = "16", pgettext_lazy("ethnic group", "Hani")
    KAZAK = "17", pgettext_lazy("ethnic group", "Kazak")
    DAI = "18", pgettext_lazy("ethnic group", "Dai")
    LI = "19", pgettext_lazy("ethnic group", "Li")
    LISU = "20", pgettext_lazy("ethnic group", "Lisu")
    VA = "21", pgettext_lazy("ethnic group", "Va")
    SHE = "22", pgettext_lazy("ethnic group", "She")
    GAOSHAN = "23", pgettext_lazy("ethnic group", "Gaoshan")
    LAHU = "24", pgettext_lazy("ethnic group", "Lahu")
    SUI = "25", pgettext_lazy("ethnic group", "Sui")
    DONGXIANG = "26", pgettext_lazy("ethnic group", "Dongxiang")
    NAXI = "27", pgettext_lazy("ethnic group", "Naxi")
    JINGPO = "28", pgettext_lazy("ethnic group", "Jingpo")
    KIRGIZ = "29", pgettext_lazy("ethnic group", "Kirgiz")
    TU = "30", pgettext_lazy("ethnic group", "Tu")
    DAUR = "31", pgettext_lazy("ethnic group", "Daur")
    MULAO = "32", pgettext_lazy("ethnic group", "Mulao")
    QIANG = "33", pgettext_lazy("ethnic group", "Qiang")
    BLANG = "34", pgettext_lazy("ethnic group", "Blang")
    SALAR = "35", pgettext_lazy("ethnic group", "Salar")
    MAONAN = "36", pgettext_lazy("ethnic group", "Maonan")
    GELAO = "37", pgettext_lazy("ethnic group", "Gelao")
    XIBE = "38", pgettext_lazy("ethnic group", "Xibe")
    ACHANG = "39", pgettext_lazy("ethnic group", "Achang")
    PUMI = "40", pgettext_lazy("ethnic group", "Pumi")
    TAJIK = "41", pgettext_lazy("ethnic group", "Tajik")
    NU = "42", pgettext_lazy("ethnic group", "Nu")
    UZBEK = "43", pgettext_lazy("ethnic group", "Uzbek")
    RUSS = "44", pgettext_lazy("ethnic group", "Russ")
    EWENKI = "45", pgettext_lazy("ethnic group", "Ewenki")
    DEANG = "46", pgettext_lazy("ethnic group", "Deang")
    BONAN = "47", pgettext_lazy("ethnic group", "Bonan")
    YUGUR = "48", pgettext_lazy("ethnic group", "Yugur")
    GIN = "49", pgettext_lazy("ethnic group", "Gin")
    TATAR = "50", pgettext_lazy("ethnic group", "Tatar")
    DERUNG = "51", pgettext_lazy("ethnic group", "Derung")
    OROQEN = "52", pgettext_lazy("ethnic group", "Oroqen")
    HEZHEN = "53", pgettext_lazy("ethnic group", "Hezhen")
    MONBA = "54", pgettext_lazy("ethnic group", "Monba")
    LHOBA = "55", pgettext_lazy("ethnic group", "Lhoba")
    JINO = "56", pgettext_lazy("ethnic group", "Jino")
    OTHER = "97", pgettext_lazy("ethnic group", "Other group, not yet identified")
    NATURALISED = "98", pgettext_lazy("ethnic group", "Chinese national of foreign descent")


class HealthStatus(models.TextChoices):
    """State of health on the form; "ill" means a serious illness (form, notes)."""

    HEALTHY = "healthy", _("Healthy")
    DISABLED = "disabled", pgettext_lazy("state of health", "Disabled")
    ILL = "ill", _("Ill")


class DisabilityKind(models.TextChoices):
    """The seven kinds of GB/T 26341."""

    SIGHT = "sight", _("Visual disability")
    HEARING = "hearing", _("Hearing disability")
    SPEECH = "speech", _("Speech disability")
    LIMBS = "limbs", _("Physical disability")
    INTELLECT = "intellect", _("Intellectual disability")
    MIND = "mind", _("Psychiatric disability")
    MULTIPLE = "multiple", _("Multiple disabilities")


class DisabilityGrade(models.TextChoices):
    """The four grades of GB/T 26341; grade 1 is the most severe."""

    FIRST = "1", _("Grade 1")
    SECOND = "2", _("Grade 2")
    THIRD = "3", _("Grade 3")
    FOURTH = "4", _("Grade 4")


class SchoolStatus(models.TextChoices):
    """The eight values of the form.

    "Dropped out" means out of compulsory schooling; "not in school" means aged 14 to
    16 and past it (form, notes).
    """

    KINDERGARTEN = "kindergarten", _("Kindergarten")
    NOT_IN_KINDERGARTEN = "not_in_kindergarten", _("Not in kindergarten")
    PRIMARY = "primary", _("Primary school")
    JUNIOR = "junior", _("Junior middle school")
    SENIOR = "senior", _("Senior middle school")
    VOCATIONAL = "vocational", _("Secondary vocational school")
    DROPPED_OUT = "dropped_out", _("Dropped out")
    NOT_IN_SCHOOL = "not_in_school", _("Not in school")


class CareType(models.TextChoices):
    """Kind of guardianship on the form, from worst to best."""

    NOBODY = "nobody", _("Nobody in charge")
    PARENT_INCAPABLE = "parent_incapable", _("Father or mother without guardianship capacity")
    CARER_WEAK = "carer_weak", _("Entrusted guardian not capable enough")
    FAIR = "fair", _("Guardianship fair")
    GOOD = "good", _("Guardianship good")


class IncomeSource(models.TextChoices):
    """Sources of the family's income on the form; several may apply."""

    WAGES = "wages", _("Wages from work away")
    FARMING = "farming", _("Growing and breeding")
    GOVERNMENT = "government", _("Government relief")
    KIN_AND_FRIENDS = "kin_and_friends", _("Help of kin and friends")
    OTHER = "other", _("Other")


class Relief(models.TextChoices):
    """Relief and help received on the form; several may apply."""

    SUBSISTENCE = "subsistence", _("Receives subsistence allowance")
    TEMPORARY = "temporary", _("Temporary relief")
    MEDICAL = "medical", _("Medical relief")
    HOUSING = "housing", _("Housing relief")
    OTHER = "other", _("Other relief")


class Parent(models.TextChoices):
    """Which of the two parents."""

    FATHER = "father", _("Father")
    MOTHER = "mother", _("Mother")


class IncapacityReason(models.TextChoices):
    """Why a parent at home cannot act as guardian."""

    SERIOUS_ILLNESS = "serious_illness", _("Serious illness")
    SEVERE_DISABILITY = "severe_disability", _("Severe disability")
    OTHER = "other", _("Other")


class KinRelation(models.TextChoices):
    """Relation to the child; the first six have a line of their own on the form."""

    FATHER = "father", _("Father")
    MOTHER = "mother", _("Mother")
    PATERNAL_GRANDFATHER = "paternal_grandfather", _("Paternal grandfather")
    PATERNAL_GRANDMOTHER = "paternal_grandmother", _("Paternal grandmother")
    MATERNAL_GRANDFATHER = "maternal_grandfather", _("Maternal grandfather")
    MATERNAL_GRANDMOTHER = "maternal_grandmother", _("Maternal grandmother")
    OTHER = "other", _("Other relative")


class Capacity(models.TextChoices):
    """Whether a person can act as guardian."""

    CAPABLE = "capable", _("Has guardianship capacity")
    INCAPABLE = "incapable", _("Without guardianship capacity")


class Reachability(models.TextChoices):
    """Whether a relative can be reached."""

    REACHABLE = "reachable", _("Can be reached")
    HARD_TO_REACH = "hard_to_reach", _("Hard to reach")
    LOST = "lost", _("Contact lost")


class CareMode(models.TextChoices):
    """The four forms of care of the action plan, section 五（二）."""

    BOARDING_SCHOOL = "boarding_school", _("Boarding at school")
    SOCIAL_CARE = "social_care", _("Care by a social body")
    FAMILY_CARE = "family_care", _("Care by another family")
    PARENTS_BACK = "parents_back", _("Parents back home")


class CarerKind(models.TextChoices):
    """Who looks after the child day by day."""

    PARENTS = "parents", _("Parents")
    PATERNAL_GRANDPARENTS = "paternal_grandparents", _("Paternal grandparents")
    MATERNAL_GRANDPARENTS = "maternal_grandparents", _("Maternal grandparents")
    OTHER_KIN = "other_kin", _("Other kin")
    OTHER_ADULT = "other_adult", _("Another adult")
    INSTITUTION = "institution", _("An institution")
    NOBODY = "nobody", _("Nobody")


class LegalNature(models.TextChoices):
    """On what legal footing the carer acts.

    Legal source: 民法典 arts. 27 to 36; 未成年人保护法 arts. 22, 92 and 94.
    """

    PARENTAL = "parental", _("Guardianship of the parents")
    ENTRUSTED = "entrusted", _("Entrusted care")
    APPOINTED = "appointed", _("Appointed guardian")
    TEMPORARY = "temporary", _("Temporary guardianship")
    LONG_TERM = "long_term", _("Long-term guardianship")
    AFTER_REMOVAL = "after_removal", _("Appointed after removal of a guardian")
