"""What a file holds by its header, which another process opens."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from av.container import InputContainer

from pipeline.media.container import KINDS, Kind, best_stream, open_media
from pipeline.media.damage import Damage
from pipeline.media.decoder import Decoder
from pipeline.media.errors import NoStreamError


def kinds_of_streams(decoder: Decoder, path: Path) -> list[Kind]:
    """The kinds that `path` has a stream of; raises the MediaError of a file that does not open."""
    return [
        kind for facts, _ in decoder.ask("header", path, [], None, None) for kind in facts["kinds"]
    ]


def answers(request: dict[str, Any], damage: Damage) -> Iterator[tuple[dict[str, Any], Any]]:
    """Open the file of a request; this runs in the process that decodes."""
    with open_media(Path(request["path"])) as container:
        yield {"kinds": [kind for kind in KINDS if _has(container, kind)]}, b""


def _has(container: InputContainer, kind: Kind) -> bool:
    try:
        return best_stream(container, kind) is not None
    except NoStreamError:
        return False
