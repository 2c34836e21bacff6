"""The page as one file: its styles and modules put into it, with a game as data.

The modules are plain JavaScript that browsers load as they are. For one file each becomes a function that
returns what it exports; they are called in the order of their imports. `tests/unit/test_review_bundle.py`
holds them to the forms of imports and exports that this understands.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parent / "page"
ENTRY = "main.js"
_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function\*?|function\*?|class|const|let) (\w+))", re.MULTILINE)
_STYLE = re.compile(r'<link rel="stylesheet" href="([\w-]+\.css)"\s*/?>')
_SCRIPT = re.compile(r'<script type="module" src="[\w-]+\.js"></script>')
_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src data: blob:; "
    "media-src 'self' file: data: blob:; base-uri 'none'; form-action 'none'"
)


def one_page(document: Mapping[str, object]) -> str:
    """Return the page as HTML that needs no other file but the video, with what it shows in it."""
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    styles = "".join((PAGE / name).read_text(encoding="utf-8") for name in _STYLE.findall(page))
    script = joined_modules()
    first, *others = _STYLE.finditer(page)
    policy = _POLICY.format(script=_hash(script), style=_hash(styles))
    for match in reversed(others):
        page = page[: match.start()] + page[match.end() :]
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{styles}</style>'
    page = page[: first.start()] + head + page[first.end() :]
    data = f'<script type="application/json" id="document">{as_data(document)}</script>'
    # The page's text may hold backslashes, which a pattern's replacement would read.
    return _SCRIPT.sub(lambda _: f"{data}<script>{script}</script>", page)


def as_data(document: Mapping[str, object]) -> str:
    """Return JSON that no text in it can end, wherever it stands in HTML."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def joined_modules() -> str:
    """Return all modules as one script."""
    done: dict[str, str] = {}
    _add(ENTRY, done, ())
    return '"use strict";\nconst modules = {};\n' + "".join(done.values())


def _add(name: str, done: dict[str, str], above: tuple[str, ...]) -> None:
    """Add a module after those that it imports.

    Raises:
        ValueError: Modules import each other in a circle.
    """
    if name in above:
        raise ValueError(f"modules import each other: {' → '.join((*above, name))}")
    if name in done:
        return
    text = (PAGE / name).read_text(encoding="utf-8")
    for _, other in _IMPORT.findall(text):
        _add(other, done, (*above, name))
    exported = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", _IMPORT.sub(r'const {\1} = modules["\2"];', text))
    done[name] = f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();\n'


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
