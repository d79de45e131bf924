"""What each status means, in the words that users read.

Apart from the statuses themselves, so that other words extract nothing anew.
"""

from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
    "ok": "encoded",
    "no_media": "the file is not there",
    "unreadable": "the file cannot be decoded",
    "no_stream": "the file has no such stream",
    "empty_span": "nothing of the span lies in the file",
    "too_short": "fewer samples than the encoder needs",
    "silent": "no sample above -60 dBFS",
    "no_face": "frames were read, no face was found",
    "no_text": "no word in the transcript",
    "not_finite": "the encoder gave NaN or infinity",
    "no_feature": "the imported file holds nothing for it",
    "unknown_text": "no token of the words is known to the encoder: another language or script",
    "read_error": "the system failed or the file changed meanwhile; the next run tries again",
    "ambiguous_face": "several faces, and it cannot be told whose mouth speaks",
}
