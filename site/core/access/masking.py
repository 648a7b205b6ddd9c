"""How sensitive values look to someone who has not asked to see them whole."""

MASK = "*"


def mask_name(value: str) -> str:
    """Keep the first character: 张小明 becomes 张**."""
    return value[:1] + MASK * max(len(value) - 1, 1) if value else ""


def mask_id_number(value: str) -> str:
    """Keep six digits in front and four behind: 990101********1234."""
    if len(value) < 11:
        return MASK * len(value)
    return value[:6] + MASK * (len(value) - 10) + value[-4:]


def mask_phone(value: str) -> str:
    """Keep three digits in front and four behind: 199****1234."""
    if len(value) < 8:
        return MASK * len(value)
    return value[:3] + MASK * (len(value) - 7) + value[-4:]


def mask_address(value: str) -> str:
    """Keep the first six characters, where town and village stand."""
    return value[:6] + MASK * 4 if len(value) > 6 else MASK * len(value)


def mask_all(value: object) -> str:
    """Show that there is a value, and nothing of it."""
    return MASK * 4 if value not in (None, "") else ""
