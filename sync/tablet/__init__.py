"""The reference tablet: a complete client of the sync protocol, in Python. ``docs/sync-protocol.md`` says how it works.

Import ``Tablet`` from ``sync.tablet.tablet`` and ``Connection`` from ``sync.tablet.connection``.
"""
