"""Foreign names and values within Markdown: they show as they are, and break neither tables nor code."""

import base64
import html
import re
from collections.abc import Iterable
from typing import Any

_SIGNS = re.compile(r"([\\`*_~|\[\]#!$])")


def text(value: Any) -> str:
    """A value as plain text on one line."""
    return _SIGNS.sub(r"\\\1", html.escape(" ".join(str(value).split()), quote=False))


def table(columns: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    """A table of plain texts."""
    head = [text(column) for column in columns]
    lines = [head, ["---"] * len(head), *([text(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(content: str, language: str = "") -> str:
    """A block of code, whose fence is longer than any in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", content)), default=0))
    return f"{fence}{language}\n{content}\n{fence}"


def picture(title: str, svg: str) -> str:
    """An SVG that stands in the text itself: it needs no address, and a script in it is not run."""
    return f"![{text(title)}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
