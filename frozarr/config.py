"""Runtime settings as one frozen value, passed explicitly and carried by handles."""

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from frozarr.lazy import only

if TYPE_CHECKING:  # numpy is not needed for settings
    from frozarr.types import InnerOrder

__all__ = ["Config", "ConfigLike", "as_config", "config", "current_config"]

__dir__ = only(__all__)

_MIB = 1024 * 1024


def _positive(_: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    if value < 1:
        raise ValueError(f"config.{attribute.name} must be >= 1, got {value}")


@attrs.frozen(kw_only=True)
class Config:
    """How reads and writes are carried out; never what they mean.

    Examples
    --------
    >>> Config(write_empty_chunks=True).write_empty_chunks
    True
    """

    order: Literal["C", "F"] = attrs.field(default="C", validator=attrs.validators.in_(("C", "F")))
    """Memory layout of arrays that reads return."""
    zarr_format: Literal[2, 3] = attrs.field(default=3, validator=attrs.validators.in_((2, 3)))
    """Format of what is created without saying which."""
    strings: Literal["numpy", "object"] = attrs.field(
        default="numpy", validator=attrs.validators.in_(("numpy", "object"))
    )
    """What reads of text of any length return: numpy's StringDType, or Python objects."""
    casting: Literal["safe", "same_kind", "unsafe"] = attrs.field(
        default="unsafe", validator=attrs.validators.in_(("safe", "same_kind", "unsafe"))
    )
    """Which numbers may be written to an array of another type, by numpy's names: ``"unsafe"`` cuts
    and wraps as numpy's assignment does, ``"same_kind"`` refuses 1.5 for an integer, ``"safe"``
    refuses whatever might not come back as it was given."""
    write_empty_chunks: bool = attrs.field(
        default=False, validator=attrs.validators.instance_of(bool)
    )
    """Store chunks that hold nothing but the fill value, too."""
    read_missing_chunks: bool = attrs.field(
        default=True, validator=attrs.validators.instance_of(bool)
    )
    """True: a missing chunk reads as the fill value. False: it is a ChunkNotFoundError."""
    partial_writes: Literal["allow", "refuse"] = attrs.field(
        default="allow", validator=attrs.validators.in_(("allow", "refuse"))
    )
    """Whether a chunk or shard may be written in part where another process that does the same to
    it could undo that: in stores that can't compare and swap between processes."""
    inner_order: "InnerOrder" = attrs.field(
        default="morton",
        validator=attrs.validators.in_(("morton", "lexicographic", "colexicographic")),
    )
    """Order in which inner chunks are laid out in a new shard."""
    coalesce_gap_nbytes: int | None = None
    """Bytes between inner chunks that are read rather than skipped; None is the store's choice."""
    coalesce_max_nbytes: int = attrs.field(default=16 * _MIB, validator=_positive)
    """Bytes at which a merged read of inner chunks takes no more."""
    index_cache_nbytes: int = attrs.field(default=16 * _MIB, validator=attrs.validators.ge(0))
    """Shard indexes a handle keeps, where the store tells versions of a value apart; 0: none."""
    batch_nbytes: int = attrs.field(default=2 * _MIB, validator=_positive)
    """Decoded bytes that one batch of chunks may hold (at least one chunk)."""
    variable_chunk_nbytes: int = attrs.field(default=256 * _MIB, validator=_positive)
    """Bytes that a chunk of elements of any length (text, objects) may decode to: a few stored
    bytes can claim any number."""
    concurrency: int = attrs.field(default=64, validator=_positive)
    """Requests that one call may have under way, for stores that wait (remote ones)."""
    workers: int = attrs.field(factory=lambda: os.cpu_count() or 1, validator=_positive)
    """Threads that work on the batches of one call, the calling one included."""

    def evolve(self, **changes: Any) -> "Config":
        """Copy of this config with some fields changed; TypeError for an unknown field."""
        return attrs.evolve(self, **changes)


ConfigLike: TypeAlias = Config | Mapping[str, object] | None
"""A config, settings that differ from the current default, or the default."""

_FIELDS = {field.name: field for field in attrs.fields(Config)}


def _parse(name: str, text: str) -> Any:
    default = getattr(Config(), name)
    if isinstance(default, bool):
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off"}:
            return False
        raise ValueError(f"FROZARR_{name.upper()} must be true or false, got {text!r}")
    return int(text) if isinstance(default, int) or name.endswith("_nbytes") else text


def config_from_env(environ: Mapping[str, str]) -> Config:
    """Config made of the defaults and the ``FROZARR_<FIELD>`` entries of `environ`.

    Examples
    --------
    >>> config_from_env({"FROZARR_WORKERS": "3"}).workers
    3
    """
    prefix = "FROZARR_"
    given = {key[len(prefix) :].lower(): key for key in environ if key.startswith(prefix)}
    return Config(
        **{name: _parse(name, environ[key]) for name, key in given.items() if name in _FIELDS}
    )


_CURRENT: ContextVar[Config | None] = ContextVar("frozarr_config", default=None)
_FROM_ENV: list[Config] = []


def current_config() -> Config:
    """The config that handles made now will carry."""
    chosen = _CURRENT.get()
    if chosen is not None:
        return chosen
    if not _FROM_ENV:  # read once, on first use: the environment is not consulted at import
        _FROM_ENV.append(config_from_env(os.environ))
    return _FROM_ENV[0]


@contextmanager
def config(**changes: object) -> Iterator[Config]:
    """Change the default config for the duration of a ``with`` block (per thread and task).

    Examples
    --------
    >>> with config(workers=1) as settings:
    ...     settings.workers
    1
    """
    new = current_config().evolve(**changes)
    token = _CURRENT.set(new)
    try:
        yield new
    finally:
        _CURRENT.reset(token)


def as_config(value: ConfigLike) -> Config:
    """The config meant by a ``config=`` argument: itself, changes to the default, or the default.

    Raises
    ------
    TypeError
        A mapping names a field that does not exist.
    """
    if isinstance(value, Config):
        return value
    base = current_config()
    if value is None:
        return base
    unknown = sorted(set(value) - set(_FIELDS))
    if unknown:
        close = difflib.get_close_matches(unknown[0], _FIELDS, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise TypeError(f"unknown config fields {unknown}{hint}; known ones: {sorted(_FIELDS)}")
    return base.evolve(**dict(value))
