"""What the parameters of the older API mean, for `help`."""

from collections.abc import Callable
from typing import TypeVar

from frozarr.handles.parameters import PARAMETERS, explained

__all__ = ["MEANINGS", "WITHOUT_EFFECT", "described"]

F = TypeVar("F", bound=Callable[..., object])

WITHOUT_EFFECT = (
    "synchronizer", "chunk_store", "cache_metadata", "cache_attrs", "read_only", "object_codec",
    "meta_array",
)  # fmt: skip
"""Parameters that zarr-python takes and does nothing with; it warns, and so does this."""
MEANINGS = {
    **PARAMETERS,
    **dict.fromkeys(WITHOUT_EFFECT, "Has no effect, there or here; whoever gives it is warned."),
    "expand": "Kept for older programs; everything is shown.",
    "level": "How deep to look; None for all.",
    "max_nodes": "Lines at most.",
    "plain": "Without markup; a drawing has none.",
    "max_depth": "0 for what is right below the group, None for all.",
    "use_consolidated_for_children": "Whether consolidated metadata may answer.",
    "use_consolidated": (
        "None: if there are consolidated metadata; True: they must be there; False: not."
    ),
    "nodes": "Metadata by path.",
    "axis": "Along which it grows.",
    "new_shape": "Extents in elements, as one tuple or one by one.",
    "new_attributes": "JSON values by name.",
    "store_path": "Where the node is, if metadata are given.",
    "default": "What to give if nothing is there.",
    "args": "What the function behind it takes.",
    "grp": "A group, or where one is.",
    "member": "Names joined by slashes.",
    "key": "Names joined by slashes.",
}
"""For each name of a parameter what it means."""


def described(function: F) -> F:
    """A decorator: the function, its docstring completed from `MEANINGS`."""
    return explained(function, MEANINGS)
