"""Settings as the older API has them: names with dots, changed for the whole process."""

import ast
import os
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

from frozarr.compat.arguments import plain_config
from frozarr.config import Config, current_config

__all__ = ["BadConfigError", "Settings", "config", "settled"]

DEFAULTS: dict[str, Any] = {
    "default_zarr_format": 3,
    "array": {
        "order": "C",
        "write_empty_chunks": False,
        "read_missing_chunks": True,
        "target_shard_size_bytes": None,
        "rectilinear_chunks": False,
    },
    "async": {"concurrency": 64, "timeout": None},
    "threading": {"max_workers": None},
    "json_indent": 2,
    "codec_pipeline": {"path": "frozarr.compat", "batch_size": 1},
    "codecs": {},
    "buffer": "frozarr.buffer.cpu.Buffer",
    "ndbuffer": "frozarr.buffer.cpu.NDBuffer",
}
_FIELDS = {
    "default_zarr_format": "zarr_format", "array.order": "order",
    "array.write_empty_chunks": "write_empty_chunks",
    "array.read_missing_chunks": "read_missing_chunks", "async.concurrency": "concurrency",
    "threading.max_workers": "workers",
}  # fmt: skip
"""Settings that have a counterpart in `frozarr.Config`; others are kept and given back."""


class BadConfigError(ValueError):
    """A setting has a value that means nothing."""


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield above + name, value


def from_env(environ: Mapping[str, str]) -> dict[str, Any]:
    """Settings in environment variables: ``ZARR_ARRAY__ORDER=F`` for ``array.order``.

    Examples
    --------
    >>> from_env({"ZARR_ARRAY__ORDER": "F", "ZARR_DEFAULT_ZARR_FORMAT": "2"})
    {'array.order': 'F', 'default_zarr_format': 2}
    """
    settings: dict[str, Any] = {}
    for name, text in environ.items():
        if name.startswith("ZARR_") and name != "ZARR_CONFIG":
            try:
                value = ast.literal_eval(text)
            except (ValueError, SyntaxError):
                value = text
            settings[name.removeprefix("ZARR_").lower().replace("__", ".")] = value
    return settings


class Settings:
    """Settings by names with dots.

    Examples
    --------
    >>> settings = Settings({})
    >>> with settings.set({"array.order": "F"}):
    ...     settings.get("array.order")
    'F'
    >>> settings.get("array.order"), settings.get("nothing", 7)
    ('C', 7)
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.reset()

    def reset(self) -> None:
        """Go back to the defaults, and what the environment says."""
        self._values = {**dict(_leaves(DEFAULTS)), **from_env(self._environ)}

    refresh = reset

    @property
    def config(self) -> dict[str, Any]:
        """All of them, nested."""
        tree: dict[str, Any] = {}
        for name, value in self._values.items():
            *above, last = name.split(".")
            inner = tree
            for part in above:
                inner = inner.setdefault(part, {})
            inner[last] = value
        return tree

    def to_dict(self) -> dict[str, Any]:
        """All of them, nested."""
        return self.config

    @property
    def defaults(self) -> list[dict[str, Any]]:
        """What they are if nobody sets them."""
        return [DEFAULTS]

    def get(self, key: str, default: Any = ..., override_with: Any = None) -> Any:
        """One of them, or all below a name.

        Parameters
        ----------
        key
            Names joined by dots.
        default
            What to give if there is none; without it that is a KeyError.
        override_with
            Given back if it is not None.
        """
        if override_with is not None:
            return override_with
        name = key.replace("-", "_")
        if name in self._values:
            return self._values[name]
        inner: Any = self.config
        for part in name.split("."):
            if not isinstance(inner, dict) or part not in inner:
                if default is ...:
                    raise KeyError(key)
                return default
            inner = inner[part]
        return inner

    def __getitem__(self, key: str) -> Any:
        return self.get(key)

    def set(self, arg: Mapping[str, Any] | None = None, **kwargs: Any) -> "_Change":
        """Change some; as a context manager for a block of code only.

        Parameters
        ----------
        arg
            Values by names with dots, or nested.
        kwargs
            Values by names, two underscores for a dot.
        """
        named = {name.replace("__", "."): value for name, value in kwargs.items()}
        kept = self._values
        changed = {**kept, **dict(_leaves({**(arg or {}), **named}))}
        _checked(changed)
        self._values = changed
        return _Change(self, kept)

    def update(self, new: Mapping[str, Any]) -> None:
        """Change some, for good.

        Parameters
        ----------
        new
            Values by names with dots, or nested.
        """
        self.set(new)

    def restore(self, values: dict[str, Any]) -> None:
        """Have the values that were there before."""
        self._values = values

    def pprint(self) -> None:
        """Print all of them."""
        for name, value in sorted(self._values.items()):
            print(f"{name}: {value!r}")  # noqa: T201 - what it is for

    def enable_gpu(self) -> "_Change":
        """Have results in the memory of a GPU."""
        from frozarr.buffer import gpu  # noqa: PLC0415 - tells what is missing, if it is

        path = gpu.__name__
        return self.set({"buffer": f"{path}.Buffer", "ndbuffer": f"{path}.NDBuffer"})

    def frozen(self) -> Config:
        """The config that they mean."""
        changes = {
            field: self._values[name]
            for name, field in _FIELDS.items()
            if self._values.get(name) != _DEFAULT_VALUES.get(name)
        }
        return current_config().evolve(**changes) if changes else current_config()


_DEFAULT_VALUES = dict(_leaves(DEFAULTS))


def _checked(values: Mapping[str, Any]) -> None:
    if values["default_zarr_format"] not in {2, 3}:
        raise BadConfigError(
            f"default_zarr_format must be 2 or 3, got {values['default_zarr_format']!r}"
        )
    if values["array.order"] not in {"C", "F"}:
        raise BadConfigError(f"array.order must be 'C' or 'F', got {values['array.order']!r}")


class _Change:
    """What `Settings.set` gives: leaving its block undoes the change."""

    def __init__(self, settings: Settings, kept: dict[str, Any]) -> None:
        self._settings, self._kept = settings, kept

    def __enter__(self) -> Settings:
        return self._settings

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._settings.restore(self._kept)


config = Settings(os.environ)


def settled(given: Any) -> Config:
    """The config meant by a ``config=`` argument, by the settings where it says nothing."""
    if isinstance(given, Config):
        return given
    base = config.frozen()
    if given is None:
        return base
    return base.evolve(**plain_config(given))
