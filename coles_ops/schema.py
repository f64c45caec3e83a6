"""Names that every stage agrees on: canonical columns, parts, outcomes, whose fault an error is."""

from enum import StrEnum

CLIENT = "client_id"  # string
TIME = "event_time"  # timestamp of a raw event, in UTC
LABEL = "label"  # string: the name of a class or a number, as `coles_ops.targets` reads it; null where unlabelled
GROUP = "group_id"  # string; clients of one group stay on one side of every split
EVENTS = "n_events"
CUT = "cut"  # time of the label: events of the client at or after it are late, and left out
PREDICTION = "prediction"  # column of a predicted number; of classes their probabilities, p_0 ..
PART = "part"
REMARK = "row_remark"  # string: what is strange about a raw row that is used, null where nothing is
NULL = "\x00"  # stands for a missing value of a category; no text from a file holds this character
MISSING = ("yes", "no")  # values of a category that says whether an amount is missing
GAP = "gap"  # real column of a coded event: log1p of the seconds since the client's previous event
MICROS = "time"  # column of a coded event: int64 microseconds since 1970-01-01 UTC
SEQUENCE = "sequence"  # real; the order of events at equal times, where the source has one
BROKEN = "broken_rule"  # string: why a raw row is left out, null for a good one
ROW = "row"  # position of a client among all, by client id: an integer to sort by


class Part(StrEnum):
    """What a client is there for; the protocol says which."""

    PRETRAIN = "pretrain"  # its events train encoders; its label, if it has one, teaches no probe
    TRAIN = "train"  # its events train encoders, its label teaches probes
    TUNE = "tune"  # its label compares trials; no encoder sees its events in training
    SCORE = "score"  # it is scored, by what saw neither its events nor its label
    APART = "apart"  # it has no label, and is of the group of one that tunes or is scored: nothing sees it

    @property
    def fits(self) -> bool:
        """Whether statistics, vocabularies and encoders may see this part."""
        return self in FITS


FITS = (Part.PRETRAIN, Part.TRAIN)


class Outcome(StrEnum):
    """Of a comparison; see ``coles_ops.statistics.outcomes``."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


class UserError(Exception):
    """What the user can mend: one message, exit code 2, and never tried again. Other errors keep their traceback."""


class DataError(UserError):
    """The user's data cannot be used: names file, column, value, what was expected and what to do."""


class FaultError(RuntimeError):
    """The machine failed, not the data: what is done is kept, and the same command goes on from there."""
