"""The numbers a fresh installation shows until the district has checked its own.

110 is not among them: it stands first on every page, in the template, and nobody can
remove it by mistake.
"""

STARTER_HOTLINES: tuple[dict[str, str], ...] = (
    {
        "number": "12345",
        "purpose": "政务服务热线（未成年人保护）",
        "purpose_en": "Government service line, protection of minors",
        "hours": "全天",
        "hours_en": "Day and night",
    },
    {
        "number": "12355",
        "purpose": "青少年服务台",
        "purpose_en": "Youth advice line",
        "hours": "",
        "hours_en": "",
    },
    {
        "number": "12338",
        "purpose": "妇女儿童维权",
        "purpose_en": "Rights of women and children",
        "hours": "",
        "hours_en": "",
    },
    {
        "number": "12348",
        "purpose": "法律援助",
        "purpose_en": "Legal aid",
        "hours": "全天",
        "hours_en": "Day and night",
    },
    {
        "number": "12309",
        "purpose": "检察服务",
        "purpose_en": "Public prosecutors",
        "hours": "",
        "hours_en": "",
    },
    {
        "number": "120",
        "purpose": "医疗急救",
        "purpose_en": "Ambulance",
        "hours": "全天",
        "hours_en": "Day and night",
    },
)


def starter_hotlines() -> list[tuple[str, dict[str, str]]]:
    """Return the starter numbers as the blocks of a stream."""
    return [("hotline", dict(line)) for line in STARTER_HOTLINES]
