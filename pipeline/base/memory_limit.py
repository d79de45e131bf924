"""A limit of memory for a process that reads what strangers made."""

import resource


def limit_memory(n_bytes: int) -> None:
    """At most so many bytes of addresses in this process, and none of them in a core dump."""
    _, highest = resource.getrlimit(resource.RLIMIT_AS)
    limit = n_bytes if highest == resource.RLIM_INFINITY else min(n_bytes, highest)
    resource.setrlimit(resource.RLIMIT_AS, (limit, highest))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no picture of a person on the disk
