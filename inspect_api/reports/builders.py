"""Which function makes the mail of which kind."""

from collections.abc import Mapping

from inspect_api.reports.kinds import EMPLOYEE, NOTICE, PREVIEW, WEEKLY
from inspect_api.reports.letters import employee_mail, notice_mail
from inspect_api.reports.sending import Builder
from inspect_api.reports.weekly import weekly_mail

BUILDERS: Mapping[str, Builder] = {
    WEEKLY: weekly_mail,
    PREVIEW: weekly_mail,
    EMPLOYEE: employee_mail,
    NOTICE: notice_mail,
}
