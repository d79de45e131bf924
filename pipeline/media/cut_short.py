"""Files that end before their header says: a copy or a download that was broken off.

FFmpeg plays what is there of a .wav and calls that its length, so nothing else would tell.
"""

from pathlib import Path

from pipeline.base.files import plain_file

RIFF = (b"RIFF", b"RF64")
UNKNOWN = (0, 0xFFFFFFFF, 0x7FFFFFFF)  # written by who could not go back to the header


def cut_short(path: Path) -> str:
    """How much of a RIFF file (.wav, .avi) is there, "" where all of it is or nobody knows."""
    try:
        with plain_file(path).open("rb") as stream:
            head = stream.read(12)
        n_bytes = path.stat().st_size
    except OSError:
        return ""  # whoever reads the media says why
    said = int.from_bytes(head[4:8], "little")
    if len(head) < 12 or head[:4] not in RIFF or said in UNKNOWN:
        return ""
    # A last byte that fills up an odd number of them is often left out.
    n_wanted = said + 8
    if n_bytes >= n_wanted - 1:
        return ""
    return f"the file is cut off: {n_bytes:,} of {n_wanted:,} bytes are there"
