"""Stage find_speech: a media file -> where somebody speaks, or what a file beside it says."""

import json

from pipeline.base.files import UnsafePathError
from pipeline.base.retries import note_exchanged
from pipeline.corpora.checks import path_fault
from pipeline.corpora.fingerprint import files_fingerprint
from pipeline.corpora.found import beside
from pipeline.corpora.transcripts.choosing import told_beside
from pipeline.corpora.turns import Found
from pipeline.features.speech.jobs import clip_of, given, result, told_faults
from pipeline.features.speech.steps import find, imported, sha256_of
from pipeline.media.errors import MediaError
from pipeline.stages.options import CLIP, stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the file, write what was found, say it."""
    args = stage_parser(__doc__, CLIP).parse_args(argv)
    clip = clip_of(args)
    with told_faults(args.clip):
        settings = json.loads(args.settings)
        planned = settings.pop("files", "")
        names = [file.relative for file in beside(args.root, args.clip)]
        told = told_beside(args.root, names, args.links)

        # A file that a transcript tells of is not listened to.
        try:
            sha256 = sha256_of(clip)
        except MediaError as error:
            found = Found(clip.media, "", "", problem=str(error))
        except UnsafePathError as error:  # of this file alone: the others go on
            why = path_fault(args.root, args.clip, args.links) or str(error)
            found = Found(clip.media, "", "", problem=why)
        else:
            if told is not None:
                found = imported(clip, sha256, told.source, told.turns, told.note)
            else:
                found = find(clip, sha256, given(settings))

    result(args.out, found)
    note_exchanged(args.out, planned, files_fingerprint(args.root, [args.clip, *names]))


if __name__ == "__main__":
    main()
