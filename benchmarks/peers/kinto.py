"""Kinto as ``kinto init`` and ``kinto start`` set it up: ``PUT`` of records by its batches, read by ``_since``."""

import base64
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.peers.installing import kinto as installed
from benchmarks.peers.records import records
from benchmarks.peers.system import Client, Page, Record, System, dumped, process
from tests.server_process import free_port

_RECORDS = "/v1/buckets/bench/collections/inspections/records"
_LOGIN = {"authorization": "Basic " + base64.b64encode(b"bench:bench bench bench").decode()}
_CREATED = (200, 201)
_LIMIT = 5000
# Its own log at DEBUG on the terminal, as ``kinto init`` writes it, would be what is measured.
_SETTINGS = """
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = %(http_port)s

[app:main]
use = egg:kinto
kinto.includes = kinto.plugins.default_bucket kinto.plugins.accounts
kinto.storage_backend = kinto.core.storage.{backend}
kinto.storage_url = {url}
kinto.permission_backend = kinto.core.permission.{backend}
kinto.permission_url = {url}
kinto.cache_backend = kinto.core.cache.memory
kinto.userid_hmac_secret = measured
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.bucket_create_principals = account:bench

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys =
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter =
"""


class KintoClient(Client):
    def body(self, records: Sequence[Record]) -> bytes:
        requests = []
        for record in records:
            key = record["inspection_id"]
            data = record | {"id": key, "inspection_id": record["id"]}  # its own id must be the record's
            requests.append({"method": "PUT", "path": f"{_RECORDS}/{key}", "body": {"data": data}})
        return dumped({"requests": requests})

    def push(self, body: bytes) -> list[str]:
        responses = json.loads(self.ask("POST", "/v1/batch", body))["responses"]
        return [answer["path"].rsplit("/", 1)[1] for answer in responses if answer["status"] in _CREATED]

    def read(self, cursor: str) -> Page:
        """The cursor is the address of the next page, or the ETag of the list after which to ask again."""
        since = f"&_since={cursor}" if cursor else ""
        path = cursor if cursor.startswith("/") else f"{_RECORDS}?_limit={_LIMIT}{since}"
        rows = json.loads(self.ask("GET", path))["data"]
        keys = [row["id"] for row in rows if not row.get("deleted")]
        onward = self.headers.get("next-page")
        if onward:
            return Page(keys, urlsplit(onward)._replace(scheme="", netloc="").geturl(), True)
        return Page(keys, (self.headers.get("etag") or "").replace('"', "%22"), False)


@dataclass
class Kinto(System):
    port: int = 0

    def connect(self) -> Client:
        return KintoClient(self.port, _LOGIN)

    def records(self, number: int) -> list[Record]:
        return records(number)


@contextmanager
def kinto(name: str, folder: Path, database_url: str | None = None) -> Iterator[System]:
    """``database_url``: of an empty PostgreSQL database; None: in memory."""
    folder.mkdir(parents=True)
    command, port, settings = installed(), free_port(), folder / "kinto.ini"
    backend = "postgresql" if database_url else "memory"
    settings.write_text(_SETTINGS.format(backend=backend, url=(database_url or "").replace("%", "%%")))
    if database_url:
        subprocess.run([command, "migrate", "--ini", settings], check=True, capture_output=True)
    with process([command, "start", "--ini", settings, "--port", str(port)], folder / "log", port):
        client = KintoClient(port, _LOGIN)
        client.ask("PUT", "/v1/accounts/bench", dumped({"data": {"password": "bench bench bench"}}))
        client.ask("PUT", "/v1/buckets/bench", b"{}")
        client.ask("PUT", "/v1/buckets/bench/collections/inspections", b"{}")
        client.close()
        yield Kinto(name, port=port)
