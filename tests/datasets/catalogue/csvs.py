"""CSV in the dialects of the world."""

from catalogue import Case


def cases() -> list[Case]:
    return [Case("plain", warned="")]
