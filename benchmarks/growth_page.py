"""The section of docs/results.md on growth, made of the record that ``benchmarks.growth`` wrote."""

from __future__ import annotations

from benchmarks.jobs import ROOT, Record, table
from coles_ops.artefacts import read_json
from coles_ops.evaluation.words import signed
from coles_ops.schema import Outcome

RECORD = ROOT / "benchmarks" / "results" / "growth.json"
PICTURE = ROOT / "docs" / "growth.svg"
FACTORS = {"aggregates": "aggregates", "counts": "counts", "topics": "topics"}  # row to what people call it
ENCODERS = {"coles": "CoLES", "next_event": "next event"}


def read() -> Record:
    """What was measured; nothing where that is nothing yet."""
    return read_json(RECORD) if RECORD.exists() else {}


def section(record: Record) -> str:
    """The answer, the picture and the tables."""
    if not record:
        return "Not run yet.\n"
    sizes = list(record["sizes"].values())
    picture = f"![scores by clients without labels, and by labels]({PICTURE.name})"
    tables = (_scores(sizes).rstrip(), _differences(sizes).rstrip())
    return "\n\n".join([f"**{answer(sizes)}**", picture, *tables, _about(record, sizes)]) + "\n"


def answer(sizes: list[Record]) -> str:
    """At what numbers encoders overtake factors, a sentence each."""
    return " ".join(_overtakes(row, alike(sizes)) for row in ENCODERS)


def alike(sizes: list[Record]) -> list[Record]:
    """Those whose encoders had the same steps, the fewest, by rising clients."""
    fewest = min(size["steps"] for size in sizes)
    return sorted((size for size in sizes if size["steps"] == fewest), key=lambda size: size["clients"])


def _overtakes(row: str, sizes: list[Record]) -> str:
    """From how many clients on an encoder is ahead by all labels, and from how many labels on at the largest size."""
    name, clients, taught = ENCODERS[row], [size["clients"] for size in sizes], sizes[-1]["labels"]
    labels = [each["labels"] for each in taught]
    first = _from_on([_ahead(size["labels"][-1], row) for size in sizes])
    told = f"{name[0].upper()}{name[1:]}"
    if first is None:
        return (
            f"{told} does not overtake aggregates, counts and topics by {labels[-1]:,} labels with up to "
            f"{clients[-1]:,} clients."
        )
    fewest = _from_on([_ahead(each, row) for each in taught])
    assert fewest is not None, "what is ahead by all labels is so from some number on"
    return (
        f"{told} overtakes aggregates, counts and topics {_numbered(clients, first)} clients by {labels[-1]:,} labels, "
        f"and {_numbered(labels, fewest)} labels with {clients[-1]:,} clients."
    )


def _numbered(numbers: list[int], place: int) -> str:
    return f"at no more than {numbers[0]:,}" if place == 0 else f"from {numbers[place]:,}"


def _from_on(ahead: list[bool]) -> int | None:
    """The place from which on all are true."""
    first = max((place + 1 for place, each in enumerate(ahead) if not each), default=0)
    return first if first < len(ahead) else None


def _ahead(taught: Record, row: str) -> bool:
    """Whether a row is called better than every factor."""
    return all(each["outcome"] == Outcome.BETTER for each in taught["differences"] if each["row"] == row)


def _scores(sizes: list[Record]) -> str:
    """All rows of all sizes by all labels."""
    head = ["clients without labels", "steps", "draws", *FACTORS.values(), *ENCODERS.values(), "seconds of encoders"]
    rows = []
    for size in sizes:
        scores = size["labels"][-1]["scores"]
        cells = [f"{scores[row][0]:.3f} [{scores[row][1]:.3f}, {scores[row][2]:.3f}]" for row in (*FACTORS, *ENCODERS)]
        seconds = ", ".join(f"{size['seconds'][row]:,.0f}" for row in ENCODERS)
        rows.append([f"{size['clients']:,}", f"{size['steps']:,}", str(size["draws"]), *cells, seconds])
    return table(head, rows, right={0, 1, 2, len(head) - 1})


def _differences(sizes: list[Record]) -> str:
    """How far encoders are ahead of the factor that is best there, by labels."""
    rows = []
    for size in sizes:
        for row, name in ENCODERS.items():
            cells = [_least(taught, row) for taught in size["labels"]]
            rows.append([f"{size['clients']:,}, {size['steps']:,} steps", name, *cells])
    labels = [f"{taught['labels']:,} labels" for taught in sizes[0]["labels"]]
    return table(["clients without labels", "encoder", *labels], rows, right=set())


def _least(taught: Record, row: str) -> str:
    """The least of its differences to factors, with the outcome that is called."""
    own = [each for each in taught["differences"] if each["row"] == row]
    least = min(own, key=lambda each: each["difference"])
    return f"{signed(least['difference'], least['interval'])} to {least['to']}: **{least['outcome']}**"


def _about(record: Record, sizes: list[Record]) -> str:
    """What was not run, and where the rest was."""
    there = {key: size["draws"] for key, size in record["sizes"].items()}
    lacking = [f"{wanted - there.get(key, 0)} of {key}" for key, wanted in record["planned"].items()]
    lacking = [each for each in lacking if not each.startswith("0 ")]
    told = f"Draws not run yet: {'; '.join(lacking)}. " if lacking else ""
    peak = max(size["peak_mb"] for size in sizes) / 1024
    versions = ", ".join(f"{package} {version}" for package, version in record["versions"].items())
    return f"{told}Seconds of one core, of a draw; {peak:.1f} GB at most. {record['machine']}; {versions}."
