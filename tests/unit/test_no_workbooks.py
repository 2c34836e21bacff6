"""Files that are only called workbooks: a person is told what they are, and what to do."""

from __future__ import annotations

import zipfile

import pytest

from bball_tag.annotations import read_annotation
from bball_tag.errors import AnnotationError


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000), "an old .xls workbook, or has a password"),
        (b"<html><table><tr><th>start_s</th></tr></table></html>", "a web page or XML"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', "a web page or XML"),
        (b"start_s,end_s,label\r\n1,2,run\r\n", r"name it \.csv"),
        (b"\0\1\2\3", "not an Excel workbook, or a damaged one"),
        (b"", "not an Excel workbook, or a damaged one"),
    ],
)
def test_what_is_only_called_a_workbook_is_named(tmp_path, content, told):
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(AnnotationError, match=told):
        read_annotation(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("part", "content", "told"),
    [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet", "an OpenDocument table"),
        ("Index/Document.iwa", "x", "a table of Numbers"),
        ("a.txt", "x", "not an Excel workbook, or a damaged one"),
    ],
)
def test_an_archive_that_is_another_programs_table_is_named(tmp_path, part, content, told):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as file:
        file.writestr(part, content)
    with pytest.raises(AnnotationError, match=told):
        read_annotation(tmp_path / "a.xlsx")
