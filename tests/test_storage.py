"""Where a study lies and who can get at it: what is found, and what is said not to be known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qualkit.model import utc_now
from qualkit.study import Study, storage
from qualkit.study.storage import Finding, Mount
from qualkit.study.vault import Enrolled
from qualkit.ui import launch
from qualkit.wording import sized
from tests.conftest import reopened

MOUNTS = r"""22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:45 / /home/ana/team\040drive rw shared:2 - nfs4 server:/export rw
31 22 253:1 / /home rw - btrfs /dev/mapper/home rw
"""


def told(study: Study, about: str) -> storage.Remark:
    found = storage.remarks(study, log_fault=None, app=(True, "The app is here only."))
    return next(item for item in found if item.about == about)


@pytest.mark.parametrize(
    ("path", "kind", "device"),
    [
        ("/srv/study", "ext4", "253:0"),
        ("/home/ana/study", "btrfs", "253:1"),
        ("/home/ana/team drive/study", "nfs4", "0:45"),
    ],
)
def test_a_folder_lies_on_the_nearest_mount_above_it(path: str, kind: str, device: str) -> None:
    found = storage.mount_in(MOUNTS, Path(path))
    assert found is not None and (found.kind, found.device) == (kind, device)


def test_a_network_drive_is_warned_of(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "mount_of", lambda path: Mount(kind="nfs4", point=path))
    assert "network drive" in told(small_study, "Where it lies").said
    assert told(small_study, "Where it lies").finding is Finding.BAD


@pytest.mark.parametrize(
    "path",
    [
        "/home/a/Dropbox/study", "/home/a/OneDrive - Uni of X/study", "/Users/a/Library/CloudStorage/GoogleDrive-a/study",
        "/Users/a/Library/Mobile Documents/com~apple~CloudDocs/study", "/home/a/Nextcloud/study",
    ],
)  # fmt: skip
def test_a_folder_that_a_service_copies_is_known_by_its_name(path: str) -> None:
    assert storage.synced_by(Path(path), has=()) is not None


def test_a_folder_that_a_service_copies_is_known_by_what_it_left_there(tmp_path: Path) -> None:
    (tmp_path / "shared" / ".stfolder").mkdir(parents=True)
    assert storage.synced_by(tmp_path / "shared" / "study") == str(tmp_path / "shared")


def test_an_ordinary_folder_is_taken_for_none() -> None:
    assert storage.synced_by(Path("/home/a/research/study"), has=()) is None


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_who_can_read_a_folder_follows_from_all_permissions_above_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "study"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    folder.parent.chmod(0o700)
    assert storage.readers(folder) == []
    folder.parent.chmod(0o755)
    folder.chmod(0o700)
    assert storage.readers(folder) == []


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_vault_that_others_may_open_is_warned_of(small_study: Study) -> None:
    assert told(small_study, "Voices").said == "No voice is kept."
    small_study.vault.enrol(Enrolled(name="Rosa", vector=(1.0,), engine="e", source="s", enrolled_at=utc_now()))
    assert "1 of them is named" in told(small_study, "Voices").said
    small_study.vault.path.chmod(0o755)
    assert told(small_study, "Voices").finding is Finding.BAD


def test_an_encrypted_device_is_seen_through_what_lies_on_it(tmp_path: Path) -> None:
    for device, uuid in (("253:2", "LVM-x"), ("253:1", "CRYPT-LUKS2-x")):
        (tmp_path / device / "dm").mkdir(parents=True)
        (tmp_path / device / "dm" / "uuid").write_text(uuid)
    (tmp_path / "253:2" / "slaves" / "dm-1").mkdir(parents=True)
    (tmp_path / "253:2" / "slaves" / "dm-1" / "dev").write_text("253:1\n")
    (tmp_path / "8:1").mkdir()
    assert storage.is_crypt(Mount(kind="ext4", point=Path("/"), device="253:2"), tmp_path)
    assert not storage.is_crypt(Mount(kind="ext4", point=Path("/"), device="8:1"), tmp_path)


def test_what_cannot_be_known_is_not_claimed(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "mount_of", lambda _path: None)
    assert {told(small_study, about).finding for about in ("Encryption", "Where it lies")} == {Finding.UNKNOWN}


@pytest.mark.parametrize(
    ("options", "finding", "said"),
    [
        ("", Finding.GOOD, "Nothing: study.toml names no server."),
        ('llm_server = "http://localhost:11434"', Finding.GOOD, "on this machine (localhost)"),
        ('llm_server = "https://llm.example.org"\nallow_remote = "llm.example.org"', Finding.BAD, "sent to llm.example.org"),
    ],
)
def test_it_is_said_what_leaves_the_machine(small_study: Study, options: str, finding: Finding, said: str) -> None:
    settings = small_study.folder.config_file
    settings.write_text(f"{settings.read_text()}\n[options.suggest]\n{options}\n")
    remark = told(reopened(small_study), "What leaves this machine")
    assert remark.finding is finding and said in remark.said


def test_an_app_that_others_may_reach_and_a_broken_log_come_first(small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(launch.REMOTE_VARIABLE, "1")
    found = storage.remarks(small_study, log_fault="The log was altered at event 3.", app=launch.reach())
    bad = [item.about for item in found if item.finding is Finding.BAD]
    assert {"The app", "The log"} <= set(bad) and [item.about for item in found[: len(bad)]] == bad


def test_sizes_are_told_of_every_part(small_study: Study) -> None:
    (small_study.folder.path / "recordings" / "a.wav").write_bytes(bytes(1500))
    sizes = storage.sizes(small_study)
    assert sizes["recordings"] == 1500 and sizes["database"] > 0 and sizes["vault"] == 0


@pytest.mark.parametrize(("n", "said"), [(12, "12 bytes"), (1500, "1.5 kB"), (23_000_000, "23 MB"), (1.4e9, "1.4 GB")])
def test_sizes_are_said_as_disks_are_sold(n: int, said: str) -> None:
    assert sized(int(n)) == said
