"""What a score loses where a column is shuffled, as it is kept."""

from pydantic import BaseModel, ConfigDict

ORDER = ""  # in place of a column: the order of a client's events


class Drop(BaseModel):
    """What is lost by one column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str  # stored name, or ORDER
    lost: float  # of the score
    interval: tuple[float, float]
    read: bool  # whether it moves any feature


class Shuffling(BaseModel):
    """What is lost by every column of the events, of one representation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    representation: str  # id of its record
    name: str  # as people read it
    probe: str
    scored: int  # clients of the first repeat
    clients: int  # those of them of whom events were shuffled
    score: float | None = None  # of these, nothing shuffled
    drops: list[Drop] = []  # none where no interval can be given


class Shufflings(BaseModel):
    """Those of the representations that a report explains."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: list[Shuffling]
