"""Projects as the libraries of the programs that use them read them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import json5

from tests.example_events import SHOT, annotation, written
from tests.oracles import asked

INSTANT = replace(SHOT, label='a "b", c; d=e & <f>\ng', start=13.0, end=13.0, peak=13.0, player="", team="")
UNICODE = replace(SHOT, label="бросок 投篮", start=15.0, end=16.0, player="Nikola Jokić", team="Москва")


def test_json5_reads_a_losslesscut_project(tmp_path):
    path = written(annotation(SHOT, INSTANT, UNICODE), tmp_path / "a.llc")
    document = json5.loads(path.read_text(encoding="utf-8"))
    assert [one["name"] for one in document["cutSegments"]] == ["shoot", INSTANT.label, "бросок 投篮"]
    assert document["cutSegments"][2]["tags"]["player"] == "Nikola Jokić"


def test_boris_opens_the_project_and_finds_every_state_paired(tmp_path):
    found = asked(
        """
        import importlib.abc, importlib.machinery, json, sys, types
        from importlib.metadata import distribution
        from unittest.mock import MagicMock

        class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
            # Stands for what only windows and players of videos need.
            names = {"boris.dialog", "boris.mpv2", "boris.observation_operations", "boris.db_functions"}

            def find_spec(self, name, path, target=None):
                if name in self.names or name.split(".")[0] in {"PyQt5", "tablib", "sortedcontainers"}:
                    return importlib.machinery.ModuleSpec(name, self, is_package=True)

            def create_module(self, spec):
                module = MagicMock(name=spec.name)
                module.__path__, module.__spec__ = [], spec
                return module

            def exec_module(self, module):
                pass

        sys.meta_path.insert(0, Absent())
        boris = sys.modules["boris"] = types.ModuleType("boris")
        boris.__path__ = [str(distribution("boris-behav-obs").locate_file("boris"))]
        from boris import config, project_functions

        _, changed, project, message = project_functions.open_project_json(sys.argv[1])
        ((name, observation),) = project["observations"].items()
        paired = project_functions.check_state_events_obs(name, project[config.ETHOGRAM], observation)
        wrong = project_functions.check_project_integrity(project, "s", sys.argv[1], False)
        rows = [[float(row[0]), *row[1:3]] for row in observation["events"]]
        print(json.dumps([changed, message, paired[0], wrong, rows]))
        """,
        written(annotation(SHOT, INSTANT, UNICODE), Path(tmp_path) / "a.boris"),
    )
    assert found[:4] == [False, "", True, ""]
    assert found[4] == [
        [12.48, "player 7", "shoot"],
        [13.0, "", INSTANT.label],
        [13.0, "", INSTANT.label],
        [14.56, "player 7", "shoot"],
        [15.0, "Nikola Jokić", "бросок 投篮"],
        [16.0, "Nikola Jokić", "бросок 投篮"],
    ]
