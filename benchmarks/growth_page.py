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
_TREND = {"topics": "topics", **ENCODERS}
_OUTCOMES = (Outcome.BETTER, Outcome.WORSE, Outcome.UNDECIDED)


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
    """At what numbers encoders overtake factors, and what more clients change where the steps are the same."""
    same = _alike(sizes)
    told = [_overtakes(row, name, same) for row, name in ENCODERS.items()]
    return " ".join([*told, _trend(same)] if len(same) > 1 else told)


def _alike(sizes: list[Record]) -> list[Record]:
    """Those whose encoders had the same steps, the fewest, by rising clients."""
    fewest = min(size["steps"] for size in sizes)
    return sorted((size for size in sizes if size["steps"] == fewest), key=lambda size: size["clients"])


def _overtakes(row: str, name: str, sizes: list[Record]) -> str:
    """With how many clients an encoder is ahead of all factors by all labels, and by how few labels anywhere."""
    outcomes = {size["clients"]: _outcome(size["labels"][-1], row) for size in sizes}
    ahead, behind, open_ = ([n for n, each in outcomes.items() if each is which] for which in _OUTCOMES)
    won = [(each["labels"], size["clients"]) for size in sizes for each in size["labels"] if _wins(each, row)]
    others = f"aggregates, counts and topics by {sizes[0]['labels'][-1]['labels']:,} labels"
    told = f"{name[0].upper()}{name[1:]} overtakes {others} with {_numbers(ahead)} clients"
    told += f", is behind one of them with {_numbers(behind)}" * bool(behind)
    told += f", undecided with {_numbers(open_)}" * bool(open_)
    if not won:
        return f"{told}; nor is it ahead of all three by fewer labels."
    return f"{told}; the fewest labels by which it does are {min(won)[0]:,}, with {min(won)[1]:,} clients."


def _numbers(numbers: list[int]) -> str:
    *others, last = [f"{each:,}" for each in numbers] or ["no number of"]
    return f"{', '.join(others)} and {last}" if others else last


def _outcome(taught: Record, row: str) -> Outcome:
    """Better than every factor, worse than one of them, or undecided."""
    found = {each["outcome"] for each in taught["differences"] if each["row"] == row}
    if found == {Outcome.BETTER}:
        return Outcome.BETTER
    return Outcome.WORSE if Outcome.WORSE in found else Outcome.UNDECIDED


def _wins(taught: Record, row: str) -> bool:
    return _outcome(taught, row) is Outcome.BETTER


def _trend(sizes: list[Record]) -> str:
    """Scores by all labels with the fewest clients and the most."""
    ends = [size["labels"][-1]["scores"] for size in (sizes[0], sizes[-1])]
    told = [f"{name} from {ends[0][row][0]:.3f} to {ends[1][row][0]:.3f}" for row, name in _TREND.items()]
    return f"From {sizes[0]['clients']:,} to {sizes[-1]['clients']:,} clients, by the same steps: {', '.join(told)}."


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
    """Of its differences to factors the one that decides: the least, of those that are not better if there are any."""
    own = [each for each in taught["differences"] if each["row"] == row]
    least = min(own, key=lambda each: (each["outcome"] == Outcome.BETTER, each["difference"]))
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
