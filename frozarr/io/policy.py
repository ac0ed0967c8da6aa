"""When work is divided, and how finely: thresholds and the decisions made with them. Pure."""

import math

import attrs

from frozarr.config import Config

__all__ = ["POLICY", "Policy"]

_KIB = 1024
_MIB = 1024 * 1024


@attrs.frozen(kw_only=True)
class Policy:
    """Sizes at which one way of working becomes better than another, as measured.

    Examples
    --------
    >>> POLICY.wants_whole_shard(5, 8), POLICY.wants_whole_shard(4, 8)
    (True, False)
    """

    one_by_one_nbytes: int = 128 * _KIB
    """Decoded bytes from which chunks are decoded and placed one at a time: each is still in the
    processor's cache then."""
    short_call_nbytes: int = 128 * _KIB
    """Bytes of a file up to which reading it is a short system call: threads that both make such
    calls spend more time on handing over the interpreter lock than on the files."""
    divide_seconds: float = 1.5e-3
    """Seconds of a call's own work from which starting a thread pays."""
    moved_per_second: float = 3e9
    """Bytes that one core moves to their places in a second, about."""
    file_seconds: float = 1e-5
    """Seconds that reading a file takes, or writing it, about."""
    encode_factor: float = 3.0
    """How much longer than decoding encoding takes, about."""
    worth_keeping_nbytes: int = 256 * _KIB
    """Decoded bytes of a call from which memory that it frees is kept for the next."""
    short_decode_seconds: float = 60e-6
    """Seconds up to which decoding a chunk is short: threads that each decode one after the other
    hand the interpreter lock over so often that two of them take longer than one."""
    short_call_decoded_nbytes: int = 64 * _MIB
    """Decoded bytes up to which a call of short decodes lets others wait for its end."""
    turn_seconds: float = 0.02
    """Seconds that a call of short decodes waits for another's end, at most: files may be slow."""
    step_nbytes: int = 128 * _KIB
    """Decoded bytes of a step that take about as long as handing it from an event loop to a thread
    and back."""
    copy_nbytes: int = 256 * _MIB
    """Decoded bytes that a copy may have in memory at once."""
    copy_region_nbytes: int = 16 * _MIB
    """Decoded bytes of a region in which an array of another library is copied."""
    name_chunks: int = 10_000
    """Chunks up to which those outside a new shape are named rather than listed."""
    most_overhead_nbytes: int = 16 * 1024 * 1024
    """Bytes by which an encoded value may exceed what is decoded, whatever the codec."""
    cached_document_nbytes: int = 16 * _KIB
    """Bytes up to which the value of a document is kept for the next who reads the same one."""

    def wants_whole_shard(self, wanted: int, there: int) -> bool:
        """Whether a shard is fetched whole: more than half of its inner chunks are wanted.

        Parameters
        ----------
        wanted, there
            Inner chunks.
        """
        return 2 * wanted > there

    def most_encoded(self, nbytes: int) -> int:
        """Bytes that no honest encoder makes of so many."""
        return 8 * nbytes + self.most_overhead_nbytes

    def is_short(self, decode_seconds: float, nbytes: int) -> bool:
        """Whether a read is better done by one thread, while others wait for their turn.

        Parameters
        ----------
        decode_seconds
            That decoding a chunk takes, about; 0 if there is nothing to decode.
        nbytes
            Decoded bytes of the read.
        """
        return (
            0 < decode_seconds <= self.short_decode_seconds
            and nbytes <= self.short_call_decoded_nbytes
        )

    def seconds(
        self, nchunks: int, chunk_nbytes: int, decode_seconds: float, *, writes: bool
    ) -> float:
        """Seconds that one core has to do for some chunks, about.

        Parameters
        ----------
        nchunks
            Chunks of the plan.
        chunk_nbytes
            Decoded bytes of a chunk.
        decode_seconds
            That decoding a chunk takes, about.
        writes
            They are encoded.
        """
        coded = decode_seconds * (self.encode_factor if writes else 1)
        return nchunks * (self.file_seconds + chunk_nbytes / self.moved_per_second + coded)

    def batch_chunks(
        self, nchunks: int, chunk_nbytes: int, config: Config, seconds: float = math.inf
    ) -> int:
        """Chunks in a batch of a plan: batches of equal size, enough for all workers.

        Parameters
        ----------
        nchunks
            Chunks of the plan.
        chunk_nbytes
            Decoded bytes of a chunk.
        config
            Its `batch_nbytes` and `workers`.
        seconds
            That all of them take on one core, about; see `seconds`.
        """
        nbytes = max(1, chunk_nbytes)
        batches = -(-nchunks * nbytes // config.batch_nbytes)
        if seconds >= self.divide_seconds:
            batches = -(-max(2, batches) // config.workers) * config.workers
        return max(1, -(-nchunks // max(1, batches)))

    def programs_at_once(self, concurrency: int, width: int) -> int:
        """Programs that together keep the allowed requests under way, and one that gets ready."""
        return -(-concurrency // max(1, width)) + 1

    def copies_at_once(self, region_nbytes: int, concurrency: int) -> int:
        """Regions of a copy that are under way at once."""
        return max(1, min(concurrency, self.copy_nbytes // max(1, region_nbytes)))


POLICY = Policy()
"""What is used."""
