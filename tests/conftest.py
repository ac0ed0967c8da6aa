"""What many tests share: a store, an array, and real servers on loopback."""

import functools
import http.server
import os
import re
import threading
import uuid

import numpy as np
import pytest

import frozarr
from frozarr.storage import LocalStore, MemoryStore

collect_ignore = ["hidden_names.py"]  # a plugin, for runs of its own


@pytest.fixture(params=["memory", "local"])
def store(request, tmp_path):
    """An empty store, in memory and on disk."""
    return MemoryStore() if request.param == "memory" else LocalStore(tmp_path)


@pytest.fixture
def values():
    """What `array` holds."""
    return np.arange(7 * 10 * 3, dtype="i4").reshape(7, 10, 3)


@pytest.fixture
def array(store, values):
    """An array of three axes in several chunks, below a group."""
    made = frozarr.create_array(store, name="g/a", shape=(7, 10, 3), chunks=(2, 4, 3), dtype="i4")
    made[...] = values
    return made


@pytest.fixture(scope="session")
def s3_endpoint():
    """URL of an S3 server."""
    from moto.server import ThreadedMotoServer

    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_endpoint):
    """URL of a new bucket, and the options to reach it."""
    import s3fs

    options = {"endpoint_url": s3_endpoint, "key": "x", "secret": "y", "use_listings_cache": False}
    bucket = f"bucket-{uuid.uuid4().hex}"
    s3fs.S3FileSystem(**options).mkdir(bucket)
    return f"s3://{bucket}/a.zarr", options


class Files(http.server.SimpleHTTPRequestHandler):
    """Files of a folder; ranges are honoured or ignored."""

    ranges = True
    asked = None

    def log_message(self, *_):
        return

    def do_GET(self):
        self.asked.append(("GET", self.path, self.headers.get("Range")))
        wanted = self.headers.get("Range")
        path = self.translate_path(self.path)
        if not (self.ranges and wanted and os.path.isfile(path)):
            super().do_GET()
            return
        size = os.path.getsize(path)
        first, last = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted).groups()
        start = int(first) if first else max(0, size - int(last))
        stop = min(int(last) + 1, size) if first and last else size
        if start >= size:
            self.send_error(416)
            return
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        with open(path, "rb") as file:
            file.seek(start)
            self.wfile.write(file.read(stop - start))

    def do_HEAD(self):
        self.asked.append(("HEAD", self.path, None))
        super().do_HEAD()


@pytest.fixture(params=["ranges", "no ranges"])
def web(request, tmp_path):
    """A folder, the URL that serves it, and the list of requests so far."""
    asked = []
    handler = type("Handler", (Files,), {"ranges": request.param == "ranges", "asked": asked})
    server = http_server(functools.partial(handler, directory=str(tmp_path)))
    yield tmp_path, f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def http_server(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
