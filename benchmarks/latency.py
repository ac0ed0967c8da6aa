"""Stores that take their time: ``python benchmarks/latency.py``.

A server on loopback that answers S3's GET after 20 ms, and a dictionary that does the same within
the process: wall time of reads against the ideal number of round trips. Then the client's CPU time
per request, without the delay, beside what the S3 client alone takes.
"""

import asyncio
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

import numpy as np

DELAY = 0.02

BUCKET = "bench"


async def answer(reader, writer, values, delay):
    """Answer the GET requests of one connection, each after a while."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            line, *headers = head.decode("latin-1").split("\r\n")
            key = urllib.parse.unquote(line.split(" ")[1].partition("?")[0]).removeprefix(
                f"/{BUCKET}/"
            )
            ranges = [h.split(":", 1)[1].strip() for h in headers if h.lower().startswith("range:")]
            if delay:
                await asyncio.sleep(delay)
            found = response(values.get(key), ranges[0] if ranges else None)
            if line.startswith("HEAD"):
                found = found[: found.index(b"\r\n\r\n") + 4]
            writer.write(found)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def response(value, wanted):
    tag = 'ETag: "x"\r\nLast-Modified: Sat, 01 Jan 2000 00:00:00 GMT\r\n'
    if value is None:
        body = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
        status, extra = "404 Not Found", "Content-Type: application/xml\r\n"
    elif wanted is None:
        body, status, extra = value, "200 OK", tag
    else:
        first, last = wanted.removeprefix("bytes=").split("-")
        start = int(first) if first else max(0, len(value) - int(last))
        stop = min(int(last) + 1, len(value)) if first and last else len(value)
        body, status = value[start:stop], "206 Partial Content"
        extra = f"{tag}Content-Range: bytes {start}-{stop - 1}/{len(value)}\r\n"
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


async def serve(values, delay):
    server = await asyncio.start_server(
        lambda r, w: answer(r, w, values, delay), "127.0.0.1", 0, backlog=1000
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def started(path, delay):
    process = subprocess.Popen(
        [sys.executable, __file__, path, str(delay)], stdout=subprocess.PIPE, text=True
    )
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"


def openers(endpoint, bucket=BUCKET):
    """name -> (open, read) of each library that is installed."""
    options = {"endpoint_url": endpoint, "key": "x", "secret": "y"}
    import frozarr

    yield (
        "frozarr (s3fs)",
        lambda p: frozarr.open_array(f"s3://{bucket}/{p}", mode="r", storage_options=options),
    )
    try:
        import obstore.store

        client = obstore.store.S3Store(
            bucket, endpoint=endpoint, access_key_id="x", secret_access_key="y",
            region="us-east-1", client_options={"allow_http": True},
        )  # fmt: skip
        yield "frozarr (obstore)", lambda p: frozarr.open_array(client, path=p, mode="r")
    except ImportError:
        pass
    try:
        import zarr

        yield (
            "zarr-python (s3fs)",
            lambda p: zarr.open_array(f"s3://{bucket}/{p}", mode="r", storage_options=options),
        )
    except ImportError:
        pass
    try:
        import tensorstore

        class Reader:
            def __init__(self, path):
                spec = {"driver": "zarr3", "kvstore": {
                    "driver": "s3", "bucket": bucket, "path": path, "endpoint": endpoint,
                    "aws_region": "us-east-1",
                }}  # fmt: skip
                self.array = tensorstore.open(spec, open=True).result()

            def __getitem__(self, selection):
                return self.array[selection].read().result()

        yield "tensorstore", Reader
    except ImportError:
        pass


ROWS = {
    "open": (None, 1),
    "64 chunks": (("chunks", np.s_[:64]), 1),
    "256 chunks": (("chunks", np.s_[:]), 4),
    "one inner chunk": (("shards", np.s_[5]), 2),
    "a part of each of 16 shards": (("shards", np.s_[::16]), 2),
}


def measure(make, row, repeat=5):
    what, _ = row
    times = []
    for _ in range(repeat):
        array = make("chunks" if what is None else what[0])
        if what is not None:
            np.asarray(array[250:251])  # connected
            array = make(what[0])
        start = time.perf_counter()
        if what is None:
            make("chunks")
        else:
            np.asarray(array[what[1]])
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    import frozarr

    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    values = {}
    data = np.arange(256 * 64, dtype="u2").reshape(256, 64)
    for name, more in (("chunks", {}), ("shards", {"shards": (16, 64)})):
        frozarr.create_array(values, name=name, data=data, chunks=(1, 64), compressors=None, **more)
    with tempfile.NamedTemporaryFile() as file:
        pickle.dump(values, file)
        file.flush()
        slow, slow_url = started(file.name, DELAY)
        fast, fast_url = started(file.name, 0)
        try:
            print("| workload | ideal ms | client | ms | of the ideal |\n|---|---|---|---|---|")
            for title, row in ROWS.items():
                ideal = row[1] * DELAY * 1000
                for name, make in (*in_process(values), *openers(slow_url)):
                    found = measure(make, row) * 1000
                    print(f"| {title} | {ideal:.0f} | {name} | {found:.1f} | {found / ideal:.2f} |")
            cpu(fast_url)
        finally:
            slow.kill()
            fast.kill()


def in_process(values):
    """The same dictionary at a distance, without a network."""
    import frozarr
    from frozarr.testing.latency import LatencyStore

    store = LatencyStore(values, delay=DELAY)
    yield "frozarr (in process)", lambda p: frozarr.open_array(store, path=p, mode="r")
    try:
        import zarr
        from zarr.testing.store import LatencyStore as Theirs

        buffers = {k: zarr.core.buffer.cpu.Buffer.from_bytes(v) for k, v in values.items()}
        other = Theirs(zarr.storage.MemoryStore(buffers), get_latency=DELAY)
        yield "zarr-python (in process)", lambda p: zarr.open_array(other, path=p, mode="r")
    except ImportError:
        pass


def cpu(endpoint):
    """CPU time of this process per request, beside what the client alone takes."""
    import s3fs

    options = {"endpoint_url": endpoint, "key": "x", "secret": "y"}
    fs = s3fs.S3FileSystem(**options)
    paths = [f"bench/chunks/c/{i}/0" for i in range(256)]
    runs = {"s3fs alone": lambda: fs.cat_ranges(paths, [0] * 256, [128] * 256, batch_size=64)}
    for name, make in openers(endpoint):
        array = make("chunks")
        runs[name] = lambda array=array: np.asarray(array[:])
    print("\n| client | CPU µs per request |\n|---|---|")
    for name, run in runs.items():
        run()
        spent = []
        for _ in range(5):
            start = time.process_time()
            run()
            spent.append((time.process_time() - start) / 256 * 1e6)
        print(f"| {name} | {statistics.median(spent):.0f} |")


if __name__ == "__main__":
    if sys.argv[1:]:
        with open(sys.argv[1], "rb") as file:
            asyncio.run(serve(pickle.load(file), float(sys.argv[2])))
    else:
        main()
