"""Where types are left open (`Any`), and why: at the library's edges, nowhere between."""

import ast
from pathlib import Path

import frozarr

ROOT = Path(frozarr.__file__).parent
EDGES = {
    "what users give, before it is checked": """
        commands/creation commands/from_array commands/like commands/save config
        handles/array indexing/selection
        metadata/auto_chunks metadata/codec_arguments metadata/dtypes/lookup metadata/spec
        io/programs/arrays io/stores/base io/stores/resolve indexing/grid
    """,
    "JSON, and values that stand in documents: text, numbers, lists": """
        metadata/array_v2 metadata/array_v3 metadata/codecs/cast_value metadata/codecs/chain
        metadata/codecs/numcodecs_v3 metadata/codecs/packbits metadata/codecs/reshape
        metadata/codecs/scale_offset metadata/convert metadata/json metadata/parsing/at
        metadata/parsing/extension metadata/parsing/members metadata/dtypes/struct
        handles/info errors
    """,
    "scalars and arrays of numpy, or of another namespace": """
        handles/blocking handles/plan indexing/columns indexing/place indexing/plan
        indexing/shard io/bound io/buffers io/conversion io/kernels/base io/kernels/cast_value
        io/kernels/chain io/kernels/scale_offset metadata/dtypes/base metadata/dtypes/fixed
        metadata/dtypes/numeric metadata/dtypes/small metadata/dtypes/vlen testing/oracle types
    """,
    "objects of other libraries, and of the system": """
        io/gpu_buffers io/kernels/blosc io/kernels/checksum io/kernels/gzip
        io/kernels/numcodecs io/kernels/vlen io/kernels/zstd io/sources io/stores/by_verbs
        io/stores/fsspec/http_ranges io/stores/fsspec/s3
        io/stores/fsspec/store io/stores/local/portable
        io/stores/local/store io/stores/memory io/stores/obspec io/stores/verb_store io/stores/zip
        io/index_cache io/programs/shards
    """,
    "what is looked up by its name or its class, once for all kinds": """
        io/kernels/bind io/programs/requests io/stores/dispatch io/stores/logging
        io/stores/simpler io/stores/staged io/stores/verbs io/stores/wrapper lazy metadata/registry testing/stores
    """,
}
MOST = 319
"""How often the word may stand in annotations; it may only become less."""


def uses(path):
    """How often a module says `Any`, in quoted annotations, too."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = sum(isinstance(node, ast.Name) and node.id == "Any" for node in nodes)
    texts = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return plain + sum("[Any" in text for text in texts)


def test_types_are_left_open_at_the_edges_only():
    allowed = [name for names in EDGES.values() for name in names.split()]
    assert len(allowed) == len(set(allowed))
    counted = {
        str(path.relative_to(ROOT).with_suffix("")): uses(path)
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] != "compat"  # takes and gives what another library does
    }
    saying = {name for name, count in counted.items() if count}
    assert saying - set(allowed) == set(), "give these a type, or an edge that they stand at"
    assert set(allowed) - saying == set(), "these need no exception any more"
    assert sum(counted.values()) <= MOST
