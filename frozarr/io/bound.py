"""An array's metadata bound to kernels, fields and one chunk shape. Pure: it knows no store."""

import operator
from typing import Any, Literal

import attrs
import numpy as np

from frozarr.indexing import Plan
from frozarr.indexing.columns import read_only
from frozarr.io.kernels.base import VARIABLE_NBYTES
from frozarr.io.kernels.bind import bind_chain
from frozarr.io.kernels.chain import BoundChain
from frozarr.io.kernels.fill import as_scalar
from frozarr.io.kernels.shard import ShardFormat
from frozarr.metadata.keys import plan_keys
from frozarr.metadata.registry import Registry, default_registry
from frozarr.metadata.spec import ArrayMetadata
from frozarr.types import AnyArray, AnyDtype, Immutable, Shape

__all__ = ["BoundArray", "Fields", "bind_array", "element_type"]

Fields = tuple[str, ...] | str | None
"""Fields of a structured type that are meant: one by its name, several as a tuple; None for all."""


def element_type(dtype: AnyDtype, fields: Fields, strings: Literal["numpy", "object"]) -> AnyDtype:
    """Type of what reads return: of some fields, packed; of text as the config says.

    Examples
    --------
    >>> import numpy as np
    >>> element_type(np.dtype([("a", "i2"), ("b", "i4")]), "b", "numpy")
    dtype('int32')
    """
    if dtype.kind == "T":
        return dtype if strings == "numpy" else np.dtype(object)
    if fields is None:
        return dtype
    if isinstance(fields, str):
        return dtype[fields]
    return np.dtype([(name, dtype[name]) for name in fields])


@attrs.frozen
class BoundArray(Immutable):
    """What programs need to know of an array: how its chunks are coded, which fields are meant."""

    metadata: ArrayMetadata
    chain: BoundChain = attrs.field(eq=operator.attrgetter("chunk_shape"))
    """The codec chain, for chunks of one shape."""
    fill: AnyArray = attrs.field(eq=False)
    """The fill value as a 0-d array of the stored type, read-only."""
    fields: Fields = None
    strings: Literal["numpy", "object"] = "numpy"
    """What reads of text return."""
    registry: Registry = attrs.field(factory=default_registry)
    """What made the kernels."""
    variable_nbytes: int = VARIABLE_NBYTES
    """Bytes that a chunk of elements of any length may have."""

    def __reduce__(self) -> tuple[object, ...]:
        registry = None if self.registry is default_registry() else self.registry
        recipe = (
            self.metadata, self.chain.chunk_shape, self.fields, self.strings, registry,
            self.variable_nbytes,
        )  # fmt: skip
        return _bound_again, recipe

    @property
    def dtype(self) -> AnyDtype:
        """Type of what reads return: of the fields meant, and of text as the config has it."""
        return element_type(self.metadata.dtype, self.fields, self.strings)

    @property
    def shard(self) -> ShardFormat | None:
        """The shard format, where inner chunks can be read on their own: no codec around it."""
        chain = self.chain
        if chain.kernels or chain.axes != tuple(range(self.metadata.ndim)):
            return None
        return chain.coding if isinstance(chain.coding, ShardFormat) else None

    def chunks_of(self, staging: AnyArray) -> AnyArray:
        """Serialised chunks as chunks of the array, shape (count, *chunk_shape): their fields."""
        return self.fields_of(self.chain.logical(staging))

    def fields_of(self, chunks: AnyArray) -> AnyArray:
        """Chunks, or what they have of the fields that are meant."""
        if self.fields is None:
            return chunks
        fields: Any = self.fields if isinstance(self.fields, str) else list(self.fields)
        chosen: AnyArray = chunks[fields]
        return chosen

    def keys(self, plan: Plan) -> list[str]:
        """Keys of a plan's chunks, relative to the array."""
        return plan_keys(plan, self.metadata.chunk_key_encoding)

    def with_fields(self, fields: tuple[str, ...] | str) -> "BoundArray":
        """The same array, some of its fields."""
        return attrs.evolve(self, fields=fields)

    def with_metadata(self, metadata: ArrayMetadata) -> "BoundArray":
        """The same array with another shape or other attributes: its chunks are coded alike."""
        return attrs.evolve(self, metadata=metadata)

    def for_chunks(self, shape: Shape) -> "BoundArray":
        """The same array, those of its chunks that have this shape (in elements)."""
        if shape == self.chain.chunk_shape:
            return self
        chain = bind_chain(
            self.metadata, shape, registry=self.registry, variable_nbytes=self.variable_nbytes
        )
        return attrs.evolve(self, chain=chain)


def bind_array(
    metadata: ArrayMetadata,
    *,
    strings: Literal["numpy", "object"] = "numpy",
    registry: Registry | None = None,
    variable_nbytes: int = VARIABLE_NBYTES,
) -> BoundArray:
    """An array's metadata bound to kernels.

    Parameters
    ----------
    metadata
        Of the array.
    strings
        What reads of text return: numpy's StringDType, or Python objects.
    registry
        What makes kernels; the default registry if none is given.
    variable_nbytes
        Bytes that a chunk of elements of any length may have.
    """
    known = registry if registry is not None else default_registry()
    chain = bind_chain(metadata, registry=known, variable_nbytes=variable_nbytes)
    fill = read_only(as_scalar(metadata.fill, metadata.dtype).astype(chain.stored_dtype))
    return BoundArray(metadata, chain, fill, None, strings, known, variable_nbytes)


def _bound_again(
    metadata: ArrayMetadata, chunk_shape: Shape, fields: Fields,
    strings: Literal["numpy", "object"], registry: Registry | None, variable_nbytes: int,
) -> BoundArray:  # fmt: skip
    """A bound array that was pickled: kernels are made again."""
    bound = bind_array(
        metadata, strings=strings, registry=registry, variable_nbytes=variable_nbytes
    ).for_chunks(chunk_shape)
    return bound if fields is None else bound.with_fields(fields)
