"""What lies in a study's recordings/: files, folders of tracks, and what study.toml says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from qualkit.errors import StudyError
from qualkit.study.folder import Folder, Meeting, add_files, file_sha256, label_of, recording_sha256


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A study's folder with one recording, one meeting in tracks, and things that are neither."""
    for name, content in {
        "study.toml": '[study]\ntitle = "Tracks"\n',
        "recordings/fg1.wav": "one file",
        "recordings/2024-05-12 10.00 group/Ana.m4a": "Ana",
        "recordings/2024-05-12 10.00 group/Ben.m4a": "Ben",
        "recordings/2024-05-12 10.00 group/chat.txt": "hello",
        "recordings/papers/consent.pdf": "signed",
        "recordings/.trash/old.wav": "old",
        "recordings/readme.txt": "read me",
    }.items():
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Folder(tmp_path / "study")


def tracks(folder: Folder) -> Path:
    return folder.path / "recordings" / "2024-05-12 10.00 group"


def test_a_folder_of_tracks_is_one_recording(folder):
    assert [path.name for path in folder.recordings()] == ["2024-05-12 10.00 group", "fg1.wav"]
    assert [label_of(path) for path in folder.recordings()] == ["2024-05-12 10.00 group", "fg1"]


def test_a_recording_is_known_by_its_bytes_and_by_the_names_of_its_tracks(folder):
    (of_tracks, of_file) = map(recording_sha256, folder.recordings())
    assert of_file == file_sha256(folder.path / "recordings" / "fg1.wav")
    (tracks(folder) / "chat.txt").write_text("what is no track counts for nothing")
    assert recording_sha256(tracks(folder)) == of_tracks
    (tracks(folder) / "Ben.m4a").rename(tracks(folder) / "Cem.m4a")
    renamed = recording_sha256(tracks(folder))
    (tracks(folder) / "Cem.m4a").write_text("Cem")
    assert len({of_tracks, renamed, recording_sha256(tracks(folder))}) == 3


def a_download(path: Path, **files: str) -> Path:
    path.mkdir()
    for name, content in files.items():
        (path / f"{name}.m4a").write_text(content)
    return path


def test_a_folder_is_added_as_separate_recordings_unless_it_is_said_to_hold_tracks(folder, tmp_path):
    zoom = a_download(tmp_path / "fg2", audioAna11234567890="Ana", audioBen21234567890="Ben")
    (zoom / "chat.txt").write_text("P1: not a track\n")
    added = add_files(folder, [zoom], frozenset(), as_tracks=True)
    assert [str(path.relative_to(folder.path)) for path in added] == [
        "recordings/fg2/audioAna11234567890.m4a",
        "recordings/fg2/audioBen21234567890.m4a",
    ]
    assert "fg2" in [path.name for path in folder.recordings()]
    assert add_files(folder, [zoom], frozenset(), as_tracks=True) == added, "the same files may be added again"
    assert [path.parent.name for path in add_files(folder, [zoom], frozenset())] == ["recordings", "recordings"]


def test_tracks_are_never_mixed_with_those_of_another_meeting(folder, tmp_path):
    add_files(folder, [a_download(tmp_path / "fg2", Ana="Ana")], frozenset(), as_tracks=True)
    (tmp_path / "again").mkdir()
    for name, content, says in (("Cem", "Cem", r"other tracks \(Ana.m4a\)"), ("Ana", "another Ana", "is another file")):
        other = a_download(tmp_path / "again" / "fg2", **{name: content})
        with pytest.raises(StudyError, match=says):
            add_files(folder, [other], frozenset(), as_tracks=True)
        other.rename(tmp_path / "again" / name)
    assert [path.name for path in (folder.path / "recordings" / "fg2").iterdir()] == ["Ana.m4a"]


def test_what_is_no_folder_of_tracks_is_refused(folder, tmp_path):
    (tmp_path / "a.wav").write_text("a")
    (tmp_path / "empty").mkdir()
    for path, says in (("a.wav", "not a folder"), ("empty", "holds no recording"), ("gone", "not a folder")):
        with pytest.raises(StudyError, match=says):
            add_files(folder, [tmp_path / path], frozenset(), as_tracks=True)


# ---------------------------------------------------------------- study.toml


def meeting(folder: Folder, said: str) -> Meeting:
    folder.config_file.write_text(f'[study]\ntitle = "Tracks"\n[meetings.fg1]\n{said}\n', encoding="utf-8")
    return folder.config().meetings["fg1"]


def test_the_number_of_speakers_is_exact_or_within_bounds(folder):
    assert meeting(folder, "speakers = 5").speakers == 5
    bounds = meeting(folder, "min_speakers = 4\nmax_speakers = 8")
    assert (bounds.speakers, bounds.min_speakers, bounds.max_speakers) == (None, 4, 8)
    assert meeting(folder, "speakers = 5\nmin_speakers = 5").speakers == 5
    assert meeting(folder, 'tracks = ["Ana", "Ben"]').tracks == ("Ana", "Ben")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("speakers = 0", "speakers must be a whole number from 1 on, not 0"),
        ("min_speakers = true", "min_speakers must be a whole number from 1 on, not True"),
        ('max_speakers = "8"', "max_speakers must be a whole number from 1 on, not '8'"),
        ("speakers = 4.5", "speakers must be a whole number"),
        ("min_speakers = 6\nmax_speakers = 4", "min_speakers = 6 is more than max_speakers = 4"),
        ("speakers = 5\nmax_speakers = 4", "speakers = 5 says how many there are, and .* says otherwise"),
        ("speakers = 5\nmin_speakers = 6", "speakers = 5 says how many there are, and .* says otherwise"),
        ('tracks = "Ana"', "tracks must be different names in quotes"),
        ('tracks = ["Ana", "Ana"]', "tracks must be different names in quotes"),
        ('tracks = ["Ana", 2]', "tracks must be different names in quotes"),
        ('tracks = ["Ana", " "]', "tracks must be different names in quotes"),
        ('track = ["Ana"]', "there is no entry 'track'. Did you mean 'tracks'?"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(folder, said, says):
    with pytest.raises(StudyError, match=rf"study.toml \[meetings.fg1\]: {says}".replace("?", r"\?")):
        meeting(folder, said)
