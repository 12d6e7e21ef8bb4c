"""Mail: how it is handed over exactly once, and how it looks."""

from inspect_api.mail.folder import FolderMailer
from inspect_api.mail.mailer import Mailer
from inspect_api.mail.smtp import SmtpMailer
from inspect_api.settings import Settings


def make_mailer(settings: Settings) -> Mailer:
    """The mailer of the settings: SMTP, or a folder where no server is set."""
    if settings.smtp_host is None:
        return FolderMailer(settings.data_dir / "mail")
    return SmtpMailer(settings)
