"""What arrays of media hold; numpy alone, so that who reads them needs no decoder."""

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # (height, width, 3), RGB
Waveform = NDArray[np.float32]  # (samples,), one channel, full scale is [-1, 1]
