"""Each format as the library that its users use reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import av
import numpy as np
import openpyxl
import pandas
import pytest

from bball_tag.annotations import FORMATS, read_annotation
from bball_tag.players.track_files import read_tracks
from bball_tag.players.tracks import Track
from tests.example_events import NASTY, NTSC, SHOT, VIDEO, annotation, written
from tests.oracles import asked

LONG = replace(SHOT, label="pass", start=360000.0, end=360001.5, peak=360001.0, player="Ana & <Bo>")
INSTANT = replace(SHOT, label='a "b", c; d=e & <f>\ng', start=13.0, end=13.0, peak=13.0, player="", team="")
UNICODE = replace(
    SHOT, label="бросок 投篮", start=15.0, end=16.0, peak=15.5, player="Nikola Jokić", team="Москва"
)
ALL = annotation(SHOT, INSTANT, UNICODE, LONG)
SHORT = annotation(SHOT, INSTANT, UNICODE)
NONE = annotation()


def test_kloppy_reads_sportscode(tmp_path):
    from kloppy import sportscode

    codes = sportscode.load(str(written(ALL, tmp_path / "a.xml"))).codes
    assert [code.code for code in codes] == ["shoot", INSTANT.label, "бросок 投篮", "pass"]
    spans = [(code.start_timestamp.total_seconds(), code.end_timestamp.total_seconds()) for code in codes]
    assert spans == [(12.48, 14.56), (13.0, 13.0), (15.0, 16.0), (360000.0, 360001.5)]
    assert codes[0].labels == {"Player": 7, "Team": "home", "Confidence": 0.93}
    assert codes[2].labels["Player"] == "Nikola Jokić"
    assert sportscode.load(str(written(NONE, tmp_path / "b.xml"))).codes == []


def test_sportscode_written_by_kloppy_is_read(tmp_path):
    from kloppy import sportscode

    data = sportscode.load(str(written(SHORT, tmp_path / "a.xml")))
    sportscode.save(data, str(tmp_path / "b.xml"))
    back = read_annotation(tmp_path / "b.xml").events
    assert [(one.label, one.start, one.end, one.player, one.confidence) for one in back] == [
        ("shoot", 12.48, 14.56, "7", 0.93),
        (INSTANT.label, 13.0, 13.0, "", 0.93),
        ("бросок 投篮", 15.0, 16.0, "Nikola Jokić", 0.93),
    ]


def test_webvtt_py_reads_vtt(tmp_path):
    import webvtt

    cues = webvtt.read(str(written(ALL, tmp_path / "a.vtt"))).captions
    assert [(cue.start, cue.end) for cue in cues] == [
        ("00:00:12.480", "00:00:14.560"),
        ("00:00:13.000", "00:00:13.001"),
        ("00:00:15.000", "00:00:16.000"),
        ("100:00:00.000", "100:00:01.500"),
    ]
    assert (cues[0].voice, cues[0].text) == ("player 7", "shoot (0.93)")
    assert cues[2].text == "бросок 投篮 (0.93)"
    assert len(webvtt.read(str(written(NONE, tmp_path / "b.vtt"))).captions) == 0


def test_pysubs2_reads_srt(tmp_path):
    import pysubs2

    # It knows two digits of hours and no more.
    latest = replace(LONG, start=359990.0, end=359991.5)
    lines = pysubs2.load(str(written(annotation(*SHORT.events, latest), tmp_path / "a.srt"))).events
    assert [(line.start, line.end) for line in lines] == [
        (12480, 14560),
        (13000, 13001),
        (15000, 16000),
        (359990000, 359991500),
    ]
    assert [line.plaintext for line in lines] == [
        "player 7: shoot (0.93)",
        'a "b", c; d=e & ‹f› g (0.93)',
        "Nikola Jokić: бросок 投篮 (0.93)",
        "Ana & ‹Bo›: pass (0.93)",
    ]


def test_ffmpeg_reads_chapters(tmp_path):
    with av.open(str(written(ALL, tmp_path / "a.ffmetadata")), format="ffmetadata") as file:
        chapters = file.chapters()
    found = [(one["start"] * one["time_base"], one["end"] * one["time_base"]) for one in chapters]
    assert found == [
        (Fraction("12.48"), 13),
        (13, Fraction("13.001")),
        (15, 16),
        (360000, Fraction("360001.5")),
    ]
    titles = [one["metadata"]["title"] for one in chapters]
    assert titles[:2] == ["player 7: shoot", 'a "b", c; d=e & <f> g']


def test_pympi_reads_elan(tmp_path):
    import pympi

    overlapping = replace(SHOT, label="pass", start=14.0, end=15.0)
    eaf = pympi.Eaf(str(written(annotation(*ALL.events, overlapping), tmp_path / "a.eaf")))
    found = {name: eaf.get_annotation_data_for_tier(name) for name in eaf.get_tier_names()}
    assert found["player 7"] == [(12480, 14560, "shoot")]
    assert found["player 7 #2"] == [(14000, 15000, "pass")]
    assert found["actions"] == [(13000, 13001, INSTANT.label)]
    assert found["Nikola Jokić"] == [(15000, 16000, "бросок 投篮")]
    assert found["Ana & <Bo>"] == [(360000000, 360001500, "pass")]
    assert found["player 7 confidence"] == [(12480, 14560, "0.930", "shoot")]
    assert eaf.get_linked_files()[0]["MEDIA_URL"] == "file:///games/game.mp4"
    assert pympi.Eaf(str(written(NONE, tmp_path / "b.eaf"))).get_annotation_data_for_tier("actions") == []


def test_pympi_reads_praat_and_finds_no_gap(tmp_path):
    import pympi

    overlapping = replace(SHOT, label="pass", start=14.0, end=15.0)
    grid = pympi.TextGrid(
        str(written(annotation(*SHORT.events, overlapping), tmp_path / "a.TextGrid")), codec="utf-8"
    )
    found = {tier.name: list(tier.get_all_intervals()) for tier in grid.get_tiers()}
    assert found["player 7"] == [(0, 12.48, ""), (12.48, 14.56, "shoot"), (14.56, 60.06, "")]
    assert found["player 7 #2"] == [(0, 14, ""), (14, 15, "pass"), (15, 60.06, "")]
    assert found["Nikola Jokić"][1] == (15, 16, "бросок 投篮")
    assert (grid.xmin, grid.xmax) == (0, 60.06)


def test_opentimelineio_reads_otio(tmp_path):
    import opentimelineio

    timeline = opentimelineio.adapters.read_from_file(str(written(SHORT, tmp_path / "a.otio")))
    (clip,) = timeline.find_clips()
    rate = 30000 / 1001
    assert clip.media_reference.target_url == "file:///games/game.mp4"
    assert (clip.duration().value, clip.duration().rate) == (1800, rate)
    spans = [(one.marked_range.start_time.value, one.marked_range.duration.value) for one in clip.markers]
    assert spans == [(374, 62), (390, 0), (450, 30)]
    assert [one.name for one in clip.markers] == ["shoot", INSTANT.label, "бросок 投篮"]
    facts = dict(clip.markers[2].metadata["bball_tag"])
    assert facts == {"confidence": 0.93, "player": "Nikola Jokić", "team": "Москва"}
    empty = opentimelineio.adapters.read_from_file(str(written(NONE, tmp_path / "b.otio")))
    assert len(empty.find_clips()[0].markers) == 0


def test_opentimelineio_reads_the_edl(tmp_path):
    import opentimelineio

    path = written(SHORT, tmp_path / "a.edl")
    timeline = opentimelineio.adapters.read_from_file(str(path), "cmx_3600", rate=30)
    clips = list(timeline.find_clips())
    spans = [(clip.source_range.start_time.value, clip.source_range.duration.value) for clip in clips]
    assert spans == [(374, 62), (390, 1), (450, 30)]
    assert {clip.name for clip in clips} == {"game.mp4"}
    assert clips[0].markers[0].name.endswith("player 7: shoot p=0.93")


def test_opentimelineio_reads_fcpxml_at_a_whole_rate(tmp_path):
    """At 29.97 its adapter cuts the rate to 29, so that it can only be asked about whole ones."""
    import opentimelineio

    video = replace(VIDEO, fps=Fraction(25), duration=60.0)
    path = written(annotation(SHOT, video=video), tmp_path / "a.fcpxml")
    document = opentimelineio.adapters.read_from_file(str(path), "fcpx_xml")
    (clip,) = document.find_clips() if hasattr(document, "find_clips") else document[0].find_clips()
    marker = clip.markers[0]
    assert (marker.name, marker.marked_range.start_time.value) == ("shoot", 312)
    assert clip.duration().value == 1500


def test_every_time_in_fcpxml_is_a_whole_number_of_frames(tmp_path):
    root = ElementTree.parse(written(SHORT, tmp_path / "a.fcpxml")).getroot()
    times = [one.get(name, "0s") for one in root.iter() for name in ("start", "duration", "offset")]
    counts = [Fraction(time.removesuffix("s")) * NTSC for time in times]
    assert all(count.denominator == 1 for count in counts)
    assert {374, 62, 450, 30, 1800} <= set(counts)


def test_openpyxl_reads_boris_rows_in_turns(tmp_path):
    again = replace(SHOT, start=14.0, end=15.0)
    path = written(annotation(SHOT, again, INSTANT), tmp_path / "a.xlsx", "boris")
    share = "confidence 0.930"
    assert list(openpyxl.load_workbook(path).active.iter_rows(values_only=True)) == [
        ("time", "subject", "code", "modifier", "comment"),
        (12.48, "player 7", "shoot", None, share),
        (13, None, INSTANT.label, None, share),
        (13, None, INSTANT.label, None, share),
        (15, "player 7", "shoot", None, share),
    ]


def test_mot_is_read_back_as_the_same_tracks(tmp_path):
    track = Track("7", np.arange(3) / float(NTSC), np.array([[1.0, 2, 30, 40]] * 3))
    (back,) = read_tracks(written(annotation(tracks=[track]), tmp_path / "a.txt", "mot"), NTSC)
    assert back.id == "7"
    assert back.times == pytest.approx(track.times)
    assert back.boxes.tolist() == track.boxes.tolist()


def test_no_events_are_none_to_every_reader(tmp_path):
    import opentimelineio
    import pympi
    import pysubs2

    def none(name: str) -> Path:
        return written(NONE, tmp_path / f"{name}{FORMATS[name].suffix}", name)

    assert len(pysubs2.load(str(none("srt")), format_="srt").events) == 0
    with av.open(str(none("chapters")), format="ffmetadata") as file:
        assert file.chapters() == []
    grid = pympi.TextGrid(str(none("praat")), codec="utf-8")
    assert [text for tier in grid.get_tiers() for *_, text in tier.get_all_intervals() if text] == []
    timeline = opentimelineio.adapters.read_from_file(str(none("edl")), "cmx_3600", rate=30)
    assert len(list(timeline.find_clips())) == 0
    assert list(ElementTree.parse(none("fcpxml")).getroot().iter("marker")) == []
    assert list(openpyxl.load_workbook(none("boris")).active.iter_rows(min_row=2, values_only=True)) == []
    assert none("audacity").read_text() == ""
    assert pandas.read_csv(none("hudl-csv")).empty
    assert json.loads(none("activitynet").read_text())["results"] == {"game": []}
    for name in ("elan", "vtt", "sportscode", "soccernet"):
        assert read_annotation(none(name), name).events == []


@pytest.mark.parametrize("text", NASTY)
def test_nasty_labels_reach_readers_of_tables_and_of_editing_formats(tmp_path, text):
    import opentimelineio

    event = replace(SHOT, label=text, player=text, team=text)
    plain = " ".join(text.split())

    def one(name: str) -> Path:
        return written(annotation(event), tmp_path / f"{name}{FORMATS[name].suffix}", name)

    (row,) = pandas.read_csv(one("hudl-csv"), dtype=str).to_dict("records")
    assert (row["Mins"], row["Secs"], row["Frames"]) == ("0", "12", "14")
    # An apostrophe keeps spreadsheets from computing it.
    assert row["Code"].lstrip("'").strip() == plain.lstrip("'")
    (marker,) = ElementTree.parse(one("fcpxml")).getroot().iter("marker")
    assert marker.get("value", "").split() == text.split()
    timeline = opentimelineio.adapters.read_from_file(str(one("edl")), "cmx_3600", rate=30)
    assert plain in timeline.find_clips()[0].markers[0].name
    (clip,) = opentimelineio.adapters.read_from_file(str(one("otio"))).find_clips()
    assert clip.markers[0].name == text
    ((start, end, label),) = (
        line.split("\t") for line in one("audacity").read_text(encoding="utf-8").splitlines()
    )
    assert (float(start), float(end)) == (12.48, 14.56)
    assert plain in label
    (result,) = json.loads(one("activitynet").read_text())["results"]["game"]
    assert result == {"label": text, "segment": [12.48, 14.56], "score": 0.93}
    codes = [row[2] for row in openpyxl.load_workbook(one("boris")).active.iter_rows(2, values_only=True)]
    assert codes == [text, text]


def test_soccernet_reads_the_predictions_into_its_bins(tmp_path):
    events = [replace(SHOT, player=""), replace(SHOT, label="pass", start=600.0, end=601.0, peak=600.5)]
    found = asked(
        """
        import json, sys
        import numpy as np
        from SoccerNet.Evaluation.ActionSpotting import predictions2vector
        classes = {"shoot": 0, "pass": 1}
        document = json.load(open(sys.argv[1]))
        halves = predictions2vector(document, num_classes=2, EVENT_DICTIONARY=classes)
        print(json.dumps([[[int(bin), int(kind), half[bin, kind]] for bin, kind in np.argwhere(half > 0)]
                          for half in halves]))
        """,
        written(annotation(*events), tmp_path / "a.json", "soccernet"),
    )
    # Two bins a second, all in the first half.
    assert found == [[[26, 0, 0.93], [1201, 1, 0.93]], []]


def test_soccernets_evaluation_finds_its_own_truth(tmp_path):
    events = [replace(SHOT, player=""), replace(SHOT, label="pass", start=600.0, end=601.0, peak=600.5)]
    score = asked(
        """
        import json, sys
        import numpy as np
        from SoccerNet.Evaluation.ActionSpotting import average_mAP, label2vector, predictions2vector
        classes = {"shoot": 0, "pass": 1}
        document = json.load(open(sys.argv[1]))
        truth = {"annotations": [{**one, "visibility": "visible"} for one in document["predictions"]]}
        target = label2vector(truth, num_classes=2, EVENT_DICTIONARY=classes)[0]
        found = predictions2vector(document, num_classes=2, EVENT_DICTIONARY=classes)[0]
        closest = np.zeros_like(target)
        for bin, kind in np.argwhere(target):
            closest[:, kind] = 1
        print(json.dumps(float(average_mAP([target], [found], [closest], 2, deltas=np.array([5.0]))[0])))
        """,
        written(annotation(*events), tmp_path / "a.json", "soccernet"),
    )
    assert score == pytest.approx(1.0, abs=0.1)


def test_label_studio_accepts_the_predictions(tmp_path):
    track = Track("7", np.array([0.5, 0.6]), np.array([[10.0, 20, 30, 40]] * 2))
    label = 'a "b" & <c>; d=e, бросок'
    events = (SHOT, replace(SHOT, label=label, start=20.0, end=20.0, peak=20.0))
    (tmp_path / "both").mkdir()
    for name, tracks in (("boxes", [track]), ("none", [])):
        whole = annotation(*(events if tracks else ()), tracks=tracks)
        written(whole, tmp_path / "both" / f"{name}.json", "label-studio")
    mistakes = asked(
        """
        import html, json, pathlib, sys
        from label_studio_sdk.label_interface import LabelInterface
        labels = ["shoot", "a \\"b\\" & <c>; d=e, бросок"]
        names = "".join(f'<Label value="{html.escape(label)}"/>' for label in labels)
        config = (
            '<View><Video name="video" value="$video" frameRate="29.97"/>'
            f'<TimelineLabels name="actions" toName="video">{names}</TimelineLabels>'
            '<VideoRectangle name="box" toName="video"/>'
            '<Labels name="players" toName="video"><Label value="player"/></Labels></View>'
        )
        interface = LabelInterface(config)
        found = {}
        for path in pathlib.Path(sys.argv[1]).iterdir():
            (task,) = json.loads(path.read_text())
            predictions = task["predictions"]
            found[path.stem] = [len(one["result"]) for one in predictions] + [
                mistake for one in predictions
                for mistake in interface.validate_prediction(one, return_errors=True)]
        print(json.dumps(found))
        """,
        tmp_path / "both",
    )
    assert mistakes == {"boxes": [3], "none": [0]}


def test_datumaro_reads_cvat(tmp_path):
    video = replace(VIDEO, fps=Fraction(10), duration=3.0, num_frames=30)
    track = Track("7", np.array([1.2, 1.3, 1.4]), np.array([[10.0, 20, 30, 40]] * 3))
    label = 'a "b" & <c>; d=e, бросок'
    shot = replace(SHOT, start=1.3, end=1.4, label=label)
    found = asked(
        """
        import json, sys
        from datumaro.components.dataset import Dataset
        print(json.dumps({
            item.attributes["frame"]: [
                [box.x, box.y, box.w, box.h, box.attributes["action"], box.attributes["track_id"]]
                for box in item.annotations]
            for item in Dataset.import_from(sys.argv[1], "cvat")}))
        """,
        written(annotation(shot, video=video, tracks=[track]), tmp_path / "a.xml", "cvat"),
    )
    assert found["13"] == [[10, 20, 30, 40, label, 0]]
    assert found["12"] == [[10, 20, 30, 40, "no_action", 0]]


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("suffix", [".xml", ".eaf", ".vtt"])
def test_nasty_names_survive_as_far_as_the_format_lets_them(tmp_path, suffix, text):
    event = replace(SHOT, label=text, player=text)
    (back,) = read_annotation(written(annotation(event), tmp_path / f"a{suffix}")).events
    exact = suffix == ".xml" or (suffix == ".eaf" and not text.startswith("\t"))
    assert back.label == (text.strip() if exact else " ".join(text.split()))
