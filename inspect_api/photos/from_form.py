"""A photo that comes with a form of the pages: checked and stored like one that a tablet uploads."""

import hashlib
from datetime import timedelta

from checklists.ids import new_id
from inspect_api.auth.principal import Principal
from inspect_api.photos.intake import store_photo
from inspect_api.photos.messages import PhotoRefused
from inspect_api.problems import Code, Problem
from inspect_api.services import Services
from inspect_api.uploads.finishing import refusal_problem, upload_files
from inspect_api.uploads.store import UploadRow, UploadState, insert_upload


def store_form_photo(services: Services, user: Principal, content: bytes) -> str | None:
    """Its SHA-256; None when the form came without a photo. Blocks for decoding.

    Problem PHOTO_REFUSED, BODY_TOO_LARGE.
    """
    if not content:
        return None
    if len(content) > services.settings.photo_max_bytes:
        raise Problem(Code.BODY_TOO_LARGE, "照片过大", "The photo is too large")
    sha256, now = hashlib.sha256(content).hexdigest(), services.clock()
    row = UploadRow(
        id=new_id(),
        organisation_id=user.organisation_id,
        user_id=user.user_id,
        sha256=sha256,
        length=len(content),
        state=UploadState.STORED,
        refusal=None,
        expires_at=now + timedelta(hours=services.settings.upload_hours),
    )
    with upload_files(services).aside(content) as path:
        try:
            store_photo(
                services,
                user.organisation_id,
                sha256,
                path,
                uploaded_by=user.user_id,
                also=lambda connection: insert_upload(connection, row, None, now),
            )
        except PhotoRefused as refused:
            raise refusal_problem(refused.reason) from refused
    return sha256
