"""Times in the forms of the world: instants, wall times, numbers, and what stands for none."""

from functools import partial

import pandas as pd
import pyarrow as pa

from catalogue.case import Case as AnyCase
from catalogue.world import EVENTS, PURCHASES, changed
from coles_ops.datasets.times import MIXED
from coles_ops.schema import TIME

Case = partial(AnyCase, targets=None)

WHEN = pd.to_datetime(PURCHASES.when)


def cases() -> list[Case]:
    """Right, refused and left out."""
    return [*_text(), *_numbers(), *_parquet(), *_refused(), *_odd()]


def _written(name: str, when, **more) -> Case:
    """The world with its times written so; the same events come out."""
    return Case(name, {"events.csv": changed(PURCHASES, when=when)}, **more)


def _seconds(factor: int = 1) -> list[int]:
    return [int(when.timestamp()) * factor for when in WHEN]


def _in(zone: str) -> pd.DataFrame:
    """The events where the times are on the clock of a zone."""
    return changed(EVENTS, **{TIME: WHEN.dt.tz_localize(zone).dt.tz_convert("UTC").dt.tz_localize(None)})


def _text() -> list[Case]:
    moscow = WHEN.dt.tz_localize("UTC").dt.tz_convert("Europe/Moscow")
    patterns = {
        "dd.MM.yyyy HH:mm:ss": "%d.%m.%Y %H:%M:%S",
        "MM/dd/yyyy hh:mm:ss a": "%m/%d/%Y %I:%M:%S %p",
        "yyyyMMdd HHmmss": "%Y%m%d %H%M%S",
        "dd MMM yyyy HH:mm:ss": "%d %b %Y %H:%M:%S",
        "yyyy/MM/dd'T'HH:mm:ss": "%Y/%m/%dT%H:%M:%S",
    }
    zoned = {"timezone": "Asia/Tokyo"}
    fractions = changed(EVENTS, **{TIME: WHEN + pd.to_timedelta("123456us")})
    return [
        _written("times with a T", WHEN.dt.strftime("%Y-%m-%dT%H:%M:%S"), warned=""),
        _written("times with Z", WHEN.dt.strftime("%Y-%m-%dT%H:%M:%SZ"), options=zoned),
        _written("times with an offset", moscow.map(str), options={"timezone": "Europe/Moscow"}),
        _written("times with an offset without a colon", moscow.dt.strftime("%Y-%m-%d %H:%M:%S%z"), options=zoned),
        _written("times with the name of a zone", WHEN.dt.strftime("%Y-%m-%d %H:%M:%S UTC"), options=zoned),
        _written("times of several offsets", [str(m if i % 2 else m.tz_convert("UTC")) for i, m in enumerate(moscow)]),
        *(
            Case(f"wall times of {zone}", options={"timezone": zone}, events=_in(zone))
            for zone in ("Europe/Moscow", "America/New_York", "Asia/Kolkata")
        ),
        *(
            _written(f"times as {form}", WHEN.dt.strftime(shape), options={"time_format": form})
            for form, shape in patterns.items()
        ),
        _written(
            "a pattern with an offset",
            moscow.dt.strftime("%d.%m.%Y %H:%M:%S %z"),
            options={"time_format": "dd.MM.yyyy HH:mm:ss Z", "timezone": "Asia/Tokyo"},
        ),
        _written("parts of seconds", WHEN.dt.strftime("%Y-%m-%d %H:%M:%S.123456"), events=fractions),
        _written(
            "parts of seconds beyond the sixth", WHEN.dt.strftime("%Y-%m-%d %H:%M:%S.123456789"), events=fractions
        ),
        _written("spaces around times", " " + PURCHASES.when + "  "),
        _written("days only", WHEN.dt.strftime("%Y-%m-%d"), events=changed(EVENTS, **{TIME: WHEN.dt.normalize()})),
        _written("days of one digit", [f"{w.year}-{w.month}-{w.day} {w:%H:%M:%S}" for w in WHEN]),
    ]


def _numbers() -> list[Case]:
    factors = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
    excel = [(when - pd.Timestamp("1899-12-30")) / pd.Timedelta("1D") for when in WHEN]
    days = changed(EVENTS, **{TIME: WHEN.dt.normalize()})
    return [
        *(
            _written(f"{unit} as integers", _seconds(n), options={"time_format": unit, "timezone": "Asia/Tokyo"})
            for unit, n in factors.items()
        ),
        _written(
            "seconds with a fraction",
            [f"{s}.5" for s in _seconds()],
            options={"time_format": "seconds"},
            events=changed(EVENTS, **{TIME: WHEN + pd.to_timedelta("500ms")}),
        ),
        _written("yyyymmdd", WHEN.dt.strftime("%Y%m%d"), options={"time_format": "yyyyMMdd"}, events=days),
        _written("yyyymmddHHMMSS", WHEN.dt.strftime("%Y%m%d%H%M%S"), options={"time_format": "yyyyMMddHHmmss"}),
        _written("days since 1970", [s // 86_400 for s in _seconds()], options={"time_format": "days"}, events=days),
        _written("days of Excel", excel, options={"time_format": "excel_days"}),
    ]


def _parquet() -> list[Case]:
    def stored(name: str, when, **more) -> Case:
        frame = changed(PURCHASES, when=when)
        options = {"events": "events.parquet", **more.pop("options", {})}
        return Case(name, {"events.parquet": frame}, options, **more)

    moscow = {"timezone": "Europe/Moscow"}
    return [
        *(
            stored(
                f"Parquet wall times in {unit}",
                WHEN.astype(f"datetime64[{unit}]"),
                options=moscow,
                events=_in("Europe/Moscow"),
            )
            for unit in ("ms", "us", "ns")
        ),
        *(
            stored(
                f"Parquet instants in {unit}",
                WHEN.dt.tz_localize("UTC").astype(f"datetime64[{unit}, UTC]"),
                options=moscow,
            )
            for unit in ("ms", "us", "ns")
        ),
        stored(
            "Parquet instants of another zone", WHEN.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"), options=moscow
        ),
        stored("Parquet dates", WHEN.dt.date, events=changed(EVENTS, **{TIME: WHEN.dt.normalize()})),
        stored("Parquet milliseconds as integers", _seconds(1000), options={"time_format": "milliseconds"}),
        stored("Parquet texts with an offset", WHEN.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00"), options=moscow),
        stored(
            "Parquet integers without a format", _seconds(), refused=r"likely seconds.*write `time_format: seconds`"
        ),
        stored(
            "Parquet times with a format",
            WHEN,
            options={"time_format": "seconds"},
            refused="leave dataset.time_format out",
        ),
        Case(
            "Parquet lists as times",
            {
                "events.parquet": pa.table(
                    {"who": PURCHASES.who, "when": pa.array([[1]] * 6), "mcc": PURCHASES.mcc, "paid": PURCHASES.paid}
                )
            },
            {"events": "events.parquet"},
            refused="a single value is needed",
        ),
    ]


def _refused() -> list[Case]:
    numbers = {
        "seconds": _seconds(),
        "milliseconds": _seconds(10**3),
        "microseconds": _seconds(10**6),
        "nanoseconds": _seconds(10**9),
        "days": [s // 86_400 for s in _seconds()],
        "excel_days": [s // 86_400 + 25_569 for s in _seconds()],
        "yyyyMMdd": WHEN.dt.strftime("%Y%m%d"),
        "yyyyMMddHHmmss": WHEN.dt.strftime("%Y%m%d%H%M%S"),
        "yyyyMM": WHEN.dt.strftime("%Y%m"),
    }
    return [
        *(
            _written(f"numbers that are {form}, without a format", values, refused=f"write `time_format: {form}`")
            for form, values in numbers.items()
        ),
        _written(
            "seconds read as milliseconds",
            _seconds(),
            options={"time_format": "milliseconds"},
            refused="write `time_format: seconds`",
        ),
        _written(
            "milliseconds read as seconds",
            _seconds(1000),
            options={"time_format": "seconds"},
            refused="write `time_format: milliseconds`",
        ),
        _written(
            "yyyymmdd read as seconds",
            WHEN.dt.strftime("%Y%m%d"),
            options={"time_format": "seconds"},
            refused="write `time_format: yyyyMMdd`",
        ),
        _written(
            "milliseconds read as yyyyMMdd",
            _seconds(1000),
            options={"time_format": "yyyyMMdd"},
            refused="write `time_format: milliseconds`",
        ),
        _written("numbers of no unit", range(6), refused="are no times"),
        _written(
            "instants and wall times",
            [f"{w}Z" if i % 2 else w for i, w in enumerate(PURCHASES.when)],
            refused="has an offset or a zone and .* has none",
        ),
        _written(
            "days first without a format", WHEN.dt.strftime("%d.%m.%Y"), refused=r"write `time_format: dd\.MM\.yyyy`"
        ),
        _written("days first or months first", ["01/02/2024"] * 6, refused="dd/MM/yyyy or MM/dd/yyyy"),
        _written(
            "a format of something else",
            WHEN.dt.strftime("%d.%m.%Y"),
            options={"time_format": "yyyy-MM-dd"},
            refused=r"reads 0 of the first 6: .*write `time_format: dd\.MM\.yyyy`",
        ),
        _written("times of the day only", WHEN.dt.strftime("%H:%M"), refused="are no times"),
        _written("no times at all", list("abcdef"), refused="are no times as 2024-03-01"),
        *(
            Case(f"a format {form}", options={"time_format": form}, refused=message)
            for form, message in {
                "%Y-%m-%d %H:%M:%S": "write 'yyyy-MM-dd HH:mm:ss'",
                "YYYY-MM-dd HH:mm:ss": "write 'yyyy-MM-dd HH:mm:ss'",
                "yyyy-mm-dd HH:MM:SS": "write 'yyyy-MM-dd HH:mm:ss'",
                "ms": "write milliseconds",
                "unix": "write seconds",
                "yyyy-MM-ddTHH:mm:ss": "dd'T'HH",
                "pp yyyy": "no letter p",
                "HH:mm:ss": "no year",
                "iso8601": "leave time_format out",
                "dd.MM.yyyy hh:mm": r"write 'dd\.MM\.yyyy HH:mm'",
            }.items()
        ),
        *(
            Case(f"a zone {zone}", options={"timezone": zone}, refused=message)
            for zone, message in {
                "Europe/Moskow": "Europe/Moscow",
                "MSK": "Europe/Moscow",
                "+03:00": "Etc/GMT-3",
                "America/New York": "America/New_York",
                "Mars/Base": "IANA",
            }.items()
        ),
    ]


def _odd() -> list[Case]:
    """The second row has another time."""

    def odd(name: str, value: str, reason: str, **more) -> Case:
        when = PURCHASES.when.where(PURCHASES.index != 1, value)
        return Case(
            name, {"events.csv": changed(PURCHASES, when=when)}, events=EVENTS.drop(index=1), broken=(reason,), **more
        )

    used = {"validation": {"time_min": None}}
    skipped = changed(PURCHASES, when=["2024-03-31 02:30:00", *PURCHASES.when[1:]])
    shifted = _in("UTC")
    return [
        odd("a time that is none", "2024-02-30 10:00:00", "is a time"),
        odd("a time that is not there", "", "is a time"),
        odd("a time before 1990", "1985-01-01 00:00:00", "is not before 1990-01-01"),
        odd("a time after tomorrow", "2123-01-01 00:00:00", "is not after tomorrow"),
        odd("1900-01-01", "1900-01-01", "is not before 1990"),
        odd("1970-01-01", "1970-01-01 00:00:00", "is not before 1990"),
        odd("2099-12-31", "2099-12-31 23:59:59", "is not after tomorrow"),
        odd(
            "a day named as missing",
            "2000-01-01 00:00:00",
            "stands for none: 2000-01-01",
            options={"missing_times": ["2000-01-01"]},
        ),
        Case("a day named as missing that is none", options={"missing_times": ["soon"]}, refused="missing_times"),
        _written(
            "old times where they are allowed",
            ["1985-01-01 00:00:00", *PURCHASES.when[1:]],
            sections=used,
            events=changed(shifted, **{TIME: [pd.Timestamp("1985-01-01"), *WHEN[1:]]}),
            warned="",
        ),
        Case(
            "an hour that the clock skipped",
            {"events.csv": skipped},
            {"timezone": "Europe/Berlin"},
            events=changed(
                _in("Europe/Berlin"), **{TIME: [pd.Timestamp("2024-03-31 01:30"), *_in("Europe/Berlin")[TIME][1:]]}
            ),
        ),
        Case(
            "an offset in one row of many",
            {
                "events.csv": pd.concat(
                    [changed(PURCHASES, when="2024-03-01 10:00:00")] * 400
                    + [changed(PURCHASES, when="2024-03-01 10:00:00Z")[:1]]
                )
            },
            events=None,
            broken=(MIXED,),
        ),
    ]
