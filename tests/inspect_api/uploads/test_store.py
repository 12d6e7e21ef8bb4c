"""The file of an upload has one holder, in this process and beside others, and is on the disk before it is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checklists.ids import new_id
from inspect_api.uploads.store import UploadBusy, UploadFiles
from tests import photo_fixtures as photos
from tests.inspect_api.uploads.tus import Tus

_OTHER_PROCESS = """
import sys
from pathlib import Path
from inspect_api.uploads.store import UploadBusy, UploadFiles
try:
    with UploadFiles(Path(sys.argv[1])).hold(sys.argv[2]):
        print("held")
except UploadBusy:
    print("busy")
"""


def ask_other_process(folder: Path, upload_id: str) -> str:
    command = [sys.executable, "-c", _OTHER_PROCESS, str(folder), upload_id]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_an_upload_has_one_holder(tmp_path: Path) -> None:
    files, upload_id = UploadFiles(tmp_path), new_id()
    with files.hold(upload_id) as file:
        file.append(b"x")
        with pytest.raises(UploadBusy), files.hold(upload_id):
            raise AssertionError("held twice")
        assert ask_other_process(tmp_path, upload_id) == "busy"
    assert ask_other_process(tmp_path, upload_id) == "held"
    with files.hold(upload_id) as file:
        assert file.size() == 1


def test_only_an_id_names_a_file(tmp_path: Path) -> None:
    files = UploadFiles(tmp_path / "uploads")
    for name in ("../secret", "", "a/b"):
        with pytest.raises(ValueError, match="not an upload id"):
            files.size(name)


async def test_an_offset_is_on_the_disk_before_it_is_told(tus: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    content, synced = photos.jpeg(), []
    location = await tus.begin(content)
    fsync = os.fsync

    def note(descriptor: int) -> None:
        fsync(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr("inspect_api.uploads.store.os.fsync", note)
    answer = await tus.patch(location, 0, content[:3000])
    assert (answer.headers["upload-offset"], synced) == ("3000", [3000])
    synced.clear()
    assert (await tus.head(location)).headers["upload-offset"] == "3000"
    assert synced == [3000]
