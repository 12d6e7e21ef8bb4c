"""The tables of how replicas agree: replica, change, change feed, quarantine, uploads, tokens."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel

from checklists.tables.columns import ID_LENGTH, id_field, instant, json_text, reference


class Instance(SQLModel, table=True):
    """One row. ``epoch`` is part of every cursor: a new one (after a restore) tells every tablet to start over."""

    id: int = Field(primary_key=True)
    epoch: str
    created_at: datetime = instant()


class Replica(SQLModel, table=True):
    """One local database of one user on one tablet; a reinstall is a new one.

    ``clock_offset_ms``: server time minus device time at the last push. ``unsent``: what the tablet last said it
    still holds; ``oldest_unsent_at``: since when.
    """

    id: str = id_field()
    organisation_id: str = reference("organisation.id")
    user_id: str = reference("app_user.id")
    device_name: str = ""
    app_version: str = ""
    enrolled_at: datetime = instant()
    last_seen_at: datetime | None = instant(nullable=True)
    last_push_at: datetime | None = instant(nullable=True)
    clock_offset_ms: int | None = Field(default=None, sa_type=BigInteger)
    unsent: int = 0
    changes_stored: int = 0
    changes_refused: int = 0
    oldest_unsent_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)


class ServerReplica(SQLModel, table=True):
    """The replica by which the server itself writes changes of an organisation; revoked, so that nobody logs in."""

    __tablename__ = "server_replica"

    organisation_id: str = reference("organisation.id", index=False, primary_key=True)
    replica_id: str = reference("replica.id", index=False)


class RefreshToken(SQLModel, table=True):
    """``family``: all tokens that follow from one log-in. ``parent_id``: the token it replaced."""

    __tablename__ = "refresh_token"

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    user_id: str = reference("app_user.id")
    replica_id: str | None = reference("replica.id", nullable=True)
    family: str = Field(index=True, max_length=ID_LENGTH)
    parent_id: str | None = Field(default=None, max_length=ID_LENGTH, index=True)
    token_hash: str = Field(unique=True, max_length=64)
    issued_at: datetime = instant()
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)


class EnrolmentCode(SQLModel, table=True):
    """A one-time code with which a user brings a tablet into use. Only its hash is kept. ``replica_id``: which did."""

    __tablename__ = "enrolment_code"

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    user_id: str = reference("app_user.id")
    code_hash: str = Field(unique=True, max_length=64)
    made_by: str = reference("app_user.id", index=False)
    made_at: datetime = instant()
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)
    replica_id: str | None = reference("replica.id", nullable=True, index=False)


class Change(SQLModel, table=True):
    """One change as it was pushed. Insert-only.

    ``body``: JSON of ``sync.messages.Change``, canonical; ``digest``: its SHA-256, by which a replay is told from
    another content under the same id. ``skew_ms``: server time minus device time when it arrived.
    """

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    site_id: str = reference("site.id", index=False)
    inspection_id: str = Field(index=True, max_length=ID_LENGTH)
    replica_id: str = reference("replica.id", index=False)
    author_id: str = reference("app_user.id", index=False)
    stamp: str
    body: str = json_text()
    digest: str = Field(max_length=64)
    skew_ms: int | None = Field(default=None, sa_type=BigInteger)
    received_at: datetime = instant()


class FeedCounter(SQLModel, table=True):
    """The last number given in a scope (a site, or the organisation). Locked last, just before the commit."""

    __tablename__ = "feed_counter"

    scope_id: str = Field(primary_key=True, max_length=ID_LENGTH)
    last_seq: int = Field(sa_column=Column(BigInteger, nullable=False))


class FeedRow(SQLModel, table=True):
    """The newest state of one object in one scope, as tablets get it. ``body``: JSON; none is a tombstone."""

    __tablename__ = "feed_row"
    __table_args__ = (Index("ix_feed_row_scope_seq", "scope_id", "seq", unique=True),)

    scope_id: str = Field(primary_key=True, max_length=ID_LENGTH)
    kind: str = Field(primary_key=True, max_length=24)
    object_id: str = Field(primary_key=True, max_length=64)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: str | None = json_text(nullable=True)


class ProjectionReplay(SQLModel, table=True):
    """One row: by which ``sync.projection.VERSION`` the inspections are made, and the last one that was made anew by
    it; None when all are."""

    __tablename__ = "projection_replay"

    id: int = Field(primary_key=True)
    version: int
    reached: str | None = Field(default=None, max_length=ID_LENGTH)


class Quarantine(SQLModel, table=True):
    """A refused change with its reason and its whole body. The same refusal again is the same row.

    ``decision``: ``kept`` (it stays out, for the reason in ``decision_note``) or ``stored`` (a retry took it in, at
    ``released_at``); None while nobody has looked.
    """

    id: str = Field(primary_key=True, max_length=64)  # SHA-256 over replica, code and body
    organisation_id: str = reference("organisation.id")
    replica_id: str = reference("replica.id")
    user_id: str = reference("app_user.id", index=False)
    change_id: str | None = Field(default=None, index=True)
    code: str
    path: str
    message: str
    body: str = json_text()
    refused_at: datetime = instant()
    released_at: datetime | None = instant(nullable=True)
    decision: str | None = None
    decision_note: str | None = None
    decided_by: str | None = reference("app_user.id", nullable=True, index=False)
    decided_at: datetime | None = instant(nullable=True)


class Upload(SQLModel, table=True):
    """A resumable upload (tus). ``length`` and ``received``: bytes. ``state``: open, stored or refused."""

    id: str = id_field()
    organisation_id: str = reference("organisation.id", index=False)
    user_id: str = reference("app_user.id")
    replica_id: str | None = reference("replica.id", nullable=True, index=False)
    sha256: str = Field(max_length=64, index=True)
    length: int = Field(sa_column=Column(BigInteger, nullable=False))
    received: int = Field(sa_column=Column(BigInteger, nullable=False))
    state: str = "open"
    refusal: str | None = None
    created_at: datetime = instant()
    expires_at: datetime = instant(index=True)
