"""How many lines of code are there, without docstrings, comments and blank lines?

python benchmarks/lines_of_code.py [REVISION]

Without a revision the working tree is counted.
"""

import ast
import io
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import Path

PACKAGES = ("bball_tag", "train")
_NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def lines_of_code(source: str) -> int:
    """Count the lines that carry a token which is neither a comment nor part of a docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def sources(revision: str | None) -> dict[str, str]:
    """Python files of the packages with their text: of the working tree, or of a revision."""
    if revision is None:
        return {
            str(p): p.read_text(encoding="utf-8")
            for name in PACKAGES
            for p in sorted(Path(name).rglob("*.py"))
        }
    listed = _git("ls-tree", "-r", "--name-only", revision, *PACKAGES).splitlines()
    return {path: _git("show", f"{revision}:{path}") for path in listed if path.endswith(".py")}


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout


if __name__ == "__main__":
    rooms: Counter[str] = Counter()
    for path, text in sources(sys.argv[1] if len(sys.argv) > 1 else None).items():
        parts = path.split("/")
        rooms["/".join(parts[:2]) if len(parts) > 2 else parts[0]] += lines_of_code(text)
    for room, lines in sorted(rooms.items()):
        print(f"{lines:7,d}  {room}")
    print(f"{sum(rooms.values()):7,d}  together")
