"""One suite for the folder and for the object store: what was put comes back, and nothing replaces it."""

import os
import time
from pathlib import Path

import pytest

from inspect_api.blobs import INCOMING, BlobConflict, BlobStore, open_blob_store
from inspect_api.leftovers import LEFT_SECONDS
from inspect_api.settings import Settings
from tests.s3_server import BUCKET, S3Server

KEY = "organisation/photo/full-1.jpg"


def _settings(tmp_path: Path, **values: object) -> Settings:
    return Settings(mode="development", data_dir=tmp_path, **values)


@pytest.fixture(params=["folder", "s3"])
def blob_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def blobs(blob_settings: dict[str, str], tmp_path: Path) -> BlobStore:
    return open_blob_store(_settings(tmp_path, **blob_settings))


def test_what_was_put_comes_back(blobs: BlobStore, tmp_path: Path) -> None:
    content = bytes(range(256)) * 50_000  # so large that stores like to take it in parts
    (tmp_path / "sent").write_bytes(content)
    blobs.put(KEY, tmp_path / "sent")
    assert blobs.get(KEY) == content
    assert b"".join(blobs.stream(KEY)) == content
    assert (blobs.head(KEY), blobs.exists(KEY)) == (len(content), True)


def test_a_blob_is_never_replaced(blobs: BlobStore) -> None:
    blobs.put(KEY, b"evidence")
    blobs.put(KEY, b"evidence")
    with pytest.raises(BlobConflict):
        blobs.put(KEY, b"something else")
    with pytest.raises(BlobConflict):
        blobs.put(KEY, b"")
    assert blobs.get(KEY) == b"evidence"


def test_a_missing_blob(blobs: BlobStore) -> None:
    assert (blobs.head(KEY), blobs.exists(KEY)) == (None, False)
    blobs.delete(KEY)
    with pytest.raises(FileNotFoundError):
        blobs.get(KEY)
    with pytest.raises(FileNotFoundError):
        next(blobs.stream(KEY))


def test_keys_below_a_prefix_and_nothing_beside_it(blobs: BlobStore) -> None:
    for key in ("a/1/full", "a/1/small", "a/11/full", "b/1/full"):
        blobs.put(key, b"x")
    assert sorted(blobs.keys("a/1")) == ["a/1/full", "a/1/small"]
    for key in blobs.keys("a/1"):
        blobs.delete(key)
    assert blobs.keys("a/1") == []
    assert blobs.exists("a/11/full")


def test_check_leaves_nothing_behind(blobs: BlobStore) -> None:
    blobs.check()
    assert blobs.keys("probe") == []


def test_check_tells_that_the_store_is_out_of_reach(tmp_path: Path) -> None:
    blobs = open_blob_store(_settings(tmp_path, **S3Server(tmp_path / "s3").settings("never-started")))
    with pytest.raises(Exception, match=r"(?i)connect|error sending request"):
        blobs.check()


def test_the_object_store_gets_the_prefix_of_the_settings(s3: S3Server, tmp_path: Path) -> None:
    open_blob_store(_settings(tmp_path, **s3.settings("site/one"))).put(KEY, b"x")
    assert (s3.folder / BUCKET / "site/one" / KEY).read_bytes() == b"x"


@pytest.mark.parametrize("wrong", ["s3_access_key", "s3_secret_key"])
def test_check_tells_that_the_object_store_refuses_the_keys(s3: S3Server, tmp_path: Path, wrong: str) -> None:
    blobs = open_blob_store(_settings(tmp_path, **s3.settings("site") | {wrong: "another-key"}))
    with pytest.raises(Exception, match="403"):
        blobs.check()


def test_a_folder_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "照片 one"
    open_blob_store(_settings(tmp_path, blob_url=folder.as_uri())).put(KEY, b"x")
    assert (folder / KEY).read_bytes() == b"x"
    assert list((folder / INCOMING).iterdir()) == []


def test_what_a_killed_process_left_half_written_is_swept(tmp_path: Path) -> None:
    blobs = open_blob_store(_settings(tmp_path))
    blobs.put(KEY, b"evidence")
    incoming = tmp_path / "photos" / INCOMING
    for name, age in (("fresh", 60), ("left", LEFT_SECONDS + 60), ("left#1", LEFT_SECONDS + 60)):
        (incoming / name).write_bytes(b"half")
        os.utime(incoming / name, (time.time() - age,) * 2)
    assert blobs.sweep() == 2
    assert [path.name for path in incoming.iterdir()] == ["fresh"]
    assert blobs.get(KEY) == b"evidence"


def test_another_kind_of_address_is_refused(tmp_path: Path) -> None:
    for address in ("ftp://host/folder", "photos", "s3://"):
        with pytest.raises(ValueError, match="INSPECT_BLOB_URL"):
            open_blob_store(_settings(tmp_path, blob_url=address))


def test_a_folder_syncs_the_file_before_its_name_and_the_names_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a power loss leaves a name without bytes, behind an answer that said "stored"."""
    blobs = open_blob_store(_settings(tmp_path))
    root, synced = tmp_path / "photos", []

    def note(path: Path) -> None:
        synced.append((path.relative_to(root).parts[:1] == (INCOMING,), path.is_file(), (root / KEY).exists()))

    monkeypatch.setattr("inspect_api.blobs._sync", note)
    blobs.put(KEY, b"x")
    assert synced[0] == (True, True, False)
    assert synced[1:] == [(False, False, True)] * 3
