"""Mail addresses as people type them, and as SMTP takes them."""

import re
from email.headerregistry import Address
from email.policy import default

# One @, no blank, no bracket, no control character, ASCII: anything else needs an extension that few servers have.
_ADDRESS = re.compile(r"[!#-'*+./0-9=?A-Z^-~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_LONGEST = 254


def usable(address: str) -> bool:
    """Whether a mail can be sent to it: ``name@host`` in ASCII."""
    return len(address) <= _LONGEST and _ADDRESS.fullmatch(address) is not None


def sender_address(mail_from: str) -> Address:
    """The setting ``mail_from`` (``Name <address>``). ValueError when it is not one usable address."""
    addresses: tuple[Address, ...] = default.header_factory("From", mail_from).addresses
    if len(addresses) != 1 or not usable(addresses[0].addr_spec):
        raise ValueError(f"mail_from is not an address: {mail_from!r}")
    return addresses[0]
