"""The worked templates are templates that an organisation could load."""

import pytest

from checklists.responses import check_response
from checklists.template import Template
from checklists.template_loader import load_template
from tests.worked_numbers import ALL_CHECKS, LATE_CHECK, TEMPLATES, Check, as_yaml


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_a_worked_template_survives_its_file(template: Template) -> None:
    assert load_template(as_yaml(template), f"{template.key}.yaml") == template


@pytest.mark.parametrize("check", [*ALL_CHECKS, LATE_CHECK], ids=lambda check: check.name)
def test_a_worked_check_holds_only_responses_that_a_push_accepts(check: Check) -> None:
    problems = [check_response(item, check.responses[item.key]) for item in check.template.items()]
    assert problems == [None] * len(check.template.items())
