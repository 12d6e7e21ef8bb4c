"""What is borrowed for the tests is what its maintainers published."""

import json
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).parent / "vendor"


def test_every_borrowed_file_is_listed_with_its_hash_and_has_its_licence_beside_it() -> None:
    packages = json.loads((VENDOR / "VENDORED.json").read_text("utf-8"))
    for package in packages:
        assert (VENDOR / package["licence_file"]).read_text("utf-8").strip()
        for entry in package["files"]:
            assert sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    listed = {VENDOR / entry["file"] for package in packages for entry in package["files"]}
    assert set(VENDOR.rglob("*.js")) == listed
