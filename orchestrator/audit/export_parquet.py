"""Rows as Parquet files with types: what is a number is one, and decimal text stays text.

Times become timestamps in UTC with microseconds, counts 64-bit integers, hashes bytes. Measured
values and limits stay the decimal texts that were stored, because a float would change them.
Needs the extra `parquet` (pyarrow), which is loaded here alone.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary

from orchestrator.domain.errors import AuditUnavailable, ConfigurationMistakes


def parquet_writer() -> Callable[
    [Path, Sequence[Column[Any]], Iterable[Sequence[Sequence[Any]]]], int
]:
    """Return the function that writes a file. Raises ConfigurationMistakes without pyarrow."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise ConfigurationMistakes(
            "Parquet files need a library that is not installed",
            where={"library": "pyarrow"},
            remedy="Install it with: pip install 'orchestrator[parquet]', or choose --format csv",
        ) from None

    def write(
        file: Path, columns: Sequence[Column[Any]], blocks: Iterable[Sequence[Sequence[Any]]]
    ) -> int:
        fields = [
            pa.field(column.name, _arrow_type(pa, column), nullable=bool(column.nullable))
            for column in columns
        ]
        schema = pa.schema(fields)
        rows = 0
        with parquet.ParquetWriter(file, schema, compression="zstd") as out:
            for block in blocks:
                found = [
                    pa.array(_typed(column, values), type=field.type)
                    for column, field, values in zip(
                        columns, schema, zip(*block, strict=True), strict=True
                    )
                ]
                out.write_batch(pa.record_batch(found, schema=schema))
                rows += len(block)
        return rows

    return write


def _is_time(column: Column[Any]) -> bool:
    return column.name.endswith("_at")


def _arrow_type(pa: Any, column: Column[Any]) -> Any:
    if _is_time(column):
        return pa.timestamp("us", tz="UTC")
    if isinstance(column.type, Boolean):
        return pa.bool_()
    if isinstance(column.type, BigInteger | Integer):
        return pa.int64()
    return pa.binary() if isinstance(column.type, LargeBinary) else pa.string()


def _typed(column: Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    if not _is_time(column):
        return values
    try:
        return [None if value is None else datetime.fromisoformat(value) for value in values]
    except ValueError as error:
        raise AuditUnavailable(
            f"a stored time cannot be read: {error}",
            where={"table": str(column.table.name), "column": column.name},
            remedy="Run `orchestrator db check`; the same rows can be exported with --format csv",
        ) from error
