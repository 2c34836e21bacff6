"""The page as one file: its modules are joined, and no text of a game can end the script that holds it."""

from __future__ import annotations

import json
import re

import pytest

from bball_tag.review.bundle import PAGE, as_data, joined_modules, one_page

MODULES = sorted(PAGE.glob("*.js"))
HOSTILE = "</script><script>alert(1)</script><!--<script> \u2028 \\u003c & ]]>"


def test_data_cannot_end_its_script_and_is_read_back_as_it_was():
    text = as_data({"name": HOSTILE})
    assert not re.search(r"[<>&\u2028]", text)
    assert json.loads(text) == {"name": HOSTILE}


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError):
        as_data({"time": float("nan")})


def test_the_page_has_everything_in_it_and_loads_nothing():
    page = one_page({"title": HOSTILE})
    assert not re.search(r"<(script|link)[^>]+(src|href)=\"(?!data:)", page)
    assert page.count("</script>") == 2
    assert not re.search(r"https?://(?!www\.w3\.org)", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]


def test_every_module_comes_after_those_it_imports_and_only_once():
    script = joined_modules()
    names = re.findall(r'^modules\["([\w-]+\.js)"\] = ', script, re.MULTILINE)
    assert sorted(names) == [path.name for path in MODULES]
    for name in names:
        body = script.split(f'modules["{name}"] = ')[1].split("\nmodules[")[0]
        for other in re.findall(r'= modules\["([\w-]+\.js)"\];', body):
            assert names.index(other) < names.index(name)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_modules_have_only_forms_that_can_be_joined(path):
    text = path.read_text(encoding="utf-8")
    whole = re.sub(r'^import\s*\{[\w\s,]*\}\s*from\s*"\./[\w-]+\.js";$', "", text, flags=re.MULTILINE)
    assert not re.search(r"^\s*import\b|\bimport\(|import\.meta", whole, re.MULTILINE)
    exports = re.findall(r"^export .*$", text, re.MULTILINE)
    assert all(re.match(r"export (async function|function|class|const|let) \w", line) for line in exports)
    # A value that is set again later would stay as it was for those who import it.
    assert not any(line.startswith("export let") for line in exports)
    assert "</script" not in text.lower()
    assert "<!--" not in text


def test_styles_cannot_end_their_element():
    for path in PAGE.glob("*.css"):
        assert "</" not in path.read_text(encoding="utf-8")
