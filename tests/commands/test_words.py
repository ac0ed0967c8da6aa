"""What errors say, and what is made of what users pass as a store."""

import asyncio
import subprocess
import sys
import textwrap

import fsspec
import numpy as np
import pytest
import s3fs

import frozarr
from frozarr import aio
from frozarr.errors import MetadataError, ReadOnlyError
from frozarr.storage import FsspecStore, LocalStore, MemoryStore, ZipStore


def python(code, **names):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code).format(**names)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


LIMITED = """
    import resource, signal
    import numpy as np
    import frozarr
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    array = frozarr.zeros(8, store={path!r}, dtype="i4", chunks=4, compressors=None)
    array[:4] = 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    for call in (
        lambda: array.__setitem__(slice(None), 2),
        lambda: frozarr.create_array({path!r} + "/new", data=np.ones(4)),
        lambda: frozarr.create_array({path!r} + "/new", shape=3, dtype="i4"),
        lambda: frozarr.create_array({path!r}, data=np.ones(4), overwrite=True),
    ):
        try:
            call()
        except OSError as error:
            print(type(error).__name__, error, *error.__notes__, sep=" | ")
    print(array[...].tolist())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of the size of files are POSIX's")
def test_a_full_disk_names_array_key_and_file(tmp_path):
    path = tmp_path / "a"
    lines = python(LIMITED, path=str(path)).splitlines()
    assert len(lines) == 5, lines
    assert f"key 'c/0' was not written, file {path}/c/0" in lines[0]
    assert f"array: file://{path}, shape (8,)" in lines[0]
    assert f"key 'zarr.json' was not written, file {path}/new/zarr.json" in lines[1]
    assert not (path / "new" / "zarr.json").exists()
    assert lines[-1] == "[1, 1, 1, 1, 0, 0, 0, 0]"
    assert sorted(p.name for p in path.rglob("*") if p.is_file()) == ["0", "zarr.json"]


def test_a_creation_that_fails_half_way_leaves_nothing(tmp_path):
    inner = LocalStore(tmp_path)

    class Fails(frozarr.storage.WrapperStore):
        def handle(self, request):
            if isinstance(request, frozarr.storage.Put) and "a/b/c/1" in request.keys:
                yield from frozarr.storage.Put(["a/b/c/0"], [b""])
                raise OSError("disk full")
            return (yield from request)

    with pytest.raises(OSError, match="disk full"):
        frozarr.create_array(Fails(inner), data=np.arange(6), chunks=2, name="a/b")
    assert [key for key in inner.blocking.list() if key.startswith("a/b")] == []
    assert frozarr.create_array(inner, data=np.arange(6), chunks=2, name="a/b").shape == (6,)


def test_text_has_no_missing_values():
    with pytest.raises(ValueError, match="element 1 is None.*mask beside"):
        frozarr.create_array({}, data=np.array(["a", None], object))
    array = frozarr.create_array({}, shape=2, dtype="string")
    with pytest.raises(TypeError, match="got None; there are no missing ones"):
        array[...] = ["a", None]


def test_what_there_is_instead():
    with pytest.raises(MetadataError, match=r"cname: expected one of \['lz4', .*'lz5'"):
        frozarr.create_array({}, shape=2, dtype="i4", compressors=[
            {"name": "blosc", "configuration": {"cname": "lz5", "clevel": 5, "shuffle": "noshuffle", "blocksize": 0}},
        ])  # fmt: skip
    for zarr_format in (2, 3):
        with pytest.raises(ValueError, match="order"):
            frozarr.zeros(2, order="K", zarr_format=zarr_format)


def test_shards_are_not_called_chunks():
    for wrong, error in (((10,), ValueError), ((0, 10), ValueError), ("big", TypeError)):
        with pytest.raises(error, match="^shards"):
            frozarr.zeros((10, 10), shards=wrong)


@pytest.mark.parametrize(("name", "zarr_format", "made"), [
    ("zstd", 3, "ZstdCodec(level=0, checksum=False)"), ("gzip", 3, "GzipCodec(level=5)"),
    ("blosc", 3, "BloscCodec(typesize=4, cname='zstd', clevel=5, shuffle='shuffle', blocksize=0)"),
    ("crc32c", 3, "Crc32cCodec()"), ("zstd", 2, {"id": "zstd", "level": 0}),
    ("zlib", 2, {"id": "zlib", "level": 1}), ("lz4", 2, {"id": "lz4", "acceleration": 1}),
    ("blosc", 2, {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}),
])  # fmt: skip
def test_codecs_go_by_their_names(name, zarr_format, made):
    import zarr

    for compressors in (name, [name]):
        store = MemoryStore({})
        array = frozarr.create_array(
            store, data=np.arange(4, dtype="i4"), compressors=compressors, zarr_format=zarr_format
        )
        (codec,) = array.compressors
        assert (repr(codec) if zarr_format == 3 else codec.to_json()) == made
        theirs = zarr.open_array(zarr.storage.MemoryStore(store.store_dict))
        assert theirs[:].tolist() == [0, 1, 2, 3]
    assert (
        frozarr.create_array({}, shape=2, dtype="u2", compressors="lz4").compressors[0].name
        == "lz4"
    )


def test_read_only_errors_name_what(tmp_path):
    frozarr.create_array(tmp_path, name="a/b", data=[1, 2])
    read = frozarr.open_array(tmp_path, path="a/b", mode="r")
    for call in (
        lambda: read.resize(3), lambda: read.append([1]), lambda: read.update_attributes({"a": 1}),
        lambda: read.__setitem__(0, 1),
    ):  # fmt: skip
        with pytest.raises(ReadOnlyError, match=rf"file://{tmp_path}.*can't change 'a/b'"):
            call()
    root = frozarr.open_array(frozarr.zeros(2).store, mode="r")
    with pytest.raises(ReadOnlyError, match="can't change its root"):
        root[0] = 1


def test_a_zip_file_is_opened_to_be_read(tmp_path):
    with ZipStore(tmp_path / "a.zip", mode="w") as store:
        frozarr.create_array(store, name="x", data=[1, 2])
    for place in (str(tmp_path / "a.zip"), tmp_path / "a.zip", f"file://{tmp_path}/a.zip"):
        array = frozarr.open_array(place, path="x")
        assert isinstance(array.store, ZipStore)
        assert array.read_only
        assert array[...].tolist() == [1, 2]
    assert frozarr.load(tmp_path / "a.zip", "x").tolist() == [1, 2]
    with pytest.raises(ReadOnlyError):
        frozarr.open_array(tmp_path / "a.zip", path="x", mode="r+")
    (tmp_path / "b.nc").write_bytes(b"CDF\x01")
    for call in (
        lambda: frozarr.open_array(tmp_path / "b.nc"),
        lambda: frozarr.zeros(2, store=str(tmp_path / "b.nc")),
    ):
        with pytest.raises(NotADirectoryError, match="a file and no ZIP archive"):
            call()


def test_a_typo_in_a_bucket_makes_no_bucket(s3):
    url, options = s3
    fs = s3fs.S3FileSystem(**options)
    before = set(fs.ls(""))
    for call in (
        lambda: frozarr.zeros(2, store="s3://no-such-bucket/a.zarr", storage_options=options),
        lambda: frozarr.save("s3://no-such-bucket/a.zarr", [1, 2], storage_options=options),
    ):
        with pytest.raises(FileNotFoundError, match="bucket"):
            call()
    fs.invalidate_cache()
    assert set(fs.ls("")) == before
    assert frozarr.zeros(2, store=url, storage_options=options).shape == (2,)


def test_nothing_above_the_root_is_made(tmp_path):
    class Remote(fsspec.implementations.local.LocalFileSystem):
        protocol = "sftp"
        root_marker = "/"

    (tmp_path / "there").mkdir()
    good = FsspecStore._of(
        Remote(), str(tmp_path / "there" / "a.zarr"), False, (FileNotFoundError,)
    )
    assert frozarr.zeros(2, store=good, path="g/a")[...].tolist() == [0, 0]
    bad = FsspecStore._of(Remote(), str(tmp_path / "typo" / "a.zarr"), False, (FileNotFoundError,))
    with pytest.raises(FileNotFoundError, match="nothing above a store's root is made"):
        frozarr.zeros(2, store=bad)
    assert not (tmp_path / "typo").exists()
    assert frozarr.zeros(2, store=f"local://{tmp_path}/new/deep/a.zarr").shape == (2,)


def test_the_loop_goes_on_while_packages_are_imported():
    code = """
        import asyncio, threading
        from frozarr import aio
        async def main():
            loop = threading.get_ident()
            seen = []
            import builtins, importlib
            find = importlib._bootstrap._find_spec
            def watched(name, *more):
                if name.partition(".")[0] in ("fsspec", "s3fs", "aiohttp"):
                    seen.append((name, threading.get_ident() == loop))
                return find(name, *more)
            importlib._bootstrap._find_spec = watched
            await aio.create_array("memory://loop/a", data=[1, 2])
            on_loop = [name for name, here in seen if here and name.count(".") < 2]
            print(len(seen) > 3, on_loop)
        asyncio.run(main())
    """
    assert python(code).startswith("True []")


def test_stores_that_come_by_position_or_name():
    async def main():
        await aio.create_array(store="memory://by-name", data=[1, 2])
        array = await frozarr.AsyncArray.open("memory://by-name")
        return await array.getitem(1)

    assert asyncio.run(main()) == 2
