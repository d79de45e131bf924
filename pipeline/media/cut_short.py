"""Files that end before they should: a copy or a download that was broken off.

FFmpeg plays what is there of them and calls that their length, so nothing else would tell. Told is
what a file itself says: .wav and .avi how many bytes they have, .mp3 too where its encoder left a
header (Xing or Info), and .ogg and .opus mark their last page (RFC 3533).
"""

from pathlib import Path
from typing import BinaryIO

from pipeline.base.files import plain_file

RIFF = (b"RIFF", b"RF64")
UNKNOWN = (0, 0xFFFFFFFF, 0x7FFFFFFF)  # written by who could not go back to the header

ID3, TAG_BYTES, HAS_FOOTER = b"ID3", 10, 0x10
XING = (b"Xing", b"Info")
SAYS_FRAMES, SAYS_BYTES = 1, 2
# From the first byte of a frame to its Xing header: by version (MPEG 1, or 2 and 2.5) and channels.
XING_AT = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}

OGG, LAST_PAGE, PAGE_HEAD = b"OggS", 0x04, 27
LONGEST_PAGE = PAGE_HEAD + 255 + 255 * 255


def cut_short(path: Path) -> str:
    """How a file shows that its end is missing, "" where it does not."""
    try:
        with plain_file(path).open("rb") as stream:
            head = stream.read(12)
            n_bytes = path.stat().st_size
            if head[:4] in RIFF and len(head) == 12:
                said = int.from_bytes(head[4:8], "little")
                return "" if said in UNKNOWN else _missing(n_bytes, said + 8)
            if head[:4] == OGG:
                return _ogg(stream, n_bytes)
            return _mp3(stream, head, n_bytes)
    except OSError:
        return ""  # whoever reads the media says why


def _missing(n_bytes: int, n_wanted: int) -> str:
    # A last byte that fills up an odd number of them is often left out.
    if n_bytes >= n_wanted - 1:
        return ""
    return f"the file is cut off: {n_bytes:,} of {n_wanted:,} bytes are there"


def _mp3(stream: BinaryIO, head: bytes, n_bytes: int) -> str:
    """By the header in the first frame, which stands behind a tag with titles and pictures."""
    begin = 0
    if head[:3] == ID3 and len(head) >= TAG_BYTES:
        sevens = head[6:10]  # seven bits of each byte
        begin = TAG_BYTES + sum((byte & 0x7F) << 7 * (3 - k) for k, byte in enumerate(sevens))
        begin += TAG_BYTES if head[5] & HAS_FOOTER else 0

    stream.seek(begin)
    frame = stream.read(max(XING_AT.values()) + 16)
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:  # layer III alone
        return ""
    at = XING_AT[frame[1] & 0x18 == 0x18, frame[3] & 0xC0 == 0xC0]
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    if frame[at : at + 4] not in XING or not flags & SAYS_BYTES:
        return ""
    at += 12 if flags & SAYS_FRAMES else 8
    said = int.from_bytes(frame[at : at + 4], "big")
    return "" if said in UNKNOWN else _missing(n_bytes, begin + said)


def _ogg(stream: BinaryIO, n_bytes: int) -> str:
    """By its last page: it must be whole, and marked as the last of its stream."""
    first = max(0, n_bytes - 2 * LONGEST_PAGE)
    stream.seek(first)
    tail = stream.read(2 * LONGEST_PAGE)
    at = tail.rfind(OGG)
    if at < 0:
        return ""

    page = tail[at:]
    n_parts = page[26] if len(page) >= PAGE_HEAD else 0
    parts = page[PAGE_HEAD : PAGE_HEAD + n_parts]
    n_page = PAGE_HEAD + n_parts + sum(parts)
    if len(page) < PAGE_HEAD or len(parts) < n_parts or len(page) < n_page:
        return "the file is cut off: it ends within a page"
    if not page[5] & LAST_PAGE:
        return "the file is cut off: no page is marked as its last"
    return ""
