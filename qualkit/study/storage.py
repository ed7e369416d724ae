"""Where a study lies and who can get at it: what was looked at, what was found, and what nobody could tell.

Nothing here changes anything. A remark says what to do; a thing that cannot be known from here is called so, not passed over.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qualkit.wording import counted, sized

if TYPE_CHECKING:
    from qualkit.study.study import Study


class Finding(StrEnum):
    """What a look brought: nothing to do, something to do, or nothing that could be known."""

    GOOD = "good"
    BAD = "to do"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What was found about one thing, in a sentence."""

    about: str
    finding: Finding
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """What a folder lies on: the kind of file system, where it begins, and the device as `major:minor`."""

    kind: str
    point: Path
    device: str = ""


NETWORK = frozenset({
    "nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afpfs", "afs", "ncpfs", "9p", "ceph", "glusterfs", "lustre",
    "beegfs", "gpfs", "davfs", "fuse.davfs", "fuse.sshfs", "fuse.rclone", "fuse.gvfsd-fuse", "fuse.glusterfs", "fuse.s3fs",
    "fuse.onedriver", "fuse.google-drive-ocamlfuse", "vboxsf", "prl_fs", "vmhgfs",
})  # fmt: skip
"""File systems that reach another machine; locks and shared memory do not hold there, and a database is broken by it."""

_SYNCED = re.compile(
    r"dropbox|onedrive|google ?drive|my drive|icloud|mobile documents|com~apple~clouddocs|cloudstorage|nextcloud|owncloud|"
    r"pclouddrive|box sync|megasync|synologydrive|seafile|syncthing|tresorit|sharepoint",
    re.IGNORECASE,
)
_MARKERS = (".dropbox", ".dropbox.cache", ".stfolder", ".nextcloudsync.log", ".owncloudsync.log", ".tmp.drivedownload")

PARTS = ("recordings", "transcripts", "vault", "exports", ".qualkit")
"""Folders of a study whose sizes are told."""

FEWEST_BYTES = 2_000_000_000
"""With less room than this on the disk a study is warned of."""


def remarks(study: Study, *, log_fault: str | None, app: tuple[bool, str]) -> list[Remark]:
    """Everything that was looked at, what wants doing first.

    `log_fault` is what `Study.verify` says; `app` says whether only this machine reaches the app, and that in a sentence.
    """
    path = study.folder.path.resolve()
    found = [
        _place(path, mount_of(path)),
        _readers(path),
        _vault(study),
        _room(path),
        _encryption(mount_of(path)),
        _servers(study.config.options),
        Remark(about="The app", finding=Finding.GOOD if app[0] else Finding.BAD, said=app[1]),
        _log(study, log_fault),
    ]
    order = list(Finding)
    return sorted(found, key=lambda remark: order.index(remark.finding) if remark.finding is not Finding.GOOD else len(order))


def sizes(study: Study) -> dict[str, int]:
    """Bytes on disk of each part of a study; the database with what belongs to it."""
    folder = study.folder
    database = sum(path.stat().st_size for path in folder.path.glob(folder.database.name + "*") if path.is_file())
    return {"database": database, **{name: _bytes_in(folder.path / name) for name in PARTS}}


def _bytes_in(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - a study may hold a million files
            except FileNotFoundError:  # a run may be tidying up
                continue
    return total


# ---------------------------------------------------------------- where it lies


def mount_of(path: Path) -> Mount | None:
    """What a folder lies on, as Linux tells it; None where the system does not say."""
    try:
        return mount_in(Path("/proc/self/mountinfo").read_text(encoding="utf-8"), path)
    except OSError:
        return None


def mount_in(mountinfo: str, path: Path) -> Mount | None:
    """The mount that `path` lies on, read from the text of `/proc/self/mountinfo` (see proc(5))."""
    found: Mount | None = None
    for line in mountinfo.splitlines():
        head, _, tail = line.partition(" - ")
        fields, kind = head.split(), tail.split()[:1]
        if len(fields) < 5 or not kind:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4]))
        if path.is_relative_to(point) and (found is None or len(point.parts) >= len(found.point.parts)):
            found = Mount(kind=kind[0], point=point, device=fields[2])
    return found


def synced_by(path: Path, has: Iterable[str] | None = None) -> str | None:
    """The folder above or at `path` that looks as if a service copied it to the net; None if none does."""
    for folder in (path, *path.parents):
        names = {name for name in _MARKERS if (folder / name).exists()} if has is None else set(has) & set(_MARKERS)
        if _SYNCED.search(folder.name) or names:
            return str(folder)
    return None


def _place(path: Path, mount: Mount | None) -> Remark:
    about = "Where it lies"
    move = "The database can be damaged there, and what was said leaves this machine: move the study to a local disk."
    if (service := synced_by(path)) is not None:
        return Remark(about=about, finding=Finding.BAD, said=f"{path} is inside {service}, which a service copies. {move}")
    if str(path).startswith("\\\\") or (mount is not None and mount.kind in NETWORK):
        return Remark(about=about, finding=Finding.BAD, said=f"{path} lies on a network drive. {move}")
    if mount is None:
        return Remark(
            about=about,
            finding=Finding.UNKNOWN,
            said=f"{path}. Whether this is a network drive could not be asked here; it looks like no folder of a sync service.",
        )
    return Remark(
        about=about,
        finding=Finding.GOOD,
        said=f"{path}, on a local disk ({mount.kind}); it looks like no folder of a sync service.",
    )


def _readers(path: Path) -> Remark:
    about = "Who can read it"
    if os.name != "posix":
        return Remark(
            about=about, finding=Finding.UNKNOWN, said="Who else may read the folder was not looked at on this system."
        )
    who = readers(path)
    if not who:
        return Remark(about=about, finding=Finding.GOOD, said="Only your account on this machine can open the folder.")
    return Remark(
        about=about,
        finding=Finding.BAD,
        said=f"{' and '.join(who).capitalize()} on this machine can open the folder:  chmod -R go-rwx {path}",
    )


def readers(path: Path) -> list[str]:
    """Who but the owner can read a folder, by the permissions of it and of all folders above it."""
    modes = [folder.stat().st_mode for folder in (path, *path.parents)]
    groups = (("people of its group", stat.S_IRGRP, stat.S_IXGRP), ("other accounts", stat.S_IROTH, stat.S_IXOTH))
    return [who for who, read, enter in groups if modes[0] & read and all(mode & enter for mode in modes)]


def _room(path: Path) -> Remark:
    import shutil

    left = shutil.disk_usage(path).free
    said = f"{sized(left)} are free on the disk."
    if left < FEWEST_BYTES:
        return Remark(about="Room", finding=Finding.BAD, said=f"Only {said} A full disk stops coding: make room.")
    return Remark(about="Room", finding=Finding.GOOD, said=said)


def _encryption(mount: Mount | None) -> Remark:
    about = "Encryption"
    if mount is not None and is_crypt(mount):
        return Remark(
            about=about,
            finding=Finding.GOOD,
            said="The disk is encrypted (dm-crypt), as far as the system tells. Backups and swap were not looked at.",
        )
    return Remark(
        about=about,
        finding=Finding.UNKNOWN,
        said="Whether the disk is encrypted cannot be told from here (FileVault, BitLocker and encrypting disks do not show): "
        "look in the settings of the system. Backups and swap were not looked at. qualkit itself does not encrypt.",
    )


def is_crypt(mount: Mount, sys: Path = Path("/sys/dev/block")) -> bool:
    """Whether the device under a mount, or one that it is made of, is encrypted by dm-crypt."""
    here = sys / mount.device
    try:
        own = (here / "dm" / "uuid").read_text(encoding="ascii") if (here / "dm" / "uuid").is_file() else ""
        below = [(slave / "dev").read_text(encoding="ascii").strip() for slave in sorted(here.glob("slaves/*"))]
    except OSError:
        return False
    return own.startswith("CRYPT-") or any(is_crypt(Mount(kind="", point=mount.point, device=item), sys) for item in below)


# ---------------------------------------------------------------- what leaves it, what is kept


def _servers(options: Mapping[str, Mapping[str, Any]]) -> Remark:
    about = "What leaves this machine"
    asked = options.get("suggest", {})
    server, remote = str(asked.get("llm_server") or ""), str(asked.get("allow_remote") or "")
    if not server:
        return Remark(about=about, finding=Finding.GOOD, said="Nothing: study.toml names no server.")
    host = urlsplit(server).hostname or server
    if remote:
        return Remark(
            about=about,
            finding=Finding.BAD,
            said=f"Segments are sent to {host}, as study.toml allows (allow_remote): is that in the consent form?",
        )
    return Remark(about=about, finding=Finding.GOOD, said=f"Nothing: segments go to a language model on this machine ({host}).")


def _vault(study: Study) -> Remark:
    about, path = "Voices", study.vault.path
    if not path.is_dir():
        return Remark(about=about, finding=Finding.GOOD, said="No voice is kept.")
    named = len(study.vault.enrolled())
    who = f"{counted(named, 'of them is', 'of them are')} named" if named else "none of them is named"
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Remark(about=about, finding=Finding.BAD, said=f"Others may open the vault of voices:  chmod 700 {path}")
    return Remark(
        about=about,
        finding=Finding.GOOD,
        said=f"Vectors of voices, which identify people, are kept in vault/ for you alone ({who}); they are never exported. "
        "qualkit voices forget  removes them.",
    )


def _log(study: Study, wrong: str | None) -> Remark:
    if wrong:
        return Remark(about="The log", finding=Finding.BAD, said=wrong)
    seq, head = study.head()
    said = f"Whole: each of {counted(seq, 'act')} follows from the one before it, and the tables from them (head {head[:12]})."
    return Remark(about="The log", finding=Finding.GOOD, said=said)
