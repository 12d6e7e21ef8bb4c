"""Handing a mail over to a real SMTP server: the two steps, and every way in which they can end."""

import asyncio
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
import uvloop

from inspect_api.mail import SmtpMailer, make_mailer
from inspect_api.mail.folder import FolderMailer
from inspect_api.mail.mailer import MailError, OutcomeUnknown, RecipientRefused, to_wire
from inspect_api.settings import Settings
from tests.inspect_api.mail.server import Inbox, mail_server

RECIPIENT = "wang@example.com"


def settings(port: int, **others: object) -> Settings:
    return Settings(
        mode="development",
        smtp_host="localhost",
        smtp_port=port,
        smtp_tls="none",
        smtp_timeout=5,
        mail_from="inspect-api <reports@example.com>",
        **others,
    )


def mail(text: str = "周报\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "inspect-api <reports@example.com>"
    message["To"] = RECIPIENT
    message["Subject"] = "检查周报"
    message["Message-ID"] = "<one@example.com>"
    message.set_content(text)
    return message


async def nothing() -> None:
    return None


def recorder() -> tuple[list[str], Callable[[], Awaitable[None]]]:
    steps: list[str] = []

    async def handing_over() -> None:
        steps.append("handed over")

    return steps, handing_over


async def test_the_mail_arrives_as_it_was_written() -> None:
    inbox = Inbox()
    message = mail("first\n.\n.. two dots\n.hidden\nlast\n")
    async with mail_server(inbox) as server:
        answer = await SmtpMailer(settings(server.port)).send(message, RECIPIENT, nothing)
    assert answer == "250 OK, taken"
    assert inbox.taken == [(RECIPIENT, to_wire(message))]


async def test_the_server_has_everything_but_takes_nothing_before_the_hand_over() -> None:
    inbox = Inbox()
    seen_at_hand_over: list[int] = []

    async def handing_over() -> None:
        await asyncio.sleep(0.1)  # a server that took the mail without the dot would have shown it by now
        seen_at_hand_over.append(len(inbox.taken))

    async with mail_server(inbox) as server:
        await SmtpMailer(settings(server.port)).send(mail("x" * 70 + "\n" * 40_000), RECIPIENT, handing_over)
    assert seen_at_hand_over == [0]
    assert len(inbox.taken) == 1


async def test_a_hand_over_that_cannot_be_recorded_sends_nothing() -> None:
    inbox = Inbox()

    async def handing_over() -> None:
        raise RuntimeError("somebody else took the run over")

    async with mail_server(inbox) as server:
        with pytest.raises(RuntimeError, match="somebody else"):
            await SmtpMailer(settings(server.port)).send(mail(), RECIPIENT, handing_over)
        await asyncio.sleep(0.1)
    assert inbox.taken == []


async def test_a_connection_lost_before_the_dot_is_a_failure_that_may_be_tried_again() -> None:
    inbox = Inbox()
    async with mail_server(inbox) as server:

        async def handing_over() -> None:
            server.hang_up()
            await asyncio.sleep(0.1)

        with pytest.raises(MailError):
            await SmtpMailer(settings(server.port)).send(mail(), RECIPIENT, handing_over)
    assert inbox.taken == []


async def test_no_answer_to_a_complete_mail_leaves_the_outcome_unknown() -> None:
    inbox = Inbox(before_answer=lambda: asyncio.sleep(2))
    steps, handing_over = recorder()
    async with mail_server(inbox) as server:
        with pytest.raises(OutcomeUnknown):
            await SmtpMailer(settings(server.port), answer_seconds=0.2).send(mail(), RECIPIENT, handing_over)
    assert steps == ["handed over"]


async def test_a_connection_lost_after_the_dot_leaves_the_outcome_unknown() -> None:
    inbox = Inbox()
    async with mail_server(inbox) as server:
        inbox.before_answer = server.hang_up
        with pytest.raises(OutcomeUnknown):
            await SmtpMailer(settings(server.port)).send(mail(), RECIPIENT, nothing)
    assert len(inbox.taken) == 1


async def test_a_refused_recipient_is_told_from_one_who_is_refused_for_now() -> None:
    inbox = Inbox(rcpt_answer="550 5.1.1 no such mailbox")
    steps, handing_over = recorder()
    async with mail_server(inbox) as server:
        mailer = SmtpMailer(settings(server.port))
        with pytest.raises(RecipientRefused, match=r"550 5\.1\.1 no such mailbox"):
            await mailer.send(mail(), RECIPIENT, handing_over)
        inbox.rcpt_answer = "450 4.2.0 greylisted"
        with pytest.raises(MailError, match=r"450 4\.2\.0 greylisted") as refused:
            await mailer.send(mail(), RECIPIENT, handing_over)
    assert not isinstance(refused.value, RecipientRefused)
    assert steps == []


@pytest.mark.parametrize("answer", ["451 4.3.0 try later", "554 5.7.1 looks like spam"])
async def test_an_error_after_the_dot_is_a_failure_not_an_unknown_outcome(answer: str) -> None:
    async with mail_server(Inbox(data_answer=answer)) as server:
        with pytest.raises(MailError, match=answer):
            await SmtpMailer(settings(server.port)).send(mail(), RECIPIENT, nothing)


async def test_a_server_that_is_down_is_a_failure() -> None:
    async with mail_server(Inbox()) as server:
        port = server.port
    mailer = SmtpMailer(settings(port))
    with pytest.raises(MailError):
        await mailer.send(mail(), RECIPIENT, nothing)
    with pytest.raises(MailError):
        await mailer.check()


@pytest.mark.parametrize(
    "address",
    ["wang@example.com>\r\nRCPT TO:<thief@example.com", "wang", "", "王@example.com", "a b@example.com", "a@b@c"],
)
async def test_an_address_that_no_server_takes_is_refused_for_good(address: str) -> None:
    inbox = Inbox()
    async with mail_server(inbox) as server:
        with pytest.raises(RecipientRefused):
            await SmtpMailer(settings(server.port)).send(mail(), address, nothing)
    assert inbox.taken == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's TLS context, and one that trusts it."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(
        [*command.split(), "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


@pytest.mark.parametrize("how", ["tls", "starttls"])
async def test_an_encrypted_mail_with_log_in(how: str, certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server_side, client_side = certificate
    inbox = Inbox()
    async with mail_server(inbox, tls=server_side, starttls=how == "starttls", log_in=True) as server:
        chosen = settings(server.port, smtp_user="reports", smtp_password="secret").model_copy(update={"smtp_tls": how})
        mailer = SmtpMailer(chosen, tls=client_side)
        await mailer.check()
        await mailer.send(mail(), RECIPIENT, nothing)
    assert inbox.logins == [(b"reports", b"secret")] * 2
    assert inbox.encrypted == [True]


@pytest.mark.parametrize("how", ["none", "tls", "starttls"])
async def test_a_mail_out_of_the_loop_in_which_the_service_runs(
    how: str, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """Its transports are not of asyncio's classes."""
    inbox, (steps, handing_over) = Inbox(), recorder()
    async with mail_server(inbox, tls=None if how == "none" else certificate[0], starttls=how == "starttls") as server:
        mailer = SmtpMailer(settings(server.port).model_copy(update={"smtp_tls": how}), tls=certificate[1])

        async def send() -> str:
            answer = await mailer.send(mail(), RECIPIENT, handing_over)
            await asyncio.sleep(0.1)  # a service lives on; a loop that ends at once does not like half-closed TLS
            return answer

        answer = await asyncio.to_thread(uvloop.run, send())
    assert (answer, steps, len(inbox.taken)) == ("250 OK, taken", ["handed over"], 1)


@pytest.mark.parametrize("how", ["tls", "starttls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    how: str, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    inbox = Inbox()
    async with mail_server(inbox, tls=certificate[0], starttls=how == "starttls") as server:
        with pytest.raises(MailError):
            await SmtpMailer(settings(server.port).model_copy(update={"smtp_tls": how})).send(
                mail(), RECIPIENT, nothing
            )
    assert inbox.taken == []


async def test_a_server_that_hides_starttls_gets_no_password() -> None:
    inbox = Inbox()
    async with mail_server(inbox, log_in=True) as server:
        chosen = settings(server.port, smtp_user="reports", smtp_password="secret")
        with pytest.raises(MailError):
            await SmtpMailer(chosen.model_copy(update={"smtp_tls": "starttls"})).send(mail(), RECIPIENT, nothing)
    assert inbox.logins == []


async def test_a_wrong_password_says_so_and_does_not_repeat_it() -> None:
    inbox = Inbox()
    async with mail_server(inbox, log_in=True) as server:
        mailer = SmtpMailer(settings(server.port, smtp_user="reports", smtp_password="wrong-one"))
        with pytest.raises(MailError, match="535") as refused:
            await mailer.check()
    assert "wrong-one" not in str(refused.value)


def test_without_a_mail_server_the_mail_goes_to_a_folder(tmp_path: Path) -> None:
    assert isinstance(make_mailer(Settings(mode="development", data_dir=tmp_path)), FolderMailer)
    assert isinstance(make_mailer(settings(25)), SmtpMailer)
