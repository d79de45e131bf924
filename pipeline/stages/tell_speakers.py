"""Stage tell_speakers: where somebody speaks -> who it is, by their voices."""

from pipeline.corpora.turns import read_found
from pipeline.features.speech.jobs import clip_parser, given, result, told_faults
from pipeline.features.speech.steps import Clip, tell_speakers


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the turns, write them with speakers, say what came out."""
    args = clip_parser(__doc__, with_turns=True).parse_args(argv)
    clip = Clip(args.root, args.media, args.links, args.cache)
    with told_faults(args.media):
        found = tell_speakers(clip, read_found(args.turns), given(args.settings))
    result(args.out, found)


if __name__ == "__main__":
    main()
