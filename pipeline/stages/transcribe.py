"""Stage transcribe: turns of a media file -> what is said in them."""

from pipeline.features.speech.jobs import work_on_turns
from pipeline.features.speech.steps import transcribe
from pipeline.stages.options import CLIP, stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the turns, write them with words, say what came out."""
    work_on_turns(stage_parser(__doc__, CLIP, "turns").parse_args(argv), transcribe)


if __name__ == "__main__":
    main()
