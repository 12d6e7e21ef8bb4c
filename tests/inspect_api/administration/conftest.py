from tests.inspect_api.disputes.conftest import court

__all__ = ["court"]
