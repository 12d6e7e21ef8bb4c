"""The job that makes inspections anew after an upgrade that understands more of them."""

from collections.abc import Callable

from inspect_api.services import Services
from sync.replaying import is_due, replay_some


def replay_due(services: Services, keep_going: Callable[[], bool] = lambda: True) -> int:
    """All that are left, some in each transaction; gives how many transactions. Safe in many processes at once."""
    with services.database.read() as connection:  # nearly always there is none, and nothing needs to be written
        if not is_due(connection):
            return 0
    done = 0
    while keep_going():
        with services.database.write() as connection:
            if not replay_some(connection, services.clock()):
                break
        done += 1
    return done
