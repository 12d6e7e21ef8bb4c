"""Makes ``fixtures/tablet_schema_N.json``: all that a released version leaves on a tablet.

Run ``python -m tests.browser.schema_fixture`` once for each version of the schema, before it is released; never again
for one that was: those files are what tablets really hold.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import LAUNCH
from tests.browser.tablets import Tablet, Tablets
from tests.server_process import running_server
from tests.worked_numbers import GROOMING
from tests.world import PASSWORD

FOLDER = Path(__file__).parent / "fixtures"
NEWEST = FOLDER / "tablet_schema_2.json"
NOTE = "头发过领"
HAIR = f"{GROOMING.key}.hair"
REPORT_FIX = "([action, note]) => engine.reportFix(action, note, null)"

# Keys that the browser never gives away could not be written to a file; here, and only here, it is asked for ones that
# it does.
LET_KEYS_OUT = """() => {
  const subtle = crypto.subtle;
  const generate = subtle.generateKey.bind(subtle);
  const importKey = subtle.importKey.bind(subtle);
  subtle.generateKey = (kind, _extractable, uses) => generate(kind, true, uses);
  subtle.importKey = (format, key, kind, extractable, uses) =>
    importKey(format, key, kind, kind === "AES-GCM" || extractable, uses);
}"""
_COMMON = """
  const base64 = (bytes) => btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""));
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
"""
DUMP = f"""async () => {{{_COMMON}
  const packed = async (value) => {{
    if (value instanceof CryptoKey) return {{ $key: base64(await crypto.subtle.exportKey("raw", value)) }};
    if (value instanceof Blob) return {{ $blob: base64(await value.arrayBuffer()) }};
    if (value instanceof ArrayBuffer) return {{ $buffer: base64(value) }};
    if (value instanceof Uint8Array) return {{ $bytes: base64(value) }};
    if (value === null || typeof value !== "object") return value;
    const entries = await Promise.all(Object.entries(value).map(async ([name, one]) => [name, await packed(one)]));
    return Object.fromEntries(entries);
  }};
  const databases = [];
  for (const {{ name, version }} of (await indexedDB.databases()).sort((a, b) => (a.name < b.name ? -1 : 1))) {{
    const database = await done(indexedDB.open(name));
    const stores = [];
    for (const storeName of [...database.objectStoreNames].sort()) {{
      const store = database.transaction(storeName).objectStore(storeName);
      const indexes = [...store.indexNames].sort().map((one) => store.index(one));
      const described = indexes.map(({{ name, keyPath, unique }}) => ({{ name, keyPath, unique }}));
      const [keys, values] = [done(store.getAllKeys()), done(store.getAll())];
      const {{ keyPath, autoIncrement }} = store;
      const rows = (await values).map((value, place) => ({{ place, value }}));
      const plain = await keys;
      const keyOf = (place) => (keyPath === null ? plain[place] : null);
      const all = rows.map(async ({{ place, value }}) => ({{ key: keyOf(place), value: await packed(value) }}));
      stores.push({{ name: storeName, keyPath, autoIncrement, indexes: described, rows: await Promise.all(all) }});
    }}
    database.close();
    databases.push({{ name, version, stores }});
  }}
  return {{ databases }};
}}"""
RESTORE = f"""async ({{ databases }}) => {{{_COMMON}
  const unpacked = async (value) => {{
    if (value === null || typeof value !== "object") return value;
    if ("$key" in value) {{
      return crypto.subtle.importKey("raw", bytes(value.$key), "AES-GCM", false, ["encrypt", "decrypt"]);
    }}
    if ("$blob" in value) return new Blob([bytes(value.$blob)]);
    if ("$buffer" in value) return bytes(value.$buffer).buffer;
    if ("$bytes" in value) return bytes(value.$bytes);
    const entries = await Promise.all(Object.entries(value).map(async ([name, one]) => [name, await unpacked(one)]));
    return Object.fromEntries(entries);
  }};
  for (const {{ name, version, stores }} of databases) {{
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {{
      for (const {{ name: storeName, keyPath, autoIncrement, indexes }} of stores) {{
        const store = request.result.createObjectStore(storeName, {{ keyPath, autoIncrement }});
        for (const index of indexes) store.createIndex(index.name, index.keyPath, {{ unique: index.unique }});
      }}
    }};
    const database = await done(request);
    for (const {{ name: storeName, rows }} of stores) {{
      for (const {{ key, value }} of rows) {{
        const plain = await unpacked(value);
        await done(database.transaction(storeName, "readwrite").objectStore(storeName).put(plain, key ?? undefined));
      }}
    }}
    database.close();
  }}
}}"""


def schema_of(dump: dict[str, Any]) -> list[Any]:
    """The shapes without what is in them; user databases have their replica's id in their name."""
    return [
        {
            "name": "inspect-user" if database["name"].startswith("inspect-user-") else database["name"],
            "version": database["version"],
            "stores": [
                {name: member for name, member in store.items() if name != "rows"} for store in database["stores"]
            ],
        }
        for database in dump["databases"]
    ]


def dump(page: Page) -> dict[str, Any]:
    made: dict[str, Any] = page.evaluate(DUMP)
    return made


def make() -> dict[str, Any]:
    """A tablet with a draft in its outbox, a photo, a refused change, a fix to be reported, and all that was pulled."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as (server, world),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**LAUNCH)
        with Tablets(browser, server.url, world) as tablets:
            tablet = tablets.new("chen")
            tablet.page.evaluate(LET_KEYS_OUT)
            tablet.log_in()
            sent = tablet.inspect("lobby-2")
            failed = tablet.inspect("lobby-1", hair="fail")
            tablet.call("revise", sent, "复核")
            tablet.call("write", sent, "responses/nobody.knows", {"value": "pass"})
            tablet.finish()
            action = ask_for_action(tablet, failed)
            tablet.finish()
            tablet.page.evaluate(REPORT_FIX, [action, NOTE])
            draft = tablet.begin()
            tablet.call("respond", draft, HAIR, "fail", {"note": NOTE})
            photo = tablet.photo(draft, HAIR, seed=1, width=32, height=24)
            return dump(tablet.page) | {"draft": draft, "photo": photo, "sent": sent, "action": action}


def ask_for_action(tablet: Tablet, inspection: str) -> str:
    """A manager wants the hair of a failed inspection mended; gives the id of the action."""
    with httpx.Client(base_url=tablet.url, timeout=60) as client:
        login = client.post("/api/v1/auth/login", json={"login": "manager", "password": PASSWORD}).json()
        plan = {"task": "当班改正", "due_on": "2099-01-31"}
        body = {"inspection_id": inspection, "item": HAIR, "plan": plan}
        headers = {"authorization": f"Bearer {login['access_token']}"}
        made = client.post("/api/v1/actions", json=body, headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


if __name__ == "__main__":
    NEWEST.parent.mkdir(exist_ok=True)
    NEWEST.write_text(json.dumps(make(), ensure_ascii=False, indent=1) + "\n", "utf-8")
