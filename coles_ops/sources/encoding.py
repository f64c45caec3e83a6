"""In which encoding a text is, by its bytes."""

import codecs
from collections.abc import Iterable
from itertools import pairwise
from typing import IO

STEP = 32 << 20  # bytes looked at in one go
AS_THEY_LIE = {"utf-8", "ascii"}  # bytes in these need no other writing to be read as UTF-8

_MARKS = {  # longest first: that of UTF-16 begins that of UTF-32
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CYRILLIC = ("cp1251", "koi8_r", "cp866")
_OTHERS = ["gb18030", "big5", "shift_jis", "euc_kr", "cp1250", "cp1253", "cp1255", "cp1256"]
_SAMPLE = 1 << 16  # bytes around what is no UTF-8 that are judged


def chunks(stream: IO[bytes], size: int = STEP) -> Iterable[bytes]:
    """The bytes of a stream, ``size`` at a time."""
    while data := stream.read(size):
        yield data


def encoding_of(stream: IO[bytes]) -> str:
    """Python's name of the encoding of a whole text: UTF-8 where all bytes are, else the likeliest."""
    utf8, seen = codecs.getincrementaldecoder("utf-8")(), b""
    first = True
    for data in chunks(stream):
        if first:
            first = False
            if marked := marked_encoding(data[:4096]):
                return marked
        try:
            if seen or not data.isascii():
                utf8.decode(data)
                seen = data[-4:]  # a character may go on in the next
        except UnicodeDecodeError as error:
            start = max(0, error.start - len(seen))
            return _single_byte(data[max(0, start - _SAMPLE // 4) : start + _SAMPLE])
    return "utf-8"


def marked_encoding(head: bytes) -> str | None:
    """The encoding that the first bytes tell by a mark, or by the zeros of UTF-16 and UTF-32."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    if 4 * max(even, odd) >= len(head) > 3 and min(even, odd) * 4 <= max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    return None


def _single_byte(sample: bytes) -> str:
    """Of no UTF-8: letters beyond ASCII stand alone in Western texts, in rows in Cyrillic and Asian ones."""
    high = [byte >= 128 for byte in sample]
    beside = sum(a and b for a, b in pairwise(high))
    if beside * 2 < sum(high):
        return "cp1252" if any(0x80 <= byte < 0xA0 for byte in sample) and _decodes(sample, "cp1252") else "latin-1"
    from charset_normalizer import from_bytes

    lines = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:8192]
    best = max(_CYRILLIC, key=lambda name: sum(_cyrillic(lines, name)))
    if _cyrillic(lines, best)[0] > 0.9:
        return best
    found = from_bytes(lines, cp_isolation=_OTHERS).best()
    return found.encoding if found else "latin-1"


def _cyrillic(text: bytes, encoding: str) -> tuple[float, float]:
    """Of the letters beyond ASCII, the share that is Cyrillic with capitals where they may be; and that is frequent."""
    if not _decodes(text, encoding):
        return 0.0, 0.0
    decoded = text.decode(encoding)
    beyond = [(before, letter) for before, letter in zip(" " + decoded, decoded, strict=False) if ord(letter) >= 128]
    fits = sum("а" <= letter <= "я" or ("А" <= letter <= "Я" and not before.islower()) for before, letter in beyond)
    return fits / len(beyond), sum(letter.lower() in "оеаинтсрвл" for _, letter in beyond) / len(beyond)


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
