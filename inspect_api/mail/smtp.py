"""Mail over SMTP, with the end of the message held back until the hand-over is recorded.

A server takes responsibility for a message when it reads the line with the single dot, and not before (RFC 5321
§4.2.5, §6.1): a connection that ends earlier leaves nothing behind.
"""

import asyncio
import contextlib
import ssl
from email.message import EmailMessage
from typing import cast

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPRecipientRefused
from aiosmtplib.protocol import PERIOD_REGEX, SMTPProtocol, normalize_message_line_endings

from inspect_api.mail.addresses import sender_address, usable
from inspect_api.mail.mailer import (
    HandingOver,
    MailError,
    OutcomeUnknown,
    RecipientRefused,
    to_wire,
)
from inspect_api.settings import Settings

ANSWER_SECONDS = 600.0
"""How long a server may think about a complete message: RFC 5321 §4.5.3.2.6, since giving up early makes duplicates."""


class SmtpMailer:
    """One connection for each mail. ``settings``: the ``smtp_…`` ones and ``mail_from``."""

    def __init__(
        self, settings: Settings, *, tls: ssl.SSLContext | None = None, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        if settings.smtp_host is None:
            raise ValueError("there is no mail server in the settings")
        self._settings = settings
        self._tls = tls
        self._answer_seconds = answer_seconds
        self._sender = sender_address(settings.mail_from).addr_spec

    async def send(self, message: EmailMessage, recipient: str, handing_over: HandingOver) -> str:
        if not usable(recipient):
            raise RecipientRefused(f"not a mail address: {recipient!r}")
        content = to_wire(message)
        client = self._client()
        try:
            try:
                await client.connect()
                await self._envelope(client, recipient, len(content))
                await self._all_but_the_dot(client, content)
            except SMTPRecipientRefused as error:
                text = f"{error.code} {error.message}"
                raise (RecipientRefused(text) if error.code >= 500 else MailError(text)) from error
            except (SMTPException, OSError, ValueError) as error:
                raise MailError(_text(error)) from error
            await handing_over()
            answer = await self._dot(client)
            with contextlib.suppress(SMTPException, OSError):
                await client.quit()
            return answer
        finally:
            client.close()

    async def check(self) -> None:
        client = self._client()
        try:
            await client.connect()
            await client.noop()
            await client.quit()
        except (SMTPException, OSError, ValueError) as error:
            raise MailError(_text(error)) from error
        finally:
            client.close()

    def _client(self) -> SMTP:
        settings = self._settings
        password = settings.smtp_password
        return SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=password.get_secret_value() if password else None,
            timeout=settings.smtp_timeout,
            use_tls=settings.smtp_tls == "tls",
            # True, not the default of "if the server offers it": whoever can alter the offer could read the password.
            start_tls=settings.smtp_tls == "starttls",
            tls_context=self._tls,
        )

    async def _envelope(self, client: SMTP, recipient: str, size: int) -> None:
        await client.ehlo()
        options = [f"size={size}"] if client.supports_extension("size") else []
        await client.mail(self._sender, options=options)
        await client.rcpt(recipient)
        answer = await client.execute_command(b"DATA")
        if answer.code != aiosmtplib.SMTPStatus.start_input:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)

    async def _all_but_the_dot(self, client: SMTP, content: bytes) -> None:
        protocol = _connected(client)
        protocol.write(PERIOD_REGEX.sub(b"..", normalize_message_line_endings(content)))
        if client.transport is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        # Known by what it does: in the loop that the service runs in (uvloop) no transport is of asyncio's classes.
        transport = cast(asyncio.WriteTransport, client.transport)
        # A transport tells nobody when its buffer is empty (``drain`` returns while it is half full). What is not
        # sent before the hand-over widens the moment in which a crash leaves the outcome unknown.
        async with asyncio.timeout(self._settings.smtp_timeout):
            while transport.get_write_buffer_size() and not transport.is_closing():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def _dot(self, client: SMTP) -> str:
        if not client.is_connected:
            raise MailError("the connection was lost before the message was complete")
        try:
            answer = await _connected(client).execute_command(b".", timeout=self._answer_seconds)
        except (SMTPException, OSError) as error:
            raise OutcomeUnknown(_text(error)) from error
        text = f"{answer.code} {answer.message}"
        if answer.code != aiosmtplib.SMTPStatus.completed:
            raise MailError(text)
        return text


def _connected(client: SMTP) -> SMTPProtocol:
    if client.protocol is None:
        raise aiosmtplib.SMTPServerDisconnected("Connection lost")
    return client.protocol


def _text(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
