"""Rules in a small file of TOML, which people read, write and change."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bball_tag.checks import as_path
from bball_tag.errors import OptionError
from bball_tag.events.rule_fields import GENERAL, as_fields, from_fields
from bball_tag.events.rules import EventRules, check_labels
from bball_tag.faults import FormError
from bball_tag.files import why, write_text
from bball_tag.text_files import read_text

SUFFIX = ".toml"
_MOST_BYTES = 1 << 20
_BARE = re.compile(r"[A-Za-z0-9_-]+")
"""A key without quotation marks."""


def read_rules(path: Path, base: EventRules, labels: Sequence[str]) -> EventRules:
    """Return `base` with what a rules file says; what it does not name stays.

    Args:
        path: The file.
        base: The rules of the checkpoint.
        labels: The labels that there are.

    Raises:
        OptionError: It cannot be read, is not TOML, or has a rule that is unknown or impossible.
    """
    try:
        rules = from_fields(tomllib.loads(read_text(path, _MOST_BYTES).replace("\r\n", "\n")), base)
        for name in GENERAL:
            check_labels(getattr(rules, name), labels, name)
        if rules.calibration is not None:
            check_labels(rules.calibration.labels, labels, "calibration")
    except tomllib.TOMLDecodeError as error:
        raise OptionError(
            f"Cannot read the rules in {path}: {error}. A name with a space needs quotation marks: "
            '"ball in hand" = 0.6.'
        ) from error
    except (FormError, OSError) as error:
        raise OptionError(f"Cannot read the rules in {path}: {why(error)}.") from error
    except OptionError as error:
        raise OptionError(f"Cannot use the rules in {path}: {error}") from error
    return rules


def given_rules(given: EventRules | str | Path | None, base: EventRules, labels: Sequence[str]) -> EventRules:
    """Return the rules that a user gives: themselves, those of a file over `base`, or with None `base`.

    Raises:
        OptionError: They cannot be used.
    """
    if given is None or isinstance(given, EventRules):
        return base if given is None else given
    return read_rules(as_path("rules", given), base, labels)


def write_rules(rules: EventRules, path: Path, remarks: Iterable[str] = ()) -> None:
    """Write a rules file, whole or not at all.

    Args:
        rules: What to write.
        path: Where to.
        remarks: Lines for people at its top.

    Raises:
        BballTagError: It cannot be written.
    """
    document = as_fields(rules)
    tables = {name: value for name, value in document.items() if isinstance(value, Mapping)}
    lines = [f"# {line}".rstrip() for remark in remarks for line in remark.splitlines() or [""]]
    lines += ["", *_pairs({name: value for name, value in document.items() if name not in tables})]
    for name, table in tables.items():
        own = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
        lines += ["", f"[{name}]", *_pairs(own)] if own else []
        for key in table.keys() - own.keys():
            lines += ["", f"[{name}.{key}]", *_pairs(table[key])] if table[key] else []
    write_text(path, "\n".join(lines).strip() + "\n", errors="replace")


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [
        f"{key if _BARE.fullmatch(key) else _value(key)} = {_value(value)}" for key, value in table.items()
    ]


def _value(value: Any) -> str:
    """Return a value as TOML has it: text, numbers and lists are written as in JSON."""
    # TOML takes no halves of characters beyond the first 65,536, which JSON in ASCII has, and no bare DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
