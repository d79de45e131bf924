"""Which shard a dialogue belongs to: by its id alone, so that other dialogues never move it."""

import hashlib


def shard_of(dialogue_id: str, n_shards: int) -> int:
    """Number of the shard, 0 to `n_shards` - 1; the same on every machine and in every run."""
    digest = hashlib.sha256(dialogue_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") % n_shards
