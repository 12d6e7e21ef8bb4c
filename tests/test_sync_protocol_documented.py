"""``docs/sync-protocol.md`` is what others write their clients by: it must not fall behind the code."""

import re
from pathlib import Path

import msgspec
import pytest

from inspect_api.settings import Settings
from sync import feed, paths, pull
from sync.messages import Change, ChangeResult, InspectionView, PullAnswer, PushAnswer, PushRequest
from sync.refusals import MAX_BODY, RefusalCode
from sync.tablet.connection import LONGEST_WAIT

PAGE = (Path(__file__).parents[1] / "docs" / "sync-protocol.md").read_text("utf-8")


@pytest.mark.parametrize("code", RefusalCode)
def test_every_refusal_is_explained(code: RefusalCode) -> None:
    assert f"`{code}`" in PAGE


@pytest.mark.parametrize("message", [Change, PushRequest, PushAnswer, ChangeResult, PullAnswer, InspectionView])
def test_every_member_is_named(message: type[msgspec.Struct]) -> None:
    for name in message.__struct_fields__:
        assert re.search(rf'[`"]{name}["`]', PAGE), name


def test_every_path_and_kind_is_named() -> None:
    known = {value for value in vars(paths).values() if isinstance(value, str) and re.fullmatch(r"\w+/\w+", value)}
    assert {path for path in known if path not in PAGE} == set()
    kinds = [feed.INSPECTION, feed.TEMPLATE_REVISION, feed.SITE, feed.WORKSPACE, feed.POST, feed.EMPLOYEE, feed.USER]
    kinds += [feed.DISPUTE, feed.CORRECTIVE_ACTION]
    assert [kind for kind in kinds if f"`{kind}`" not in PAGE] == []


def test_the_limits_are_those_of_the_code() -> None:
    settings = Settings(mode="development")
    assert f"{settings.push_max_changes} changes and {settings.push_body_limit:,} bytes".replace(",", " ") in PAGE
    assert f"{MAX_BODY:,} bytes".replace(",", " ") in PAGE
    assert f"1 to {pull.MAX_ROWS}" in PAGE
    assert f"at most {LONGEST_WAIT / 60:.0f} minutes" in PAGE


def test_the_change_that_is_shown_is_one() -> None:
    example = re.search(r"## Changes\n```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    change = msgspec.json.decode(example[1], type=Change)
    assert change.supersedes[next(iter(change.fields))][0] < change.stamp
