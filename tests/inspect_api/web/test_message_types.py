from inspect_api.web import message_types


def test_the_types_of_the_tablet_are_those_of_the_messages() -> None:
    """A stale file would let the type checker pass a message that the server refuses."""
    stored = message_types.FILE.read_text("utf-8")
    assert stored == message_types.declarations(), "run python -m inspect_api.web.message_types"
