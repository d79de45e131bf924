"""Text files of a corpus: opened only inside its root, decoded without loss, cleaned in one pass.

Every function is linear in the length of the text: a transcript of a million characters is data.
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from pipeline.base.files import UnsafePathError, plain_file, resolve_inside
from pipeline.corpora.raw import CorpusError

MAX_BYTES = 2**30  # of a table or transcript; a million utterances have a fifth of it

# C0 and C1 controls become a blank; marks that reorder text on screen vanish (an HTML report
# would show them), as does the byte order mark. Halves of characters, which JSON can hold and no
# file, become the mark of what could not be read.
_BLANKED = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")
_REMOVED = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF], None)
_HALVES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_CLEANED = {**_BLANKED, **_REMOVED, **_HALVES}

# UTF-8 that was once decoded as cp1252 ("â€™") or Latin-1: a leading byte and its one or two
# followers, each as the character that one of the two encodings gives it.
_OF_CP1252 = {
    bytes([n]).decode("cp1252"): n for n in range(0x80, 0xA0) if n not in b"\x81\x8d\x8f\x90\x9d"
}
_FOLLOWER = f"[\u0080-\u00bf{re.escape(''.join(_OF_CP1252))}]"
_TWICE_ENCODED = re.compile(f"[\u00c2\u00c3]{_FOLLOWER}|\u00e2{_FOLLOWER}{{2}}")
_C1_CONTROL = re.compile("[\u0080-\u009f]")


def clean_text(text: str) -> str:
    """One line without control characters, blanks collapsed; accents as one letter (NFC).

    A name that came out of a file name of macOS has its accents apart, and would be another's.
    """
    return unicodedata.normalize("NFC", " ".join(text.translate(_CLEANED).split()))


def printable(text: str, limit: int = 200) -> str:
    """`text` for a message: control and undecodable characters escaped, cut at `limit`."""
    shown = text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
    escaped = shown.encode("utf-8", "backslashreplace").decode()
    return "".join(
        character if character.isprintable() else repr(character)[1:-1] for character in escaped
    )


def read_bytes(root: Path, relative: str, links: Sequence[str] = ()) -> bytes:
    """Content of a file of the corpus; a link must stay below the root or in one of `links`."""
    try:
        return _content(resolve_inside(root, relative, links), relative)
    except UnsafePathError:
        raise CorpusError(
            f"{printable(relative)}: the file is a link to a place outside the corpus folder; "
            "copy it into the folder, or name the folder that it leads into in the key `links`"
        ) from None
    except OSError as error:
        raise CorpusError(
            f"{printable(relative)}: cannot be read: {error.strerror or error}"
        ) from None


def _content(path: Path, relative: str) -> bytes:
    """All bytes of a file."""
    size = plain_file(path).stat().st_size
    if size > MAX_BYTES:
        raise CorpusError(
            f"{printable(relative)}: has {size:,} bytes, at most {MAX_BYTES:,} are read"
        )
    return path.read_bytes()


def read_legacy_text(root: Path, relative: str, links: Sequence[str] = ()) -> tuple[str, bool]:
    """Text of a published file, and whether it was not UTF-8 but of the cp1252 family."""
    content = read_bytes(root, relative, links)
    try:
        return content.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return repair_mojibake(content.decode("latin-1")), True


def repair_mojibake(text: str) -> str:
    """Undo the two common ways in which quotes of cp1252 were garbled; other text is unchanged."""
    return _C1_CONTROL.sub(_decode_control, _TWICE_ENCODED.sub(_decode_twice, text))


def _decode_twice(match: re.Match[str]) -> str:
    try:
        return bytes(_OF_CP1252.get(character, ord(character)) for character in match[0]).decode()
    except UnicodeError:  # it only looked like it: leave what was there
        return match[0]


def _decode_control(match: re.Match[str]) -> str:
    return match[0].encode("latin-1").decode("cp1252", "ignore")
