"""What every tablet was told, written down in the moment of the answer, outside of the tablet and never changed."""

import json
import threading
from pathlib import Path
from typing import Any


class Journal:
    """One JSON object a line: ``{"what": "change", "id", "status", "code", "change"}`` or ``{"what": "photo", …}``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")

    def push_answered(self, replica_id: str, request: bytes, answer: bytes) -> None:
        sent, results = json.loads(request)["changes"], json.loads(answer)["results"]
        for change, result in zip(sent, results, strict=True):
            self._write(
                what="change",
                replica=replica_id,
                id=change["id"],
                status=result["status"],
                code=result.get("code"),
                retry=result.get("retry", False),
                change=change,
            )

    def photo_confirmed(self, replica_id: str, sha256: str) -> None:
        self._write(what="photo", replica=replica_id, sha256=sha256)

    def photo_taken(self, sha256: str, width: int, height: int) -> None:
        """No promise of the server: what the picture is, to tell an altered one by."""
        self._write(what="picture", sha256=sha256, width=width, height=height)

    def close(self) -> None:
        self._file.close()

    def _write(self, **entry: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
