"""Every setting of the service, in one list; ``docs/settings.md`` explains each, and a test holds the two together."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_SECRET = "development-only-secret-never-use-it-outside"  # noqa: S105 (refused in production below)


class Settings(BaseSettings):
    """Read from the environment as ``INSPECT_<NAME>``; a ``.env`` file is not read."""

    model_config = SettingsConfigDict(env_prefix="INSPECT_", extra="ignore", frozen=True)

    mode: Literal["development", "production"] = Field("production", description="development allows default secrets")
    data_dir: Path = Field(Path("var"), description="folder of the embedded database, photos, uploads and written mail")
    database_url: str | None = Field(None, description="SQLAlchemy URL; without it SQLite in data_dir")
    blob_url: str | None = Field(
        None, description="object store (s3://bucket/prefix or file:///folder); default data_dir"
    )
    s3_endpoint: str | None = Field(None, description="address of an S3-compatible store that is not AWS")
    s3_access_key: str | None = Field(None, description="access key of the object store")
    s3_secret_key: SecretStr | None = Field(None, description="secret key of the object store")
    s3_region: str = Field("us-east-1", description="region of the object store")
    secret_key: SecretStr | None = Field(None, description="signs access tokens and links, at least 32 characters")
    host: str = Field("127.0.0.1", description="address the server listens on")
    port: int = Field(8000, ge=0, le=65535, description="port the server listens on")
    public_url: str | None = Field(None, description="address that people and mail links use")
    access_token_minutes: int = Field(15, ge=1, le=120, description="life of an access token")
    refresh_token_days: int = Field(
        45, ge=1, le=365, description="life of a refresh token; longer than 30 days offline"
    )
    login_failures_account: int = Field(
        10, ge=1, le=1000, description="failed log-ins of one account in 15 minutes; then it waits"
    )
    login_failures_address: int = Field(
        100, ge=1, le=100_000, description="failed log-ins from one address in 15 minutes; then it waits"
    )
    password_link_hours: int = Field(48, ge=1, le=720, description="life of a one-time link that sets a password")
    requests_per_minute: int = Field(
        1200,
        ge=10,
        description="requests of one tablet, or of one user's browsers, that each process takes in a minute",
    )
    push_body_limit: int = Field(4_000_000, ge=10_000, description="largest push in bytes")
    push_max_changes: int = Field(500, ge=1, le=5000, description="most changes in one push")
    photo_max_bytes: int = Field(30_000_000, ge=100_000, description="largest photo in bytes")
    photo_max_pixels: int = Field(60_000_000, ge=1_000_000, description="most pixels of a photo, against bombs")
    photo_workers: int = Field(1, ge=1, le=32, description="photos processed at the same time")
    upload_hours: int = Field(24 * 7, ge=1, description="an unfinished upload expires after this")
    upload_max_open: int = Field(100, ge=1, description="unfinished uploads that one tablet may have at a time")
    undeclared_days: int = Field(
        30, ge=1, description="a stored photo that no inspection declares is listed after this; it is not deleted"
    )
    smtp_host: str | None = Field(None, description="mail server; without it mail is written to data_dir/mail")
    smtp_port: int = Field(587, ge=1, le=65535, description="port of the mail server")
    smtp_user: str | None = Field(None, description="log-in at the mail server")
    smtp_password: SecretStr | None = Field(None, description="password at the mail server")
    smtp_tls: Literal["starttls", "tls", "none"] = Field("starttls", description="how the mail connection is secured")
    smtp_timeout: float = Field(30, gt=0, description="seconds to wait for the mail server")
    mail_from: str = Field("inspect-api <inspect-api@localhost>", description="sender of reports")
    mail_bounce_limit: int = Field(
        3, ge=1, le=100, description="permanent refusals of an address in a row; then it gets no mail until cleared"
    )
    report_hour: int = Field(8, ge=0, le=23, description="hour of Monday, site time, when weekly reports are due")
    dispute_days: int = Field(7, ge=1, le=60, description="days after publication, or an answer, to dispute or appeal")
    dispute_answer_days: int = Field(
        3, ge=1, le=30, description="working days of the site for the answer to a dispute; then it escalates"
    )
    action_days: int = Field(
        3, ge=1, le=60, description="working days of the site to mend what a rule made a corrective action of"
    )
    photo_days: int = Field(90, ge=1, le=3650, description="photos are deleted after this, disputes apart")
    score_months: int = Field(24, ge=1, le=240, description="inspections and scorecards are deleted after this")
    log_years: int = Field(3, ge=1, le=30, description="audit log, report runs and other logs are deleted after this")
    jobs: bool = Field(True, description="whether this process runs scheduled jobs")
    job_seconds: float = Field(15, gt=0, description="seconds between two looks for due work")
    lease_seconds: float = Field(60, gt=0, description="a claimed job is taken over after this without a sign of life")

    @model_validator(mode="after")
    def _secrets_have_no_default_in_production(self) -> "Settings":
        if self.mode == "production":
            if self.secret_key is None:
                raise ValueError("INSPECT_SECRET_KEY is required (at least 32 characters)")
            if self.secret_key.get_secret_value() == DEVELOPMENT_SECRET:
                raise ValueError("INSPECT_SECRET_KEY is the development one")
        if self.secret_key is not None and len(self.secret_key.get_secret_value()) < 32:
            raise ValueError("INSPECT_SECRET_KEY is too short: at least 32 characters")
        return self

    def effective_secret_key(self) -> str:
        return self.secret_key.get_secret_value() if self.secret_key else DEVELOPMENT_SECRET

    def effective_database_url(self) -> str:
        if self.database_url is None:
            return f"sqlite:///{self.data_dir.absolute() / 'inspect.db'}"
        for scheme in ("postgresql://", "postgres://"):
            if self.database_url.startswith(scheme):
                return "postgresql+psycopg://" + self.database_url.removeprefix(scheme)
        return self.database_url

    def effective_public_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
