"""The mark of tests that need a GPU; elsewhere they are skipped, with the reason."""

import pytest
import torch

needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="no CUDA device on this machine"
)
