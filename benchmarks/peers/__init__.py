"""Public systems of this kind, installed by their own packages, measured beside ours (``make bench-peers``)."""
