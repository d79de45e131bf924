"""Stage tell_speakers: where somebody speaks -> who it is, by their voices."""

from pipeline.features.speech.jobs import work_on_turns
from pipeline.features.speech.steps import tell_speakers
from pipeline.stages.options import CLIP, stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the turns, write them with speakers, say what came out."""
    work_on_turns(stage_parser(__doc__, CLIP, "turns").parse_args(argv), tell_speakers)


if __name__ == "__main__":
    main()
