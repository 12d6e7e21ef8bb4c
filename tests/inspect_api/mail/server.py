"""A real SMTP server on the loopback interface that keeps what it took."""

# ruff: noqa: ARG002 (the signatures are aiosmtpd's)
import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass
class Inbox:
    """``taken``: recipient and bytes of each mail that was answered or about to be. The answers can be set."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    rcpt_answer: str = "250 OK"
    data_answer: str = "250 OK, taken"
    before_answer: Callable[[], Any] | None = None
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    password: bytes = b"secret"

    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=policy.default) for _, content in self.taken]

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.rcpt_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        if self.data_answer.startswith("250"):
            self.taken.append((envelope.rcpt_tos[0], envelope.content))
        if self.before_answer is not None:
            result = self.before_answer()
            if asyncio.iscoroutine(result):
                await result
        return self.data_answer

    def authenticate(
        self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == self.password, handled=False)


@dataclass
class MailServer:
    port: int
    inbox: Inbox
    connections: list[SMTP]

    def hang_up(self) -> None:
        for connection in self.connections:
            if connection.transport is not None:
                connection.transport.abort()


@asynccontextmanager
async def mail_server(
    inbox: Inbox, *, tls: ssl.SSLContext | None = None, starttls: bool = False, log_in: bool = False
) -> AsyncIterator[MailServer]:
    """Serve in this event loop. ``tls``: from the first byte, or after STARTTLS."""
    connections: list[SMTP] = []

    def session() -> SMTP:
        connection = SMTP(
            inbox,
            loop=asyncio.get_running_loop(),
            hostname="localhost",
            tls_context=tls if starttls else None,
            require_starttls=starttls,
            authenticator=inbox.authenticate if log_in else None,
            auth_require_tls=False,
        )
        connections.append(connection)
        return connection

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=None if starttls else tls)
    started = MailServer(server.sockets[0].getsockname()[1], inbox, connections)
    try:
        yield started
    finally:
        server.close()
        started.hang_up()
        await server.wait_closed()
        await asyncio.sleep(0)
