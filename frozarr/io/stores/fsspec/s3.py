"""Objects of S3 by its own calls, which tell versions apart and take conditions.

fsspec's verbs have neither: `s3fs` passes such calls on, and its errors carry the server's code.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from frozarr.errors import RangeNotSatisfiableError
from frozarr.io.byte_requests import ByteRequest
from frozarr.io.programs.requests import check_nbytes
from frozarr.io.stores.fsspec.http_ranges import header_of

__all__ = ["S3Objects", "is_s3"]

_REFUSED: Final = frozenset({"PreconditionFailed", "412"})
_TRY_AGAIN: Final = frozenset({"ConditionalRequestConflict", "409"})
_TRIES: Final = 8
_MOST_DELETED: Final = 1000
"""Keys that one deletion takes (the S3 API reference, DeleteObjects)."""
_MARK: Final = "frozarr-write"
_HONOURED: dict[tuple[str, str], bool] = {}
"""Whether a bucket's server takes conditions, by endpoint and bucket; once that was seen."""


def is_s3(fs: Any) -> bool:
    """Whether a filesystem is `s3fs`."""
    protocol = fs.protocol if isinstance(fs.protocol, tuple | list) else (fs.protocol,)
    return "s3" in protocol and hasattr(fs, "_call_s3")


def code_of(error: BaseException) -> str:
    """The code that the server gave for an error; empty if there is none."""
    response = getattr(error.__cause__, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


class S3Objects:
    """The objects of one bucket.

    Parameters
    ----------
    fs
        The filesystem of s3fs.
    bucket
        The bucket's name.
    """

    def __init__(self, fs: Any, bucket: str) -> None:
        self._fs, self._bucket = fs, bucket
        endpoint = fs.endpoint_url or fs.client_kwargs.get("endpoint_url") or ""
        self.endpoint = str(endpoint).rstrip("/").lower()
        """Where the server is; empty for Amazon's own."""

    @property
    def honours_conditions(self) -> bool:
        """Whether the server refuses what it is to refuse; taken to be so until seen otherwise."""
        return _HONOURED.get((self.endpoint, self._bucket), True)

    async def get(
        self, path: str, byte_range: ByteRequest | None, key: str, most_nbytes: int = 0
    ) -> tuple[bytes | None, str | None]:
        """Bytes of an object, or part of them, and its ETag; (None, None) if there is none.

        Raises
        ------
        FileNotFoundError
            There is no such bucket.
        RangeNotSatisfiableError
            The range starts past the end.
        """
        more = {} if byte_range is None else {"Range": header_of(byte_range)}
        try:
            answer = await self._call("get_object", path, **more)
        except FileNotFoundError as error:
            self.check_missing(error)
            return None, None
        except OSError as error:
            if code_of(error) == "InvalidRange":
                raise RangeNotSatisfiableError(
                    f"key {key!r}: {byte_range} starts past the end of the value", key=key
                ) from error
            raise
        async with answer["Body"] as body:
            check_nbytes(key, int(answer.get("ContentLength") or 0), most_nbytes)
            value: bytes = await body.read()
        return value, answer["ETag"]

    def check_missing(self, error: FileNotFoundError) -> None:
        """Refuse an error that does not say that a key is missing.

        Raises
        ------
        FileNotFoundError
            There is no such bucket.
        OSError
            Something else was not found: by a proxy, say.
        """
        code = code_of(error)
        if code == "NoSuchBucket":
            raise FileNotFoundError(
                f"there is no bucket {self._bucket!r}: check its name, or create it first"
            ) from error
        if code not in {"NoSuchKey", ""}:
            raise OSError(f"the answer is {code!r}, which is not that of a missing key") from error

    async def create(self, path: str, value: bytes) -> bool:
        """Set an object unless there is one; whether it was set."""
        if not self._is_known() and await self._exists(path):
            return False  # a server that ignores conditions would replace it
        made = await self._put_if(path, value, {"IfNoneMatch": "*"})
        if made and not self._is_known():  # the second time must be refused
            await self._probe(path, value)
        return made

    async def put_if(self, path: str, value: bytes, etag: str) -> bool:
        """Set an object whose ETag is still a given one; whether it was set."""
        if not self._is_known() and await self._probe(path, value):
            return True
        return await self._put_if(path, value, {"IfMatch": etag})

    async def delete_if(self, path: str, etag: str) -> bool:
        """Remove an object whose ETag is still a given one; whether that was so."""
        try:
            await self._call("delete_object", path, IfMatch=etag)
        except FileNotFoundError as error:
            self.check_missing(error)
            return False
        except OSError as error:
            if code_of(error) in _REFUSED:
                return False
            raise
        return True

    def _is_known(self) -> bool:
        return not self.endpoint or (self.endpoint, self._bucket) in _HONOURED

    async def _probe(self, path: str, value: bytes) -> bool:
        """Set an object that is there on condition that it is not; whether that was done."""
        done = await self._put_if(path, value, {"IfNoneMatch": "*"})
        _HONOURED[self.endpoint, self._bucket] = not done
        return done

    async def _put_if(self, path: str, value: bytes, condition: Mapping[str, str]) -> bool:
        """Set an object on a condition; whether it was met.

        An answer may be lost, and the client's next attempt meets what its first one stored: a
        mark tells whether the object is the one that was to be set.
        """
        mark = uuid.uuid4().hex
        for _ in range(_TRIES):
            try:
                await self._call(
                    "put_object", path, Body=value, Metadata={_MARK: mark}, **condition
                )
            except FileNotFoundError as error:
                self.check_missing(error)
                return False
            except OSError as error:
                code = code_of(error)
                if code in _TRY_AGAIN:
                    continue
                if code in _REFUSED:
                    return await self._is_marked(path, mark)
                raise
            return True
        return False

    async def _exists(self, path: str) -> bool:
        try:
            await self._call("head_object", path)
        except FileNotFoundError:
            return False
        return True

    async def _is_marked(self, path: str, mark: str) -> bool:
        try:
            answer = await self._call("head_object", path)
        except FileNotFoundError:
            return False
        return bool(answer.get("Metadata", {}).get(_MARK) == mark)

    async def delete_many(self, paths: Sequence[str]) -> None:
        """Remove objects, a thousand by each call.

        Raises
        ------
        PermissionError
            Some were not removed; names the first.
        """
        for start in range(0, len(paths), _MOST_DELETED):
            some = paths[start : start + _MOST_DELETED]
            keys = [{"Key": self._fs.split_path(path)[1]} for path in some]
            answer = await self._fs._call_s3(
                "delete_objects", Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True}
            )
            for failed in answer.get("Errors", ()):
                raise PermissionError(
                    f"{failed.get('Key')!r} was not removed: {failed.get('Code')} "
                    f"{failed.get('Message', '')}"
                )

    async def _call(self, method: str, path: str, **arguments: object) -> Any:
        _, key, _ = self._fs.split_path(path)
        return await self._fs._call_s3(method, Bucket=self._bucket, Key=key, **arguments)
