"""What sends a mail.

The hand-over is in two steps, so that no crash sends a mail twice: the whole message goes out first, then
``handing_over()`` is awaited (it commits that from here on the outcome may be unknown), then the one byte sequence
that makes the server take the message. See ``docs/adr/0004-one-mail-each.md``.
"""

from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol

HandingOver = Callable[[], Awaitable[None]]

# Every line of the message is ASCII: nothing on its way needs 8BITMIME or SMTPUTF8.
_WIRE = SMTP.clone(cte_type="7bit")


class MailError(Exception):
    """The mail did not go out; trying again may help. The text says what the server answered."""


class RecipientRefused(MailError):
    """The server refuses this recipient for good; trying again does not help."""


class OutcomeUnknown(Exception):
    """The whole mail was handed over and no answer came: it may or may not have been delivered."""


class Mailer(Protocol):
    async def send(self, message: EmailMessage, recipient: str, handing_over: HandingOver) -> str:
        """Send to the one address ``recipient`` and return the server's answer.

        Raises MailError, RecipientRefused or OutcomeUnknown. What ``handing_over`` raises stops the sending before
        the server has taken anything, and is passed on.
        """
        ...

    async def check(self) -> None:
        """Raise MailError when nothing could be sent now."""
        ...


def to_wire(message: EmailMessage) -> bytes:
    """The bytes as they travel: CRLF line ends, ASCII only."""
    return message.as_bytes(policy=_WIRE)
