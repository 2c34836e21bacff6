"""The files of the review page: nothing in them reads text as HTML or reaches elsewhere; all are small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "bball_tag" / "review" / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))
READS_TEXT_AS_CODE = (
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|"
    r"\beval\(|new Function|setHTML|srcdoc|javascript:"
)
LONGEST = 300


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_never_reads_text_as_html_or_code(path):
    assert re.findall(READS_TEXT_AS_CODE, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_imports_and_exports_as_a_report_can_bundle_it(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST
    for line in re.findall(r"^import .*", text, re.MULTILINE):
        assert re.fullmatch(r'import \{[^}*]+\} from "\./\w+\.js";', line), line
    for line in re.findall(r"^export .*", text, re.MULTILINE):
        assert re.match(r"export (async function|function|class|const|let) \w+", line), line
    assert not re.search(r"import\(|import\.meta|</script|<!--", text)


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
def test_the_page_loads_nothing_from_elsewhere(path):
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|url\(|@import", text)
