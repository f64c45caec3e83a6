"""Foreign text in Markdown, read back by a reader of Markdown."""

import pytest
from markdown_it import MarkdownIt

from coles_ops import markdown

FOREIGN = [
    "a|b", "`a`", "``", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "[bold]", "[x](http://y)",
    "line\nbreak", "*a* _b_ ~~c~~", "# head", "a\\", "a\\|b", "$x$", "&lt;", "![i](u)", "| --- |", "a_b_c",
]  # fmt: skip


def read(text: str) -> list:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(text)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_table_keeps_its_cells(foreign):
    tokens = read(markdown.table([foreign, "n"], [[foreign, 1], ["next", foreign]]))
    cells = [token.children for token in tokens if token.type == "inline"]
    shown = " ".join(foreign.split())
    assert ["".join(child.content for child in cell) for cell in cells] == [shown, "n", shown, "1", "next", shown]
    assert {child.type for cell in cells for child in cell} <= {"text", "text_special"}


@pytest.mark.parametrize("foreign", [*FOREIGN, "```", "a\n````\n<b>"])
def test_code_stays_code(foreign):
    (block,) = read(markdown.code(foreign))
    assert (block.type, block.content) == ("fence", foreign + "\n")
