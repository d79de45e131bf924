"""The limit in a process of its own, as the system tells it."""

import subprocess
import sys

import pytest

TOLD = """
import resource
from pipeline.base.memory_limit import limit_memory
{before}
limit_memory(2**30)
print(*resource.getrlimit(resource.RLIMIT_AS), *resource.getrlimit(resource.RLIMIT_CORE))
try:
    bytearray(2**31)
except MemoryError:
    print("refused")
"""


def told(before=""):
    command = [sys.executable, "-c", TOLD.format(before=before)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_more_than_the_limit_is_refused_and_no_core_is_left():
    limit, _, *core, last = told()
    assert (int(limit), core, last) == (2**30, ["0", "0"], "refused")


@pytest.mark.parametrize("share", [1, 2])
def test_a_lower_limit_of_the_system_stays(share):
    lowest = 2**30 // share
    limit, highest, *_ = told(f"resource.setrlimit(resource.RLIMIT_AS, ({lowest}, {lowest}))")
    assert int(limit) == int(highest) == lowest
