"""Stage make_demo: settings -> a synthetic corpus in the raw IEMOCAP layout."""

from demo.build import DemoError, make_demo
from demo.speech import SpeechError
from pipeline.base.errors import SettingsError
from pipeline.config.corpora import DemoSettings
from pipeline.config.settings import parse_section
from pipeline.stages.options import stage_parser


def main(argv: list[str] | None = None) -> None:
    """Read the command line, make the corpus."""
    parser = stage_parser(__doc__, "settings threads out")
    args = parser.parse_args(argv)
    if args.threads < 1:
        parser.error(f"--threads {args.threads}: at least 1 is needed")

    try:
        settings = parse_section(args.settings, DemoSettings, where="make_demo")
        summary = make_demo(settings, args.out, args.threads)
    except (DemoError, SettingsError, SpeechError) as error:
        raise SystemExit(f"error: {error}") from None
    print(
        f"done: {summary['n_dialogues']} dialogues, {summary['n_labeled']} labeled "
        f"utterances, {summary['duration_s']:.0f} s"
    )


if __name__ == "__main__":
    main()
