"""Stage draw_availability: the masks that every method is validated and tested under."""

from typing import Annotated

from pydantic import Field

from pipeline.base.records import Label, Modality, SplitRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.config.conditioned import ConditionName
from pipeline.config.conditions import parse_condition
from pipeline.config.settings import Section, parse_section
from pipeline.config.tasks import GeneratorName
from pipeline.features.extracted import read_extracted_cells
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.stored_masks import draw_masks, write_masks
from pipeline.stages.options import TABLES, stage_parser


class DrawAvailabilitySettings(Section):
    """What the rule hands over as JSON."""

    condition: ConditionName
    generator: GeneratorName = "gcnet"
    modalities: Annotated[tuple[Modality, ...], Field(min_length=1)]


def main(argv: list[str] | None = None) -> None:
    """Read the command line, draw, write, say what was reached."""
    args = stage_parser(__doc__, TABLES, "features mask-seed settings out").parse_args(argv)

    settings = parse_section(args.settings, DrawAvailabilitySettings, where="")
    utterances, labels = read_rows(args.utterances, Utterance), read_rows(args.labels, Label)
    extracted = read_extracted_cells(args.features, utterances, labels, settings.modalities)
    try:
        masks = draw_masks(
            labels,
            read_rows(args.splits, SplitRow),
            utterances,
            settings.modalities,
            extracted,
            parse_condition(settings.condition),
            settings.generator,
            args.mask_seed,
        )
    except ProtocolError as error:
        raise SystemExit(f"error: {error}") from None

    write_masks(args.out, masks)
    print("\n".join(masks.lines()))


if __name__ == "__main__":
    main()
