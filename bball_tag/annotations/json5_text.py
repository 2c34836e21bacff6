"""JSON5, the JSON that people type: keys without quotes, single quotes, comments, trailing commas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bball_tag.faults import FormError
from bball_tag.json_files import parse_json

_TOKEN = re.compile(
    r"""[\s\ufeff]+ | //[^\n\r\u2028\u2029]* | /\*.*?\*/ |
    (?P<mark>[{}\[\]:,]) |
    (?P<text>"(?:[^"\\\n\r]|\\(?:\r\n|.))*" | '(?:[^'\\\n\r]|\\(?:\r\n|.))*') |
    (?P<word>[^\s{}\[\]:,'"/]+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_LINE_ENDS = ("\n", "\r", "\r\n", "\u2028", "\u2029")
_NAME = re.compile(r"[^\W\d][\w$]*|\$[\w$]*")
_DECIMAL = re.compile(r"([+-]?)(\d*)(\.\d*)?([eE][+-]?\d+)?", re.ASCII)
_HEX = re.compile(r"([+-]?)0[xX]([0-9a-fA-F]{1,13})")
_LITERALS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_SHOWN = 20
"""Characters shown of what makes no sense."""


def parse_json5(text: str) -> Any:
    """Return what a JSON5 document holds; every JSON document is one.

    Raises:
        FormError: It is not JSON5, or names a key twice in one object.
    """
    return parse_json(" ".join(_as_json(text)))


def _as_json(text: str) -> Iterator[str]:
    """Yield the tokens of JSON that say the same."""
    open_brackets: list[str] = []
    before, comma = "", False
    for kind, token in _tokens(text):
        if token == "," and kind == "mark":
            if comma or before in ("", "[", "{", ":"):
                raise FormError("it is not JSON5 (a comma follows nothing)")
            comma = True
            continue
        if comma and not (kind == "mark" and token in "]}"):
            yield ","
        is_key = before == "{" or (comma and open_brackets[-1:] == ["{"])
        comma = False
        if kind == "mark":
            if token in "[{":
                open_brackets.append(token)
            elif token in "]}" and open_brackets:
                open_brackets.pop()
            yield token
        elif kind == "text":
            yield json.dumps(_unescaped(token[1:-1]))
        else:
            yield _key(token) if is_key else _value(token)
        before = token if kind == "mark" else "a value"
    if comma:
        raise FormError("it is not JSON5 (a comma stands at its end)")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the characters of each token; blanks and comments are left out."""
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise FormError(f"it is not JSON5 (line {line}: {text[place : place + _SHOWN]!r} has no end)")
        place = match.end()
        if match.lastgroup:
            yield match.lastgroup, match[0]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    if code := match[1] or match[2]:
        return chr(int(code, 16))
    # A line end after a backslash only breaks the line.
    return "" if match[3] in _LINE_ENDS else _SHORT.get(match[3], match[3])


def _key(word: str) -> str:
    if not _NAME.fullmatch(word):
        raise FormError(f"it is not JSON5 ({word[:_SHOWN]!r} is not a key: put it in quotes)")
    return json.dumps(word)


def _value(word: str) -> str:
    if word in _LITERALS:
        return word
    if match := _HEX.fullmatch(word):
        return f"{match[1].replace('+', '')}{int(match[2], 16)}"
    match = _DECIMAL.fullmatch(word)
    if match is None or not (match[2] or (match[3] or ".") != "."):
        raise FormError(f"it is not JSON5 ({word[:_SHOWN]!r} is not a value: put text in quotes)")
    sign, whole, decimals, power = (match[group] or "" for group in range(1, 5))
    return f"{sign.replace('+', '')}{whole or '0'}{decimals + '0' if decimals == '.' else decimals}{power}"
