"""CSV in the dialects of the world."""

import csv
import io
from dataclasses import replace

import pandas as pd

from catalogue import EVENTS, PURCHASES, Case, changed

HEADER = "who,when,mcc,paid"
DAY = "2024-03-01 10:00:00"


def text(frame: pd.DataFrame = PURCHASES, **options) -> str:
    return frame.to_csv(index=False, **options)


def with_mcc(*values: str | None) -> pd.DataFrame:
    return changed(EVENTS, mcc=list(values))


def amounts(values: list[str], separator: str = ",", **options) -> str:
    return text(changed(PURCHASES, paid=values), sep=separator, **options)


def one(name: str, content: str | bytes, **expected) -> Case:
    return Case(name, {"events.csv": content}, **expected)


def rows(*lines: str) -> str:
    return "\n".join([HEADER, *lines, ""])


def row(**columns) -> pd.DataFrame:
    return pd.DataFrame([{"client_id": "a1", "event_time": pd.Timestamp(DAY), "mcc": "food", "paid": 1.5, **columns}])


def cases() -> list[Case]:
    found = [*dialects(), *quotes(), *encodings(), *numbers(), *shapes(), *headers(), *said()]
    return [Case("plain", warned=""), *(replace(case, targets=None) for case in found)]


def dialects() -> list[Case]:
    found = [
        one("separator ,", text(), warned=""),
        one("separator ;", text(sep=";"), warned=""),
        one("separator tab", text(sep="\t"), warned=""),
        one("separator |", text(sep="|"), warned=""),
        one("separator \\x01", text(sep="\x01")),
        one("separator ; and a comma in values", text(PURCHASES.assign(mcc="a,b"), sep=";"),
            events=with_mcc(*["a,b"] * 6)),
        one("separator , and semicolons in values", text(PURCHASES.assign(mcc="a;b;c;d;e")),
            events=with_mcc(*["a;b;c;d;e"] * 6)),
        one("separator said by Excel", "sep=;\n" + text(sep=";")),
        one("lines end in CR LF", text(lineterminator="\r\n")),
        one("lines end in CR", text(lineterminator="\r")),
        one("no newline at the end", text().rstrip("\n")),
        one("empty lines between and at the end", "\n" + text().replace("\n", "\n\n") + "\n\n"),
        one("an unused column", text(PURCHASES.assign(other="x, y"))),
        one("columns in another order", text(PURCHASES[["paid", "mcc", "when", "who"]])),
        one("a column of row numbers without a name", PURCHASES.to_csv()),
        one("every line ends in a separator", text().replace("\n", ",\n")),
        one("every row but the header ends in a separator", HEADER + "\n" + text().split("\n", 1)[1].replace("\n", ",\n")),
    ]  # fmt: skip
    return found


def quotes() -> list[Case]:
    def quoted(values: list[str], **options) -> str:
        return text(changed(PURCHASES, mcc=values), **options)

    odd = ['say "hi"', "a,b", "", "x\ny", "it's", "\\"]
    lines = [f"a1,{DAY},food,1.5"] * 3
    return [
        one("all quoted", text(quoting=csv.QUOTE_ALL, na_rep=""), events=with_mcc("food", "fuel", "food", "taxi", "", "fuel")),
        one("quoted where needed", quoted(odd, quoting=csv.QUOTE_NONNUMERIC), events=with_mcc(*odd)),
        one("quotes doubled", quoted(['"a"', 'b"', '"', "c", "d", "e"]), events=with_mcc('"a"', 'b"', '"', "c", "d", "e")),
        one("quotes escaped by a backslash",
            quoted(['say "hi", ok', 'b"', "c", "d", "e", "f"], doublequote=False, escapechar="\\"),
            events=with_mcc('say "hi", ok', 'b"', "c", "d", "e", "f")),
        one("separators escaped by a backslash", rows(f"a1,{DAY},fo\\,od,1.5"), events=row(mcc="fo,od")),
        one("single quotes", quoted(["a,b", "c", "d", "e", "f", "g"], quotechar="'", quoting=csv.QUOTE_NONNUMERIC),
            events=with_mcc("a,b", "c", "d", "e", "f", "g")),
        one("a backslash that is only a backslash", rows(f"a1,{DAY},C:\\dir,1.5"), events=row(mcc="C:\\dir")),
        one("newlines in quotes", quoted(["a\nb", "c\r\nd", "\n", "e\n\nf", "g", "h"]),
            events=with_mcc("a\nb", "c\r\nd", "\n", "e\n\nf", "g", "h")),
        one("a newline in a quoted name of a column", text().replace("mcc", '"m\ncc"'), options={"categories": ["m\ncc"]},
            events=EVENTS[["client_id", "event_time", "paid"]]),
        one("an inch mark within a value", rows(f'a1,{DAY},5" pipe,1.5'), events=row(mcc='5" pipe')),
        one("an inch mark at the end of a value", rows(f'a1,{DAY},pipe 5",1.5'), events=row(mcc='pipe 5"')),
        one("a quote that does not close", rows(lines[0], f'a1,{DAY},"food,1.5', *lines[1:]),
            events=pd.concat([row()] * 3), broken=("quote is open",)),
        one("two quotes that do not close", rows(f'a1,{DAY},"food,1.5', lines[0], f'"a1,{DAY},food,1.5', lines[0]),
            events=pd.concat([row()] * 2), broken=("quote is open",) * 2),
        one("an open quote before a row in quotes", rows(f'"a1,{DAY},food,1.5', f'"a1",{DAY},food,1.5'),
            events=row(), broken=("quote is open",)),
        one("text after a closed quote", rows(f'a1,{DAY},"fo"od,1.5', lines[0]), events=row(), broken=("out of place",)),
    ]  # fmt: skip


def encodings() -> list[Case]:
    russian = ["Продукты", "АЗС", "Продукты", "Такси", "кафе и рестораны", "АЗС"]
    french = ["café", "épicerie", "hôtel", "naïve", "crème brûlée", "café"]
    other = text(changed(PURCHASES, mcc=russian))
    western = text(changed(PURCHASES, mcc=french))
    late = text(pd.concat([PURCHASES] * 2000)) + f"a1,{DAY},Такси,1.5\n"
    found = [
        one(f"Russian in {name}", other.encode(name), events=with_mcc(*russian))
        for name in ("utf-8", "utf-8-sig", "cp1251", "koi8-r", "cp866", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
    ]
    found += [
        one(f"French in {name}", western.encode(name), events=with_mcc(*french))
        for name in ("utf-8", "latin-1", "cp1252", "utf-16")
    ]
    long = pd.concat([EVENTS] * 2000 + [row(mcc="Такси")])
    return [
        *found,
        one("a mark before a quoted header", ("\ufeff" + text(quoting=csv.QUOTE_NONNUMERIC)).encode(),
            events=EVENTS.assign(mcc=EVENTS.mcc.fillna(""))),
        one("a mark in what is said to be utf-8", other.encode("utf-8-sig"), options={"csv": {"encoding": "utf-8"}},
            events=with_mcc(*russian)),
        one("Russian in cp1251 far from the head", late.encode("cp1251"), events=long),
        one("Russian in utf-8 far from the head", late.encode(), events=long),
        one("Russian names of columns in cp1251", text(PURCHASES.rename(columns={"mcc": "категория"})).encode("cp1251"),
            options={"categories": ["категория"]}, events=EVENTS.rename(columns={"mcc": "категория"})),
        one("bytes that are in no encoding that is said", text().encode() + b"a1,2024-03-01,\xff\xfe,1\n",
            options={"csv": {"encoding": "utf-8"}}, refused="events.csv cannot be read: it is not utf-8"),
        one("an encoding that nobody knows", text(), options={"csv": {"encoding": "utf-9"}}, refused="csv.encoding: no encoding has this name"),
        one("a zero byte in a value", rows(f"a1,{DAY},fo\x00od,1.5"), events=row(mcc="fo\x00od")),
    ]  # fmt: skip


def numbers() -> list[Case]:
    comma = ["12,5", "-3,25", "1234,75", "0", "7,0", "99,99"]
    both = ["12.5", "-3.25", "1,234.75", "0", "7", "99.99"]
    german = ["12,5", "-3,25", "1.234,75", "0", "7", "99,99"]
    thousand = ["12", "-3", "1,234", "0", "7", "99"]
    return [
        one("decimal commas, ; between", amounts(comma, ";")),
        one("decimal commas, quoted", amounts(comma)),
        one("decimal commas, tab between", amounts(comma, "\t")),
        one("decimal commas, not quoted", amounts(comma, quoting=csv.QUOTE_NONE, escapechar=" ").replace(" ,", ",").replace("  ", " "),
            refused="events.csv.*4 columns.*decimal commas"),
        one("one decimal comma that is not quoted", text() + f"a1,{DAY},food,1,5\n", broken=("5 fields and not 4",)),
        one("thousands commas, decimal points", amounts(both)),
        one("thousands points, decimal commas", amounts(german, ";")),
        one("thousands spaces", amounts([value.replace(".", " ") for value in german], ";")),
        one("thousands in unbreakable spaces", amounts([value.replace(".", "\u00a0") for value in german], ";")),
        one("thousands in narrow spaces", amounts([value.replace(".", "\u202f") for value in german], ";")),
        one("thousands apostrophes", amounts([value.replace(",", "'") for value in both])),
        one("a comma of a fraction or of thousands", amounts(thousand, ";"), refused="'1,234' may be.*dataset.csv.decimal"),
        one("thousands commas that are said", amounts(thousand, ";"), options={"csv": {"thousands": ","}},
            events=changed(EVENTS, paid=[12.0, -3.0, 1234.0, 0.0, 7.0, 99.0])),
        one("decimal commas that are said", amounts(thousand, ";"), options={"csv": {"decimal": ","}},
            events=changed(EVENTS, paid=[12.0, -3.0, 1.234, 0.0, 7.0, 99.0])),
        one("many thousands commas", amounts(["1,234,567", "1", "1,234", "2", "3", "4"], ";"),
            events=changed(EVENTS, paid=[1234567.0, 1.0, 1234.0, 2.0, 3.0, 4.0])),
        one("two decimal marks in one column", amounts(["12,5", "3.25", "1", "2", "3", "4"], ";"),
            refused="two decimal marks: write dataset.csv.decimal"),
        one("a comma where points are decimal", amounts(["12.5", "-3.25", "1234.75", "0", "7.0", "1,2,3"], ";"),
            events=EVENTS[:5], broken=("paid is",)),
        one("amounts with an exponent", amounts(["1.25e1", "-3.25E0", "1234.75", "0e0", "7", "99.99"])),
        one("amounts with a plus", amounts(["+12.5", "-3.25", "+1234.75", "0", "+7", "99.99"])),
        one("an amount with the suffix of Java", amounts(["12.5", "-3.25", "1234.75", "0", "7", "99.99f"]),
            events=EVENTS[:5], broken=("paid is",)),
    ]  # fmt: skip


def shapes() -> list[Case]:
    good = [f"a1,{DAY},food,1.5"] * 3
    return [
        one("a row with a field too many", text() + f"a1,{DAY},food,1,x\n", broken=("it has 5 fields and not 4, in the row 'a1",)),
        one("a row with a field too few", text() + "a1,2024-03-01\n", broken=("it has 2 fields and not 4",)),
        one("a footer", text() + "Total: 5 rows\n", broken=("it has 1 fields",)),
        one("only a header", HEADER + "\n", events=EVENTS[:0]),
        one("an empty file", "", refused="events.csv is empty"),
        one("only empty lines", "\n\n\n", refused="events.csv"),
        one("most rows longer than the header", rows(*[f"{line},x" for line in good]),
            refused="names 4 columns, and 3 of the first 3 rows"),
        one("a very long value", rows(f"a1,{DAY},{'x' * 300_000},1.5"), events=row(mcc="x" * 300_000)),
        one("JSON lines", '{"who": "a1"}\n', refused="events.csv is JSON: write it out as CSV or Parquet"),
        one("an HTML page", "<!DOCTYPE html><html></html>", refused="events.csv is an HTML page"),
    ]  # fmt: skip


def headers() -> list[Case]:
    two = text().split("\n", 4)
    first, second = "\n".join(two[:4]) + "\n", two[4]
    parts = {"e/1.csv": first}
    other = PURCHASES[3:][["paid", "who", "mcc", "when"]]
    folder = {"events": "e"}

    def many(name: str, content: str, **expected) -> Case:
        return Case(name, {**parts, "e/2.csv": content}, folder, **expected)

    return [
        many("parts in one order", HEADER + "\n" + second),
        many("parts whose columns are in another order", text(other), warned=""),
        many("parts with other separators", text(other, sep=";")),
        many("parts in other encodings", text(other).encode("utf-16")),
        many("a part with one column more", text(other.assign(more=1))),
        many("a part that lacks a column", text(other.drop(columns="paid")), refused="e/2.csv has no column 'paid'; it has"),
        many("a part without a header", second, refused="e/2.csv has no column.*without a header"),
        many("an empty part", "", refused="e/2.csv is empty"),
        many("a part with only a header", HEADER + "\n", events=EVENTS[:3]),
        one("no header", text(header=False), refused="events.csv has no column.*dataset.csv.columns"),
        one("no header, columns said", text(header=False), options={"csv": {"columns": ["who", "when", "mcc", "paid"]}}),
        one("spaces around the names of columns", text().replace(HEADER, "who , when,mcc , paid")),
        one("names of columns in capitals", text().replace(HEADER, HEADER.upper()), refused="did you mean 'WHO'"),
        one("a name twice that is not wanted", text(PURCHASES.assign(x=1, y=2)).replace("x,y", "x,x")),
        one("a name twice that is wanted", text(PURCHASES.assign(x=1)).replace("paid,x", "paid,paid"),
            refused="2 columns named 'paid': rename one"),
        one("names that differ by case", text(PURCHASES.assign(MCC="other"))),
    ]  # fmt: skip


def said() -> list[Case]:
    def told(name: str, content: str | bytes, frame: pd.DataFrame = EVENTS, **options) -> Case:
        people = "who,label\na1,0\nb2,1\nc3,0\n"
        for key, value in (("separator", ","),):
            people = people.replace(value, options.get(key, value))
        return Case(name, {"events.csv": content, "people.csv": people}, {"csv": options}, events=frame)

    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="^", quotechar="~", lineterminator="\n")
    writer.writerow(PURCHASES.columns)
    writer.writerows(changed(PURCHASES, mcc=["a^b", "fuel", "food", "taxi", "", "fuel"]).itertuples(index=False))
    return [
        told("a separator that is said", text(sep="^"), separator="^"),
        told("a separator and a quote that are said", buffer.getvalue(),
             with_mcc("a^b", "fuel", "food", "taxi", None, "fuel"), separator="^", quote="~"),
        told("no quotes, said", rows(f'a1,{DAY},"food,1.5'), row(mcc='"food'), quote=""),
        told("an encoding that is said", text(changed(PURCHASES, mcc="łódź")).encode("cp1250"),
             with_mcc(*["łódź"] * 6), encoding="cp1250"),
        one("two letters as a separator", text(), options={"csv": {"separator": "::"}}, refused="csv.separator: give one ASCII character"),
        one("an unknown key of csv", text(), options={"csv": {"sep": ";"}}, refused="csv.sep"),
    ]  # fmt: skip
