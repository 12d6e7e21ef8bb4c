"""What a killed process leaves behind: files that were being written and that nobody will ever finish."""

import time
from pathlib import Path

LEFT_SECONDS = 24 * 3600
"""Older than anything that is still at work."""


def sweep(folder: Path) -> int:
    """Remove what has been left in a folder of files in the making; gives how many files went."""
    if not folder.is_dir():
        return 0
    old = time.time() - LEFT_SECONDS
    left = [path for path in folder.iterdir() if path.stat().st_mtime < old]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
