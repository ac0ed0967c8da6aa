"""The table of promises in docs/reliability.md, made of what stores declare.

``python -m tests.promises`` writes it.
"""

import tempfile
from pathlib import Path

from frozarr.storage import FsspecStore, LocalStore, MemoryStore, ObspecStore, ZipStore

PAGE = Path(__file__).parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- promises -->", "<!-- end of promises -->"


class Client:
    """A client of an object store, as far as what it can do is concerned."""

    config = {"bucket": "b"}
    get_async = get_range_async = put_async = delete_async = head_async = list = print


def stores():
    folder = tempfile.mkdtemp()
    s3 = {"key": "x", "secret": "y"}
    clients = {name: type(name, (Client,), {})() for name in ("S3Store", "GCSStore", "LocalStore")}
    return {
        "a directory (`LocalStore`)": LocalStore(folder),
        "a directory through fsspec (`file://`)": FsspecStore.from_url(f"file://{folder}"),
        "memory (`MemoryStore`)": MemoryStore(),
        "a ZIP archive (`ZipStore`)": ZipStore(f"{folder}/a.zip", mode="w"),
        "S3 through s3fs (`s3://`)": FsspecStore.from_url("s3://bucket/a", s3),
        "S3 through obstore": ObspecStore(clients["S3Store"]),
        "GCS and Azure through obstore (not tried here)": ObspecStore(clients["GCSStore"]),
        "other clients of obstore": ObspecStore(clients["LocalStore"]),
        "other filesystems of fsspec": FsspecStore.from_url("memory://a"),
    }


def table():
    head = [
        "store", "updates by threads", "updates by processes", "appends are seen whole",
        "overwrites and transactions at once", "deletes",
    ]  # fmt: skip
    rows = [
        [
            name, "none lost", "none lost" if store.swaps_between_processes else "last one wins",
            yes(store.holds_nodes), yes(store.exchanges_nodes), yes(store.supports_deletes),
        ]
        for name, store in stores().items()
    ]  # fmt: skip
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def yes(value):
    return "yes" if value else "no"


def with_table(text):
    start, rest = text.split(BEGIN)
    return f"{start}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
