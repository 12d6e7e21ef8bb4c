"""tus-js-client, the client that most browsers use: it is cut off ten times, its page is closed, and it resumes."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from inspect_api.photos.verify import verify_stored_photos
from tests import photo_fixtures as photos
from tests.fault_proxy import BREAKS, FaultProxy
from tests.inspect_api.uploads.declaring import Waiting
from tests.inspect_api.uploads.test_tuspy import CUTS, PIECE, headers
from tests.inspect_api.uploads.test_uploads import stored
from tests.inspect_api.uploads.tus import UPLOADS, digest
from tests.server_process import ROOT, ServerProcess
from tests.world import World

TUS = ROOT / "inspect_api" / "web" / "tablet" / "vendor" / "tus.js"
_UPLOAD = """
async ({ content, endpoint, headers, sha256, piece, pieces }) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const told = { errors: 0, resumed: false, status: null };
  let taken = 0;
  await new Promise((done, failed) => {
    const upload = new tus.Upload(new File([bytes], "照片.jpg", { lastModified: 1 }), {
      endpoint,
      headers,
      chunkSize: piece,
      metadata: { sha256, filename: "照片.jpg" },
      retryDelays: Array(200).fill(20),
      onShouldRetry: (error) => {
        told.errors += 1;
        const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
        // Below 400: an answer that broke off in its headers. 409: another connection, now dead, holds the upload.
        return status < 400 || status === 409;
      },
      onChunkComplete: () => {
        taken += 1;
        if (taken === pieces) {
          upload.abort().then(() => done());
        }
      },
      onError: (error) => {
        told.status = error.originalResponse ? error.originalResponse.getStatus() : 0;
        done();
      },
      onSuccess: () => done(),
    });
    upload.findPreviousUploads().then((earlier) => {
      if (earlier.length) {
        told.resumed = true;
        upload.resumeFromPreviousUpload(earlier[0]);
      }
      upload.start();
    }, failed);
  });
  return told;
}
"""


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context()
    yield made
    made.close()


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(f"{url}/health")
    page.add_script_tag(path=TUS)
    return page


def upload(page: Page, server: ServerProcess, url: str, content: bytes, pieces: int = 0) -> dict[str, Any]:
    """``pieces``: give up after so many, as a page that is closed; 0: go on to the end."""
    given = {
        "content": base64.b64encode(content).decode(),
        "endpoint": f"{url}{UPLOADS}",
        "headers": headers(server),
        "sha256": digest(content),
        "piece": PIECE,
        "pieces": pieces,
    }
    return dict(page.evaluate(_UPLOAD, given))


def test_tus_js_client_is_cut_off_ten_times_and_resumes_after_its_page_was_closed(
    server: ServerProcess, served_world: World, context: BrowserContext
) -> None:
    world = served_world
    content = photos.phone_jpeg()
    waiting = Waiting(world)
    inspection = waiting.declare(digest(content))
    with FaultProxy(server.port, seed=20261121, rate=0) as line:
        first = opened(context, line.url)
        line.rate = 0.5
        upload(first, server, line.url, content, pieces=3)
        line.rate = 0
        first.close()
        assert stored(world) == []
        second = opened(context, line.url)
        line.break_next = [(b"PATCH ", fault) for fault in 3 * BREAKS]
        assert len(line.break_next) >= CUTS
        told = upload(second, server, line.url, content)
        second.close()
        assert told["resumed"]
        assert told["status"] is None
        assert line.break_next == []
    assert (stored(world), waiting.state(inspection)) == ([digest(content)], "complete")
    assert verify_stored_photos(world.services.database, world.services.blobs).is_whole


def test_tus_js_client_is_told_why_a_photo_is_refused(
    server: ServerProcess, served_world: World, context: BrowserContext
) -> None:
    world = served_world
    page = opened(context, server.url)
    already = stored(world)
    told = upload(page, server, server.url, b"no picture " * 100)
    assert told["status"] == 422
    assert stored(world) == already
