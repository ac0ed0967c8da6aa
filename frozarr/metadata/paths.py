"""Rules for the keys of stores and the paths of nodes (core spec, "Stores", "Node names")."""

from collections.abc import Sequence

from frozarr.errors import InvalidKeyError

__all__ = ["check_key", "check_keys", "join", "normalize_path"]


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
    if path is not None and not isinstance(path, str):
        raise InvalidKeyError(f"path {path!r}: expected a string, got {type(path).__name__}")
    segments = [s for s in (path or "").replace("\\", "/").split("/") if s]
    joined = "/".join(segments)
    return check_key(joined) if joined else ""


def join(prefix: str, key: str) -> str:
    """Key below a prefix; the empty prefix is the root."""
    return f"{prefix}/{key}" if prefix else key
