"""Where photos are kept: a folder, or an S3-compatible object store. Write-once.

A blob is never changed. On a folder, what ``put`` has returned from survives a power loss: obstore writes beside and
links into place, but never calls fsync, so the file is synced here before it gets its name, and the folders after.
"""

import io
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, S3Store

from inspect_api import leftovers
from inspect_api.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Config  # a name for the type checker only

INCOMING = "incoming"
"""Folder of half-written blobs; after a crash its files are rubbish."""
_PIECE = 1_000_000
"""Bytes that a file goes through memory in."""


class BlobConflict(Exception):
    """Another content is stored under this key already."""


class BlobStore:
    """Keys are ``/``-separated. A missing key raises ``FileNotFoundError``, a store out of reach ``OSError`` or
    ``obstore.exceptions.BaseError``."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store = store
        self._folder = store.prefix if isinstance(store, LocalStore) else None

    def put(self, key: str, data: bytes | Path) -> None:
        """Store the bytes, or the file, whole and durably; again is a no-op.

        :raises BlobConflict: the key holds another content (told by its size)
        """
        size = data.stat().st_size if isinstance(data, Path) else len(data)
        try:
            if self._folder is not None:
                self._put_durably(self._folder, key, data)
            # Looked for first: many S3-compatible stores ignore the condition of a put and would replace the blob.
            elif (present := self.head(key)) is None:
                obstore.put(self._store, key, data, mode="create", use_multipart=False)  # parts know no condition
            elif present != size:
                raise BlobConflict(key)
        except (AlreadyExistsError, FileExistsError) as error:
            if self.head(key) != size:
                raise BlobConflict(key) from error

    def _put_durably(self, folder: Path, key: str, data: bytes | Path) -> None:
        incoming = f"{INCOMING}/{uuid.uuid4()}"
        try:
            obstore.put(self._store, incoming, data, chunk_size=_PIECE, max_concurrency=1)
            _sync(folder / incoming)
            obstore.rename(self._store, incoming, key, overwrite=False)
        finally:
            (folder / incoming).unlink(missing_ok=True)
        parent = (folder / key).parent
        while parent != folder.parent:
            _sync(parent)
            parent = parent.parent

    def get(self, key: str) -> bytes:
        """The whole content, gathered in pieces: never in memory twice."""
        whole = io.BytesIO()
        for piece in self.stream(key):
            whole.write(piece)
        return whole.getvalue()

    def stream(self, key: str) -> Iterator[bytes]:
        """The content in pieces of about a megabyte."""
        for piece in obstore.get(self._store, key).stream(min_chunk_size=_PIECE):
            yield bytes(piece)

    def head(self, key: str) -> int | None:
        """The size in bytes; ``None`` without such a blob."""
        try:
            return obstore.head(self._store, key)["size"]
        except FileNotFoundError:
            return None

    def exists(self, key: str) -> bool:
        return self.head(key) is not None

    def keys(self, prefix: str) -> list[str]:
        """All keys below ``prefix/``."""
        return [meta["path"] for page in obstore.list(self._store, prefix) for meta in page]

    def delete(self, key: str) -> None:
        """Again, or of a missing key, is a no-op."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return

    def sweep(self) -> int:
        """Remove what a killed process left half-written; gives how many files went."""
        return 0 if self._folder is None else leftovers.sweep(self._folder / INCOMING)

    def check(self) -> None:
        """Write, read and delete a probe; raises what goes wrong."""
        key, content = f"probe/{uuid.uuid4()}", b"inspect-api"
        self.put(key, content)
        try:
            if self.get(key) != content:
                raise OSError("the blob store returned other bytes than were stored")
        finally:
            self.delete(key)


def open_blob_store(settings: Settings) -> BlobStore:
    """The store that the settings name; ``data_dir/photos`` by default.

    :raises ValueError: ``blob_url`` is neither ``s3://bucket/prefix`` nor ``file:///folder``
    """
    if settings.blob_url is None:
        return _folder_store(settings.data_dir / "photos")
    url = urlsplit(settings.blob_url)
    if url.scheme == "file":
        return _folder_store(Path(url2pathname(url.path)))
    if url.scheme != "s3" or not url.netloc:
        raise ValueError("INSPECT_BLOB_URL must be s3://bucket/prefix or file:///folder")
    return BlobStore(
        S3Store(
            url.netloc,
            prefix=url.path.strip("/") or None,
            config=_s3_config(settings),
            client_options={"allow_http": (settings.s3_endpoint or "").startswith("http://"), "timeout": "60s"},
            retry_config={"max_retries": 3},
        )
    )


def _s3_config(settings: Settings) -> "S3Config":
    """Without keys the usual places of the cloud's own tools are searched."""
    config: S3Config = {"region": settings.s3_region}
    if settings.s3_endpoint:
        config["endpoint"] = settings.s3_endpoint
    if settings.s3_access_key and settings.s3_secret_key:
        config["access_key_id"] = settings.s3_access_key
        config["secret_access_key"] = settings.s3_secret_key.get_secret_value()
    return config


def _folder_store(folder: Path) -> BlobStore:
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return BlobStore(LocalStore(folder))


def _sync(path: Path) -> None:
    """Have the disk hold the file, or the names in the folder, before going on."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open folders; NTFS journals their names
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
