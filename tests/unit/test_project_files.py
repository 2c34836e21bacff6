"""The files around the code: valid, true of the package, and free of one machine's traces."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

import bball_tag

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted(
    set((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")) - {ROOT / ".github/ISSUE_TEMPLATE/config.yml"}
)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "sample_videos").glob("*.md")])
SUFFIXES = {".py", ".md", ".yml", ".yaml", ".toml", ".cff", ".ipynb", ".json", ".txt", ".j2"}
FOLDERS = ("bball_tag", "train", "tests", "docs", "benchmarks", "sample_videos", ".github", ".ci")
TEXTS = sorted(
    path
    for path in [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    if path.suffix in SUFFIXES or path.name in {"Makefile", "Dockerfile", ".dockerignore", "run"}
)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")


def loaded(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def schema_errors(schema: str, *paths: Path) -> str:
    """What a published schema, which the checker carries, has against the files."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("vendor.citation-file-format", [ROOT / "CITATION.cff"]),
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", WORKFLOWS),
        ("vendor.github-issue-forms", FORMS),
        ("vendor.github-issue-config", [ROOT / ".github/ISSUE_TEMPLATE/config.yml"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_is_as_its_published_schema_wants_it(schema, paths):
    assert paths
    assert schema_errors(schema, *paths) == ""


def test_the_schema_of_workflows_finds_a_wrong_one(tmp_path):
    wrong = tmp_path / "ci.yml"
    wrong.write_text("on: push\njobs: {test: {steps: [{run: make test}]}}\n")
    assert "runs-on" in schema_errors("vendor.github-workflows", wrong)


def test_the_citation_names_this_version_and_licence():
    citation = loaded(ROOT / "CITATION.cff")
    assert citation["version"] == bball_tag.__version__
    assert citation["license"] == "MIT"
    assert citation["authors"]
    assert citation["title"]


def test_the_version_stands_in_one_place_of_the_code():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "bball_tag/__init__.py"
    stated = [
        path.name
        for path in ROOT.glob("[bt]*/**/*.py")
        if re.search(r"^__version__\s*=", path.read_text(), re.M)
    ]
    assert stated == ["__init__.py"]


def test_the_newest_release_of_the_changelog_is_this_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.M)
    assert headings[0] == ("Unreleased", "")
    version, date = headings[1]
    assert version == bball_tag.__version__
    assert date == str(loaded(ROOT / "CITATION.cff")["date-released"])
    assert set(re.findall(r"^### (.+)$", text, re.M)) <= {
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    }


def test_workflows_call_targets_that_the_makefile_has():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    called = [
        step["run"].split()
        for path in WORKFLOWS
        for job in loaded(path)["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    assert {"make"} == {command[0] for command in called}
    assert {target for command in called for target in command[1:]} <= targets
    assert ["make", "test"] in called


def test_ci_covers_the_systems_and_the_declared_versions_of_python():
    matrix = loaded(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["system"]} == {"ubuntu", "macos", "windows"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert matrix["python"] == declared == ["3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_least_permissions_and_pinned_actions(path):
    workflow = loaded(path)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert set(job.get("permissions", {})) <= {"id-token"}
        for step in job["steps"]:
            assert re.search(r"@(?:v\d+|release/v\d+)$", step.get("uses", "@v1"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings_that_exist(page):
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{page.name} links to {target}#{anchor}"


def test_no_file_holds_the_path_of_a_machine():
    # Written in pieces, so that this file is not found.
    pattern = re.compile(
        "|".join(
            [
                "/ho" + r"me/(?!coach)\w",
                "/Us" + r"ers/\w",
                "/wo" + r"rk/\w",
                "/ro" + r"ot/\w",
                r"[A-Z]:\\Us" + "ers",
            ]
        )
    )
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in TEXTS
        if (match := pattern.search(path.read_text(encoding="utf-8", errors="ignore")))
    ]
    assert found == []


def test_the_image_gets_all_that_the_wheel_is_built_from():
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    files = ["pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]]
    needed = {*packages, *(file for file in files if file.split("/")[0] not in packages)}
    assert {name for names in copied for name in names.split()} == needed
    assert {f"!{name}" for name in needed} <= set(allowed)


def imported(path: Path) -> set[str]:
    """The packages of others that a module imports anywhere."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 0}
    # IPython is imported in notebooks only, and they bring it.
    return {name.split(".")[0] for name in names} - {
        *sys.stdlib_module_names,
        "bball_tag",
        "train",
        "IPython",
    }


def test_every_package_that_the_code_imports_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"]]
    requirements += [one for extra in ("cluster", "openvino", "tensorboard") for one in extras[extra]]
    declared = {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}
    # An extra may be missing here; what it brings has the name of its distribution.
    providers = {name.removesuffix("-gpu"): [name] for name in declared} | packages_distributions()
    for path in [*(ROOT / "bball_tag").rglob("*.py"), *(ROOT / "train").rglob("*.py")]:
        for name in imported(path):
            normal = {provider.lower().replace("_", "-") for provider in providers[name]}
            assert normal & declared, f"{path.name} imports {name}"
