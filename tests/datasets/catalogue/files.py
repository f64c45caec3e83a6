"""Files, folders, globs, and what lies beside the data."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from catalogue import EVENTS, PURCHASES, Case

TEXT = PURCHASES.to_csv(index=False).encode()
HALVES = (PURCHASES[:3], PURCHASES[3:])
TWO = {"e/1.csv": HALVES[0], "e/2.csv": HALVES[1]}


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_csv", ".csv"), content)
    return buffer.getvalue()


def with_password() -> bytes:
    data = bytearray(zipped(e_csv=TEXT))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    return bytes(data)


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("e.csv")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    return buffer.getvalue()


def locked(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere.csv"))


def cases() -> list[Case]:
    return [replace(case, targets=None) for case in (*folders(), *beside(), *packed())]


def folders() -> list[Case]:
    def read(name: str, place: str, files: dict = TWO, **expected) -> Case:
        options = {"events": place, **expected.pop("options", {})}
        return Case(name, files, options, **expected)

    deep = {"e/a/1.csv": HALVES[0], "e/a/b/2.csv": HALVES[1]}
    hive = {"e/region=1/city=x%20y/p.csv": HALVES[0], "e/region=2/city=__HIVE_DEFAULT_PARTITION__/p.csv": HALVES[1]}
    keys = EVENTS.assign(region=["1"] * 3 + ["2"] * 3, city=["x y"] * 3 + [None] * 3)
    tables = {f"e/region={i}/p.parquet": half for i, half in enumerate(HALVES, 1)}
    return [
        read("a folder", "e", warned=""),
        read("a folder with a slash", "e/"),
        read("nested folders", "e", deep),
        read("a glob", "e/*.csv"),
        read("a glob of one level", "e/*/*.csv", deep, events=EVENTS[:3]),
        read("a glob of all levels", "e/**/*.csv", deep),
        read("a glob of all levels, folders among its finds", "e/**", deep),
        read("a glob of folders", "e/*", {"e/x/1.csv": HALVES[0], "e/y/2.csv": HALVES[1]}),
        read("a glob with a choice", "e/[12].csv", {**TWO, "e/3.csv": "no"}),
        read("a name with the letters of a glob", "e/a[1].csv", {"e/a[1].csv": PURCHASES}),
        read("a name with spaces and commas", "e/a, b.csv", {"e/a, b.csv": PURCHASES}),
        read("Parquet whose name has the letters of a glob", "e/{a},[b]*.parquet", {"e/{a},[b]*.parquet": PURCHASES}),
        read("a name in Russian", "e/продажи.csv", {"e/продажи.csv": PURCHASES}),
        read("keys in the names of folders", "e", hive, options={"categories": ["mcc", "region", "city"]}, events=keys),
        read("keys that are not asked for", "e", hive),
        read("keys of a glob", "e/region=1/**/*.csv", hive, options={"categories": ["mcc", "region"]}, events=keys.drop(columns="city")[:3]),
        read("keys beside Parquet", "e", tables, options={"categories": ["mcc", "region"]}, events=keys.drop(columns="city")),
        read("keys beside Parquet that are not asked for", "e", tables),
        read("a key that not all have", "e", {"e/region=1/p.csv": HALVES[0], "e/p.csv": HALVES[1]},
             options={"categories": ["mcc", "region"]}, refused="e/p.csv has no column 'region'"),
        read("no such file", "e/none.csv", refused="dataset.events: no file at"),
        read("an empty folder", "x", {"x/_SUCCESS": ""}, refused="dataset.events: no file at"),
        read("a link to nowhere", "e", {"e/1.csv": PURCHASES, "e/2.csv": locked}, refused="e/2.csv is a link to a file that is not there"),
        Case("a variable of the environment", {"events.csv": PURCHASES}, {"events": "$NO_SUCH_VARIABLE/e.csv"},
             refused="no file at '.NO_SUCH_VARIABLE/e.csv'"),
    ]  # fmt: skip


def beside() -> list[Case]:
    def near(name: str, files: dict, **expected) -> Case:
        return Case(name, TWO | files, {"events": "e"}, **expected)

    return [
        near("a README", {"e/README.md": "# Sales"}, warned="passed over .*README.md"),
        near("a README without a suffix, a licence", {"e/README": "x", "e/LICENSE": "y"}, warned="LICENSE"),
        near("what Spark leaves", {"e/_SUCCESS": "", "e/.1.csv.crc": "x", "e/_temporary/0/p.csv": "x"}, warned=""),
        near("what a Mac leaves", {"e/.DS_Store": b"\x00\x01", "e/._1.csv": b"\x00"}, warned=""),
        near("a copy of an editor", {"e/1.csv~": "x", "e/2.csv.bak": "x"}, warned="passed over"),
        near("labels beside events", {"e/labels.csv": "who,label\na1,1\n"}, refused="e/labels.csv has no column 'when'"),
        near("a manifest is data", {"e/manifest.csv": "file,rows\n1,2\n"}, refused="e/manifest.csv has no column"),
        near("a picture", {"e/plot.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4}, refused="e/plot.png"),
        near("Parquet beside CSV", {"e/3.parquet": PURCHASES}, refused="3.parquet is not: keep one kind"),
        near("a table of Delta", {"e/_delta_log/0.json": "{}"}, refused="is a table of Delta"),
        near("a table of Hudi", {"e/.hoodie/x": ""}, refused="is a table of Hudi"),
        near("a table of Iceberg", {"e/metadata/v1.metadata.json": "{}"}, refused="is a table of Iceberg"),
        near("a folder named metadata", {"e/metadata/3.csv": PURCHASES[:0]}),
    ]  # fmt: skip


def packed() -> list[Case]:
    def one(name: str, file: str, content: bytes, **expected) -> Case:
        return Case(name, {file: content}, {"events": file}, **expected)

    def by(packing: str) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, packing) as out:
            out.write(TEXT)
        return sink.getvalue().to_pybytes()

    half = len(TEXT) // 2
    quoted = PURCHASES.assign(mcc="a\nb").to_csv(index=False).encode()
    return [
        one("gzip", "e.csv.gz", gzip.compress(TEXT)),
        one("gzip by another name", "e.csv", gzip.compress(TEXT)),
        one("gzip of two members", "e.csv.gz", gzip.compress(TEXT[:half]) + gzip.compress(TEXT[half:])),
        one("gzip with newlines in quotes", "e.csv.gz", gzip.compress(quoted), events=EVENTS.assign(mcc="a\nb")),
        one("gzip in UTF-16", "e.csv.gz", gzip.compress(TEXT.decode().encode("utf-16"))),
        one("bzip2", "e.csv.bz2", bz2.compress(TEXT)),
        one("bzip2 of two streams", "e.csv.bz2", bz2.compress(TEXT[:half]) + bz2.compress(TEXT[half:])),
        one("xz", "e.csv.xz", lzma.compress(TEXT)),
        one("zstd", "e.csv.zst", by("zstd")),
        one("lz4", "e.csv.lz4", by("lz4")),
        one("zip", "e.csv.zip", zipped(e_csv=TEXT)),
        one("zip from a Mac", "e.zip", zipped(**{"e_csv": TEXT, "__MACOSX/._e_csv": b"x"})),
        one("zip of two files", "e.zip", zipped(a_csv=TEXT, b_csv=TEXT), refused="e.zip.*archive of 2 files"),
        one("zip with a password", "e.zip", with_password(), refused="e.zip.*password"),
        one("an Excel workbook", "e.xlsx", zipped(**{"[Content_Types].xml": b"<x/>"}), refused="e.xlsx.*Excel"),
        one("an old Excel workbook", "e.xls", b"\xd0\xcf\x11\xe0" + bytes(600), refused="e.xls is Excel"),
        one("a tar archive", "e.tar.gz", tarred(), refused="e.tar.gz, unpacked, is a tar archive"),
        one("gzip that breaks off", "e.csv.gz", gzip.compress(TEXT)[:-20], refused="e.csv.gz"),
        one("xz that breaks off", "e.csv.xz", lzma.compress(TEXT)[:-20], refused="e.csv.xz"),
        one("zstd that breaks off", "e.csv.zst", by("zstd")[:-20], refused="e.csv.zst"),
        one("zip that breaks off", "e.csv.zip", zipped(e_csv=TEXT)[:-20], refused="e.csv.zip"),
        one("gzip with a wrong byte", "e.csv.gz", bytes(b ^ (i == 60) for i, b in enumerate(gzip.compress(TEXT))), refused="e.csv.gz"),
        one("a plain text named gz", "e.csv.gz", TEXT),
        one("CSV without a suffix", "events", TEXT),
        one("CSV named txt", "events.txt", TEXT),
        one("CSV named parquet", "e.parquet", TEXT),
    ]  # fmt: skip
