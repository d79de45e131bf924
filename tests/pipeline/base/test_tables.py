"""Rows survive the way to CSV and back; files that break their promise are refused by line."""

import csv
import math
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.base.records import Annotation, Label, Role, SplitRow, Utterance
from pipeline.base.tables import TableError, read_rows, read_utterances, write_rows
from pipeline.evaluation.scores import Score


@dataclass(frozen=True)
class Sample:
    name: str
    count: int
    value: float
    is_found: bool
    role: Role


ROW = Sample("a", 3, 0.1, True, "train")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "table.csv"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(
        st.builds(
            Sample,
            name=st.text(st.characters(exclude_categories=["Cs"])),
            count=st.integers(),
            value=st.floats(allow_nan=False),
            is_found=st.booleans(),
            role=st.sampled_from(["train", "validation", "test"]),
        ),
        max_size=5,
    )
)
def test_rows_come_back_as_they_were(path, rows):
    write_rows(path, rows, Sample)
    assert read_rows(path, Sample) == rows


@pytest.mark.parametrize(
    "text",
    ["a\rb", "a\r\nb", "a\nb", "\r", '"', "a,b", " a ", "\ufeffa", "é 漢 🙂", "\x00", "=1+1"],
)
def test_awkward_texts_come_back_as_they_were(path, text):
    rows = [Annotation("u1", "emotion", text), Annotation("u2", "emotion", "plain")]
    write_rows(path, rows, Annotation)
    assert read_rows(path, Annotation) == rows


def test_any_csv_reader_gets_the_same_cells(path):
    write_rows(path, [ROW], Sample)
    assert path.read_text() == "name,count,value,is_found,role\na,3,0.1,True,train\n"
    with path.open(newline="") as stream:
        assert next(csv.DictReader(stream))["value"] == "0.1"


def test_infinite_spans_and_undefined_scores_come_back(path):
    row = Utterance("u", "d", 0, "s", "1", "u.mp4", 0.0, math.inf, "full", "")
    write_rows(path, [row], Utterance)
    assert read_rows(path, Utterance) == [row]
    write_rows(path, [Score("t", "m", 0, 0, "0.7", "0.1", "test", "mae", math.nan)], Score)
    assert math.isnan(read_rows(path, Score)[0].value)


def test_an_empty_table_keeps_its_header(path):
    write_rows(path, [], Label)
    assert path.read_text() == "utterance_id,label\n"
    assert read_rows(path, Label) == []


@pytest.mark.parametrize(
    "header", ["", "utterance_id", "label,utterance_id", "utterance_id,label,more", "id,label"]
)
def test_another_header_is_refused(path, header):
    path.write_text(f"{header}\nu1,happy\n")
    with pytest.raises(TableError) as error:
        read_rows(path, Label)
    assert f"{path}: the header is" in str(error.value)
    assert "expected ['utterance_id', 'label']" in str(error.value)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("a,3,0.1,True", "4 cells, expected 5"),
        ("a,3,0.1,True,train,x", "6 cells, expected 5"),
        ("a,three,0.1,True,train", "three"),
        ("a,3,one,True,train", "one"),
        ("a,3,0.1,yes,train", "'yes' is not one of"),
        ("a,3,0.1,True,dev", "'dev' is not one of"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(path, cells, reason):
    path.write_text(f"name,count,value,is_found,role\na,3,0.1,True,train\n{cells}\n")
    with pytest.raises(TableError) as error:
        read_rows(path, Sample)
    assert str(error.value).startswith(f"{path}, line 3: ")
    assert reason in str(error.value)


def test_a_row_that_its_record_refuses_is_named(path):
    path.write_text(
        "utterance_id,dialogue_id,turn,speaker,session,media,start_s,end_s,region,text\n"
    )
    with path.open("a") as stream:
        stream.write("../u,d,0,s,1,,0.0,1.0,full,\n")
    with pytest.raises(TableError, match=r"line 2: utterance_id '\.\./u' is not allowed"):
        read_rows(path, Utterance)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"dialogue_id,fold,role\nd,0,\xe9\n"])
def test_a_file_that_is_no_utf8_is_named(path, content):
    path.write_bytes(content)
    with pytest.raises(TableError, match=r"table\.csv, after line"):
        read_rows(path, SplitRow)


def test_a_failure_while_writing_leaves_the_old_table(path):
    write_rows(path, [ROW], Sample)
    before = path.read_bytes()

    def rows():
        yield ROW
        raise OSError("source is gone")

    with pytest.raises(OSError, match="source is gone"):
        write_rows(path, rows(), Sample)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["table.csv"]


def test_an_id_that_stands_twice_is_named(path):
    rows = [Utterance(name, "d", 0, "s", "1", "", 0.0, 1.0, "full", "") for name in ("a", "b")]
    write_rows(path, rows, Utterance)
    assert read_utterances(path) == rows
    write_rows(path, [*rows, rows[0]], Utterance)
    with pytest.raises(TableError, match=r"table\.csv: utterance_id 'a' stands twice"):
        read_utterances(path)
