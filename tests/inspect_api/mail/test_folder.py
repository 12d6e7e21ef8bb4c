"""Mail into a folder: the same two steps, and a repeat that is no second mail."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from inspect_api.mail.folder import FolderMailer
from inspect_api.mail.mailer import MailError


def mail(message_id: str = "<weekly.site.2026-W47.1.wang@example.com>") -> EmailMessage:
    message = EmailMessage()
    message["To"] = "wang@example.com"
    message["Message-ID"] = message_id
    message.set_content("周报\n")
    return message


async def nothing() -> None:
    return None


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_the_same_mail_again_is_the_same_file(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path / "mail")
    for _ in range(2):
        await mailer.send(mail(), "wang@example.com", nothing)
    [written] = (tmp_path / "mail").iterdir()
    assert written.name == "weekly.site.2026-W47.1.wang@example.com.eml"
    assert message_from_bytes(written.read_bytes(), policy=policy.default).get_content() == "周报\n"


async def test_nothing_appears_before_the_hand_over_is_recorded(tmp_path: Path) -> None:
    async def handing_over() -> None:
        assert [path for path in files_below(tmp_path) if path.suffix == ".eml"] == []
        raise RuntimeError("not recorded")

    with pytest.raises(RuntimeError):
        await FolderMailer(tmp_path).send(mail(), "wang@example.com", handing_over)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("message_id", ["<../../etc/passwd@x>", "<a/b@x>", "<..@x>"])
async def test_no_message_id_leads_out_of_the_folder(tmp_path: Path, message_id: str) -> None:
    folder = tmp_path / "deep" / "mail"
    await FolderMailer(folder).send(mail(message_id), "wang@example.com", nothing)
    assert [path.parent for path in files_below(tmp_path)] == [folder]


async def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    mailer = FolderMailer(tmp_path / "mail")
    with pytest.raises(MailError):
        await mailer.check()
    with pytest.raises(MailError):
        await mailer.send(mail(), "wang@example.com", nothing)
