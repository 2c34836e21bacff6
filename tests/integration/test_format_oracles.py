"""Each format as the library that its users use reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import av
import numpy as np
import openpyxl
import pytest

from bball_tag.annotations import read_annotation
from bball_tag.players.tracks import Track, read_mot
from tests.example_events import NASTY, NTSC, SHOT, VIDEO, annotation, written

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
    (back,) = read_mot(written(annotation(tracks=[track]), tmp_path / "a.txt", "mot"), NTSC)
    assert back.id == "7"
    assert back.times == pytest.approx(track.times)
    assert back.boxes.tolist() == track.boxes.tolist()


def test_soccernet_reads_the_predictions_into_its_bins(tmp_path):
    spotting = pytest.importorskip("SoccerNet.Evaluation.ActionSpotting", reason="needs soccernet")
    events = [replace(SHOT, player=""), replace(SHOT, label="pass", start=600.0, end=601.0, peak=600.5)]
    path = written(annotation(*events), tmp_path / "a.json", "soccernet")
    classes = {"shoot": 0, "pass": 1}
    document = json.loads(path.read_text())
    first, second = spotting.predictions2vector(document, num_classes=2, EVENT_DICTIONARY=classes)
    # Two bins a second.
    assert np.argwhere(first == 0.93).tolist() == [[26, 0], [1201, 1]]
    assert not (second > 0).any()


@pytest.mark.parametrize(
    "tracks", [(), (Track("7", np.array([0.5, 0.6]), np.array([[10.0, 20, 30, 40]] * 2)),)]
)
def test_label_studio_accepts_the_prediction(tmp_path, tracks):
    interface = pytest.importorskip(
        "label_studio_sdk.label_interface", reason="label-studio-sdk is not installed"
    )
    labels = "".join(f'<Label value="{name}"/>' for name in ("shoot", "pass"))
    config = (
        '<View><Video name="video" value="$video" frameRate="29.97"/>'
        f'<TimelineLabels name="actions" toName="video">{labels}</TimelineLabels>'
        '<VideoRectangle name="box" toName="video"/>'
        '<Labels name="players" toName="video"><Label value="player"/></Labels></View>'
    )
    path = written(annotation(SHOT, tracks=tracks), tmp_path / "a.json", "label-studio")
    (task,) = json.loads(path.read_text())
    checked = interface.LabelInterface(config)
    assert checked.validate_prediction(task["predictions"][0], return_errors=True) == []


def test_datumaro_reads_cvat(tmp_path):
    components = pytest.importorskip("datumaro.components.dataset", reason="datumaro is not installed")
    video = replace(VIDEO, fps=Fraction(10), duration=3.0, num_frames=30)
    track = Track("7", np.array([1.2, 1.3, 1.4]), np.array([[10.0, 20, 30, 40]] * 3))
    shot = replace(SHOT, start=1.3, end=1.4, label="a<b")
    path = written(annotation(shot, video=video, tracks=[track]), tmp_path / "a.xml", "cvat")
    items = {
        item.attributes["frame"]: item.annotations
        for item in components.Dataset.import_from(str(path), "cvat")
    }
    (box,) = items[13]
    assert (box.x, box.y, box.w, box.h) == (10, 20, 30, 40)
    assert (box.attributes["action"], box.attributes["track_id"]) == ("a<b", 0)
    assert items[12][0].attributes["action"] == "no_action"


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("suffix", [".xml", ".eaf", ".vtt"])
def test_nasty_names_survive_as_far_as_the_format_lets_them(tmp_path, suffix, text):
    event = replace(SHOT, label=text, player=text)
    (back,) = read_annotation(written(annotation(event), tmp_path / f"a{suffix}")).events
    exact = suffix == ".xml" or (suffix == ".eaf" and not text.startswith("\t"))
    assert back.label == (text.strip() if exact else " ".join(text.split()))
