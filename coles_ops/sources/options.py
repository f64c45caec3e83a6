"""What a user may say of CSV files; what is not said is seen from the files."""

import codecs

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

IN_ROW = ", in the row "  # between a fault and the text of the row, which is for who may see rows
ROW_FAULT = "row_fault"  # column of opened frames: why a row has no right structure, null for a good row


class CsvOptions(BaseModel):
    """How CSV files are written; null: each file is looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    separator: str | None = Field(None, description="Between fields, e.g. ',' ';' or \"\\t\"; null: seen.")
    quote: str | None = Field(None, description="Around fields; null: seen, '' for none.")
    escape: str | None = Field(None, description="Before a quote inside a field, '' for a doubled quote; null: seen.")
    encoding: str | None = Field(None, description="E.g. utf-8, cp1251, latin-1, utf-16; null: seen.")
    decimal: str | None = Field(None, description="Mark before the fraction of an amount; null: seen.")
    thousands: str | None = Field(None, description="Mark between groups of three digits, '' for none; null: seen.")
    marks: dict[str, tuple[str, str]] = Field(
        {},
        description="Amount to its mark before the fraction and its marks between groups of three digits: those of the "
        "training's files are so kept for the new events of a bundle.",
    )
    columns: tuple[str, ...] | None = Field(
        None, description="Names of all columns of files without a header; null: the first row holds them."
    )

    @field_validator("separator", "quote", "escape", "decimal")
    @classmethod
    def _one_letter(cls, value: str | None, info: ValidationInfo) -> str | None:
        empty_may_be = info.field_name in ("quote", "escape")
        if value is not None and not (value == "" and empty_may_be) and not (len(value) == 1 and value.isascii()):
            raise ValueError("give one ASCII character" + (", or '' for none" if empty_may_be else ""))
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            return value and codecs.lookup(value).name
        except LookupError:
            raise ValueError("no encoding has this name: e.g. utf-8, cp1251, latin-1, utf-16") from None
