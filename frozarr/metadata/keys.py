"""Chunk key encodings, and the rules for keys and paths.

Spec: core v3 "Chunk key encoding" and "Stores"; format 2 "Chunks".
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import attrs
import numpy as np
import numpy.typing as npt

from frozarr.errors import InvalidKeyError
from frozarr.metadata.members import Members, as_one_of
from frozarr.metadata.problems import Problems
from frozarr.metadata.registry import parse_named
from frozarr.types import JSON, Coords, Loc

__all__ = ["ChunkKeyEncoding", "DefaultKeys", "V2Keys", "check_key", "join", "normalize_path"]

Separator: TypeAlias = Literal["/", "."]


def _as_separator(value: JSON, loc: Loc, problems: Problems) -> Separator | None:
    return as_one_of("/", ".")(value, loc, problems)  # type: ignore[return-value]  # one of the two


def _product_keys(head: str, separator: str, axes: Sequence[Iterable[int]]) -> list[str]:
    """Keys of a product of chunk indices, in C order."""
    last = len(axes) - 1
    return product_of_parts(
        head,
        [
            [f"{index}" if position == last else f"{index}{separator}" for index in axis]
            for position, axis in enumerate(axes)
        ],
    )


def product_of_parts(head: str, axes: Sequence[Sequence[str]]) -> list[str]:
    """All texts made of a head and one part per axis, in C order: one addition per text.

    Examples
    --------
    >>> product_of_parts("c/", [["0/", "1/"], ["5"]])
    ['c/0/5', 'c/1/5']
    """
    texts = [head]
    for parts in axes:
        texts = [text + part for text in texts for part in parts]
    return texts


def _parse_indices(text: str, separator: str, ndim: int) -> Coords | None:
    parts = text.split(separator)
    if len(parts) != ndim or not all(p.isdecimal() and (p == "0" or p[0] != "0") for p in parts):
        return None
    return tuple(int(p) for p in parts)


@attrs.frozen(kw_only=True)
class DefaultKeys:
    """Encoding ``default``: ``c/0/1`` (or ``c.0.1``); a 0-d array has the one key ``c``.

    Examples
    --------
    >>> DefaultKeys().product_keys([[0, 1], [5]])
    ['c/0/5', 'c/1/5']
    """

    name: ClassVar[str] = "default"
    separator: Separator = attrs.field(default="/", validator=attrs.validators.in_(("/", ".")))

    @classmethod
    def from_members(cls, members: Members) -> "DefaultKeys | None":
        """Encoding from its configuration, or noted problems."""
        separator: Separator | None = members.take_or("separator", _as_separator, default="/")
        members.refuse_rest()
        return None if separator is None else cls(separator=separator)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"separator": self.separator}}

    def product_keys(self, axes: Sequence[Iterable[int]]) -> list[str]:
        """Keys of all combinations of per-axis chunk indices, in C order."""
        return _product_keys(f"c{self.separator}" if axes else "c", self.separator, axes)

    def key(self, coords: Coords) -> str:
        """Key of one chunk."""
        return self.product_keys([(c,) for c in coords])[0]

    def parse(self, key: str, ndim: int) -> Coords | None:
        """Chunk coords that a key stands for; None if it is not a chunk key."""
        if ndim == 0:
            return () if key == "c" else None
        if not key.startswith(f"c{self.separator}"):
            return None
        return _parse_indices(key[2:], self.separator, ndim)


@attrs.frozen(kw_only=True)
class V2Keys:
    """Encoding ``v2``: ``0.1`` (or ``0/1``); a 0-d array has the one key ``0``.

    Examples
    --------
    >>> V2Keys().key((3, 4))
    '3.4'
    """

    name: ClassVar[str] = "v2"
    separator: Separator = attrs.field(default=".", validator=attrs.validators.in_(("/", ".")))

    @classmethod
    def from_members(cls, members: Members) -> "V2Keys | None":
        """Encoding from its configuration, or noted problems."""
        separator: Separator | None = members.take_or("separator", _as_separator, default=".")
        members.refuse_rest()
        return None if separator is None else cls(separator=separator)

    def to_json(self) -> JSON:
        """Object form of format 3."""
        return {"name": self.name, "configuration": {"separator": self.separator}}

    def product_keys(self, axes: Sequence[Iterable[int]]) -> list[str]:
        """Keys of all combinations of per-axis chunk indices, in C order."""
        return _product_keys("" if axes else "0", self.separator, axes)

    def key(self, coords: Coords) -> str:
        """Key of one chunk."""
        return self.product_keys([(c,) for c in coords])[0]

    def parse(self, key: str, ndim: int) -> Coords | None:
        """Chunk coords that a key stands for; None if it is not a chunk key."""
        if ndim == 0:
            return () if key == "0" else None
        return _parse_indices(key, self.separator, ndim)


@runtime_checkable
class ChunkKeyEncoding(Protocol):
    """What every chunk key encoding value offers."""

    @property
    def name(self) -> str:
        """Registered name."""

    def to_json(self) -> JSON:
        """Object form of format 3."""

    def product_keys(self, axes: Sequence[Iterable[int]]) -> list[str]:
        """Keys of all combinations of per-axis chunk indices, in C order."""

    def key(self, coords: Coords) -> str:
        """Key of one chunk."""

    def parse(self, key: str, ndim: int) -> Coords | None:
        """Chunk coords that a key stands for; None if it is not a chunk key."""


def parse_key_encoding(value: JSON, loc: Loc, problems: Problems) -> ChunkKeyEncoding | None:
    """Encoding from its object form (or bare name), or noted problems."""
    found: ChunkKeyEncoding | None = parse_named("chunk_key_encodings", value, loc, problems)
    return found


def coords_keys(encoding: ChunkKeyEncoding, coords: npt.NDArray[np.int64]) -> list[str]:
    """Keys of the chunks whose coords are the rows of `coords`, shape (chunks, axes).

    Examples
    --------
    >>> coords_keys(V2Keys(), np.array([[0, 1], [2, 3]]))
    ['0.1', '2.3']
    """
    if coords.shape[1] == 0:
        return [encoding.key(())] * coords.shape[0]
    if not isinstance(encoding, DefaultKeys | V2Keys):
        return [encoding.key(tuple(row)) for row in coords.tolist()]
    head = f"c{encoding.separator}" if isinstance(encoding, DefaultKeys) else ""
    separator = encoding.separator
    return [head + separator.join(map(str, row)) for row in coords.tolist()]


def check_key(key: str) -> str:
    """`key` itself if a store may use it.

    Raises
    ------
    InvalidKeyError
        Empty, absolute, with an empty, ``.`` or ``..`` segment, a backslash or a control
        character: all that could leave the root or mean different things to different stores.

    Examples
    --------
    >>> check_key("a/c/0/0")
    'a/c/0/0'
    >>> check_key("../x")
    Traceback (most recent call last):
        ...
    frozarr.errors.InvalidKeyError: key '../x': segment '..' is not allowed; ...
    """
    if not isinstance(key, str):
        raise InvalidKeyError(f"key {key!r}: expected a string, got {type(key).__name__}")
    for segment in key.split("/"):
        if segment in {"", ".", ".."}:
            raise InvalidKeyError(
                f"key {key!r}: segment {segment!r} is not allowed; "
                "use non-empty names joined by single slashes",
                key=key,
            )
    if not key.isprintable() and any(ord(char) < 32 or ord(char) == 127 for char in key):
        raise InvalidKeyError(f"key {key!r}: control characters are not allowed", key=key)
    if "\\" in key:
        raise InvalidKeyError(f"key {key!r}: backslashes are not allowed; use '/'", key=key)
    return key


_SUSPECT = ("|.", "/.", "//", "|/", "/|", "||", "\\")


def check_keys(keys: Sequence[str]) -> None:
    """Check many keys at once; the same rules as `check_key`, at a fraction of its cost.

    Raises
    ------
    InvalidKeyError
        Of the first key that may not be used.

    Examples
    --------
    >>> check_keys(["c/0/0", "c/0/1"])
    """
    text = f"|{'|'.join(keys)}|" if keys else ""
    if not text.isprintable() or any(pattern in text for pattern in _SUSPECT):
        for key in keys:
            check_key(key)


def normalize_path(path: str | None) -> str:
    """Path of a node as the stores see it: no leading, trailing or doubled slashes.

    Raises
    ------
    InvalidKeyError
        A segment is ``.`` or ``..``, or holds a control character.

    Examples
    --------
    >>> normalize_path("/a//b/")
    'a/b'
    """
    segments = [s for s in (path or "").replace("\\", "/").split("/") if s]
    joined = "/".join(segments)
    return check_key(joined) if joined else ""


def join(prefix: str, key: str) -> str:
    """Key below a prefix; the empty prefix is the root."""
    return f"{prefix}/{key}" if prefix else key
