"""What a person sees: names from files cannot rule the terminal, and letters of all scripts stay."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest

from bball_tag import console


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07shoot", "\\x1b[2J\\x1b]0;title\\x07shoot"),
        ("\x9b31mred", "\\x9b31mred"),
        ("over\rwritten\x08", "over\\rwritten\\x08"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("бросок 投篮 شوت Jokić 👩‍👧 [/red]\nline", "бросок 投篮 شوت Jokić 👩‍👧 [/red]\nline"),
    ],
)
def test_control_characters_are_written_out(text, shown, capsys):
    assert console.harmless(text) == shown
    console.show_error(text)
    console.show_table(["label"], [[text]])
    console.set_log_level(logging.INFO)
    try:
        logging.getLogger("bball_tag").warning("The label %s.", text)
    finally:
        console.log.handlers.clear()
        console.log.propagate = True
    seen = capsys.readouterr().err
    assert not {"\x1b", "\x9b", "\x07", "\x08", "\r", "\u202e"} & set(seen)
    assert f"Warning: The label {shown}." in seen


def test_a_path_is_printed_as_it_is_where_a_program_reads_it(capfdbinary):
    console.print_result(Path("a\x1b.csv"))
    assert capfdbinary.readouterr().out == b"a\x1b.csv\n"


def test_a_path_that_is_no_text_is_printed_byte_by_byte(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="utf-8"))
    console.print_result(Path("caf\udce9.csv"))
    assert raw.getvalue() == b"caf\xe9.csv\n"
