"""``python -m benchmarks.peers.bare_server URL PORT``: Litestar and a table, with no log-in, no merge and no score.

It shows what the framework, JSON and the database leave to anybody. Its cursor is the plain sequence that one would
take at first.
"""

import sys
from asyncio import to_thread

import msgspec
import sqlalchemy as sa
import uvicorn
from litestar import Litestar, Response, get, post
from litestar.params import FromQuery, RawBody

from inspect_api.database import Database

_table = sa.Table(
    "record",
    sa.MetaData(),
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("key", sa.Text, unique=True, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)


class _Batch(msgspec.Struct):
    records: list[msgspec.Raw]


class _Keyed(msgspec.Struct):
    inspection_id: str


def create_app(database: Database) -> Litestar:
    newer = sa.select(_table).where(_table.c.seq > sa.bindparam("after")).order_by(_table.c.seq)

    def store(body: bytes) -> bytes:
        raws = msgspec.json.decode(body, type=_Batch).records
        keys = [msgspec.json.decode(raw, type=_Keyed).inspection_id for raw in raws]
        rows = [{"key": key, "body": bytes(raw).decode()} for key, raw in zip(keys, raws, strict=True)]
        with database.write() as connection:
            connection.execute(_table.insert(), rows)
        return msgspec.json.encode(keys)

    def read(after: int, limit: int) -> bytes:
        with database.read() as connection:
            rows = connection.execute(newer.limit(limit), {"after": after}).all()
        return msgspec.json.encode([(seq, key, msgspec.Raw(body.encode())) for seq, key, body in rows])

    @post("/records", status_code=200)
    async def push(body: RawBody) -> Response[bytes]:
        return Response(await to_thread(store, body), media_type="application/json")

    @get("/records")
    async def pull(after: FromQuery[int], limit: FromQuery[int]) -> Response[bytes]:
        return Response(await to_thread(read, after, limit), media_type="application/json")

    @get("/")
    async def here() -> str:
        return "here"

    return Litestar([push, pull, here], request_max_body_size=50_000_000)


def main(url: str, port: int) -> None:
    database = Database(url)
    _table.create(database.engine, checkfirst=True)
    uvicorn.run(create_app(database), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
