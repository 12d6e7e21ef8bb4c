"""The folder that stands in where there is no mail server."""

import asyncio
import os
import re
from email.message import EmailMessage
from pathlib import Path

from inspect_api.mail.mailer import HandingOver, MailError, to_wire


class FolderMailer:
    """Writes each mail as ``<Message-ID>.eml``; the same mail again is the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, message: EmailMessage, recipient: str, handing_over: HandingOver) -> str:  # noqa: ARG002 (the To header names the recipient)
        target = self.folder / _file_name(str(message["Message-ID"]))
        written = await asyncio.to_thread(_write_beside, target, to_wire(message))
        try:
            await handing_over()
        except BaseException:
            written.unlink()
            raise
        await asyncio.to_thread(written.replace, target)
        return f"written to {target.name}"

    async def check(self) -> None:
        try:
            await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            raise MailError(f"the mail folder cannot be made: {error}") from error
        if not os.access(self.folder, os.W_OK):
            raise MailError("the mail folder is not writable")


def _file_name(message_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9@._-]", "_", message_id.strip("<>")).lstrip(".") + ".eml"


def _write_beside(target: Path, content: bytes) -> Path:
    """Write next to the target, so that taking its name is one atomic step."""
    beside = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise MailError(f"the mail cannot be written: {error}") from error
    return beside
