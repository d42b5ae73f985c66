"""Files for other programs: by day, typed, and harmless in a spreadsheet."""

import csv
import datetime as dt
from pathlib import Path

import pytest
from pyarrow import parquet

from orchestrator.audit.export import ExportFormat, export
from orchestrator.audit.export_csv import cell
from orchestrator.audit.tables import TABLES
from orchestrator.domain.errors import AuditUnavailable, ConfigurationMistakes, InputMistakes
from tests.audit.rows import BASE, at, measurement, run, step, unit
from tests.audit.story import CONTENT, fill, write


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("form", list(ExportFormat))
def test_a_folder_per_table_and_a_file_per_day(
    database_url: str, tmp_path: Path, form: ExportFormat
) -> None:
    """Every row of the audit is in exactly one file, and doing it again changes nothing."""
    fill(database_url, days=(1, 2, 3))
    done = export(database_url, tmp_path / "out", form)
    again = export(database_url, tmp_path / "out", form)
    assert again == done
    days = sorted(path.name for path in (tmp_path / "out" / "step").iterdir())
    assert days == [f"2026-11-0{day}.{form}" for day in (1, 2, 3)]
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) == done.files
    read = _rows if form is ExportFormat.CSV else lambda file: parquet.read_table(file).to_pylist()
    assert sum(len(read(file)) for file in files) == done.rows
    assert all(file.suffix == f".{form}" for file in files)


def test_parquet_columns_have_types(database_url: str, tmp_path: Path) -> None:
    """Counts are numbers, times are times, hashes bytes, and what was measured stays decimal."""
    row = measurement("R1", 1)._replace(value="0.10", limit_min="-1e-3")
    write(database_url, (*BASE, run("R1"), step("R1", 1, irreversible=True), row))
    export(database_url, tmp_path, ExportFormat.PARQUET)
    (found,) = parquet.read_table(tmp_path / "measurement" / "2026-11-21.parquet").to_pylist()
    assert (found["value"], found["limit_min"], found["limit_pattern"]) == ("0.10", "-1e-3", None)
    (taken,) = parquet.read_table(tmp_path / "step" / "2026-11-21.parquet").to_pylist()
    assert taken["irreversible"] is True
    assert (taken["sequence"], taken["entry"]) == (1, 4)
    assert taken["began_at"] == dt.datetime(2026, 11, 21, 2, 0, 2, tzinfo=dt.UTC)
    assert len(taken["entry_hash"]) == 32


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("=1+1", '"\'=1+1"'),
        ("+1", '"\'+1"'),
        ("-1", '"\'-1"'),
        ("@SUM(A1)", '"\'@SUM(A1)"'),
        ("\tx", '"\'\tx"'),
        ("\rx", '"\'\rx"'),
        ("\nx", '"\'\nx"'),
        ("＝1", '"\'＝1"'),  # noqa: RUF001  # the wide one is a formula too
        ("'=1", "\"''=1\""),
        ('say "hi", then', '"say ""hi"", then"'),
        ("0007", '"0007"'),
        ("", '""'),
        (None, ""),
        (-7, "-7"),
        (True, "true"),
        (b"\x00\xff", '"00ff"'),
    ],
)
def test_no_cell_is_a_formula(stored: object, written: str) -> None:
    """What begins like a formula gets an apostrophe, and one that has one gets another."""
    assert cell(stored) == written


def test_a_text_comes_back_when_one_apostrophe_is_taken_away(tmp_path: Path) -> None:
    """The round trip that the module promises, with everything a device may send."""
    texts = ["=cmd|' /C calc'!A0", "'quoted'", "a,b\r\nc", '"', "+49", "plain", "", "'"]
    url = f"sqlite:///{tmp_path}/audit.db"
    write(url, [unit(f"U{k}", text) for k, text in enumerate(texts)])
    export(url, tmp_path / "out", ExportFormat.CSV)
    found = [row["serial_number"] for row in _rows(tmp_path / "out" / "unit" / "2026-11-21.csv")]
    assert [text.removeprefix("'") for text in found] == texts


def test_since_and_until_narrow_the_days(database_url: str, tmp_path: Path) -> None:
    """Both are inclusive, as everywhere."""
    fill(database_url, days=(1, 2, 3, 4))
    export(database_url, tmp_path, ExportFormat.CSV, since="2026-11-02", until="2026-11-03")
    assert [path.stem for path in sorted((tmp_path / "run").iterdir())] == [
        "2026-11-02",
        "2026-11-03",
    ]
    with pytest.raises(InputMistakes, match="no point in time"):
        export(database_url, tmp_path, ExportFormat.CSV, since="yesterday")


def test_attachments_are_files_named_by_their_hash(database_url: str, tmp_path: Path) -> None:
    """The same content is written once; nothing that a device said becomes a file name."""
    fill(database_url, days=(1,))
    done = export(database_url, tmp_path, ExportFormat.CSV, attachments=True)
    assert done.attachments == 1
    (file,) = (tmp_path / "attachment_content").iterdir()
    assert file.read_bytes() == CONTENT
    (row, *_) = _rows(tmp_path / "attachment" / "2026-11-01.csv")
    assert (row["sha256"], row["name"]) == (file.name, "log")
    assert "content" not in row


def test_every_table_has_a_day(tmp_path: Path) -> None:
    """An export of an empty database has no files and breaks on no table."""
    url = f"sqlite:///{tmp_path}/audit.db"
    write(url)
    assert export(url, tmp_path / "out", ExportFormat.CSV) == (0, 0, 0)
    assert TABLES


def test_what_cannot_be_exported_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No library, no folder, no time: each has its sentence and its remedy."""
    url = f"sqlite:///{tmp_path}/audit.db"
    write(url, [unit("U1", "SN")._replace(registered_at="2026-11-21 sometime")])
    with pytest.raises(AuditUnavailable, match="time cannot be read") as unreadable:
        export(url, tmp_path / "out", ExportFormat.PARQUET)
    assert unreadable.value.where == {"table": "unit", "column": "registered_at"}
    (tmp_path / "file").write_text(at(0))
    with pytest.raises(InputMistakes, match="cannot be written"):
        export(url, tmp_path / "file", ExportFormat.CSV)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ConfigurationMistakes, match="not installed"):
        export(url, tmp_path / "out", ExportFormat.PARQUET)
