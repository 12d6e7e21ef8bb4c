"""``python -m tests.inspect_api.uploads.server FOLDER PORT``: the real server on a migrated database in FOLDER."""

import sys
from pathlib import Path

import uvicorn

from inspect_api.app import create_app
from inspect_api.blobs import open_blob_store
from inspect_api.database import Database
from inspect_api.mail.folder import FolderMailer
from inspect_api.services import Services, system_clock
from inspect_api.settings import Settings


def main(folder: Path, port: int) -> None:
    settings = Settings(mode="development", data_dir=folder, jobs=False, port=port)
    database = Database(settings.effective_database_url())
    services = Services(settings, database, system_clock, open_blob_store(settings), FolderMailer(folder / "mail"))
    uvicorn.run(create_app(services), host=settings.host, port=port, log_level="warning", timeout_keep_alive=30)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
