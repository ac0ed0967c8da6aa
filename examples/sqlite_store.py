"""A store in a SQLite file: what it takes to write one for frozarr."""

import os
import sqlite3
from contextlib import closing, contextmanager

from frozarr.storage import BlockingStore, Delete, Get, ListPrefix, Put, answers, as_value


class SqliteStore(BlockingStore):
    """Keys and values in one table of a SQLite file."""

    def __init__(self, path, *, read_only=False):
        super().__init__(read_only=read_only)
        self.path = os.path.realpath(path)
        with self._connection() as db:
            db.execute("CREATE TABLE IF NOT EXISTS chunks (key TEXT PRIMARY KEY, value BLOB)")

    @contextmanager
    def _connection(self):
        with closing(sqlite3.connect(self.path, timeout=60)) as db, db:
            yield db

    @property
    def url(self):
        return f"sqlite://{self.path}"

    @property
    def identity(self):
        return ("sqlite", self.path)

    @answers(Get)
    def _get(self, request):
        with self._connection() as db:
            rows = [db.execute("SELECT value FROM chunks WHERE key = ?", [k]).fetchone()
                    for k in request.keys]  # fmt: skip
        return [None if row is None else row[0] for row in rows]

    @answers(Put)
    def _put(self, request):
        rows = [(k, bytes(as_value(v))) for k, v in zip(request.keys, request.values, strict=True)]
        with self._connection() as db:
            db.executemany("INSERT OR REPLACE INTO chunks VALUES (?, ?)", rows)

    @answers(Delete)
    def _delete(self, request):
        with self._connection() as db:
            db.executemany("DELETE FROM chunks WHERE key = ?", [(key,) for key in request.keys])

    @answers(ListPrefix)
    def _list(self, request):
        with self._connection() as db:
            keys = [key for (key,) in db.execute("SELECT key FROM chunks ORDER BY key")]
        return [k for k in keys if not request.prefix or k.startswith(f"{request.prefix}/")]
