"""The hub's own library says that it is offline, in a process that imports it afterwards."""

import subprocess
import sys

PROGRAM = """
from pipeline.features.weights.offline import refuse_network
refuse_network()
import huggingface_hub, transformers
from huggingface_hub.errors import OfflineModeIsEnabled
try:
    huggingface_hub.HfApi().model_info("nobody/nothing")
except OfflineModeIsEnabled:
    print("refused")
print(huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY)
"""


def test_the_hub_is_not_asked():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["refused", "True"]
