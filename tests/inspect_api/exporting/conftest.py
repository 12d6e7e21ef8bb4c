from tests.inspect_api.scorecards.conftest import clock, desk

__all__ = ["clock", "desk"]
