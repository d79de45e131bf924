"""Why media give nothing: one error per status, as pipeline.features.cache.extractor lists them."""

from typing import Literal

MediaStatus = Literal["no_media", "unreadable", "no_stream", "empty_span", "silent", "read_error"]


class DecoderError(RuntimeError):
    """The process that decodes does not start: that is no property of any file."""


class MediaError(Exception):
    """Media give nothing; `status` names the kind of reason, `detail` says it in words."""

    def __init__(self, status: MediaStatus, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


class NoMediaError(MediaError):
    """There is no such file."""

    def __init__(self, detail: str) -> None:
        super().__init__("no_media", detail)


class UnreadableError(MediaError):
    """The file, or the stream in it, cannot be decoded."""

    def __init__(self, detail: str) -> None:
        super().__init__("unreadable", detail)


class NoStreamError(MediaError):
    """The file has no stream of the kind asked for."""

    def __init__(self, detail: str) -> None:
        super().__init__("no_stream", detail)


class EmptySpanError(MediaError):
    """Nothing of the span lies in the file."""

    def __init__(self, detail: str) -> None:
        super().__init__("empty_span", detail)


class SilentError(MediaError):
    """All samples of the span are zero."""

    def __init__(self, detail: str) -> None:
        super().__init__("silent", detail)


class ReadError(MediaError):
    """The system failed (disk, rights, memory), or the file changes: says nothing of the media."""

    def __init__(self, detail: str) -> None:
        super().__init__("read_error", detail)
