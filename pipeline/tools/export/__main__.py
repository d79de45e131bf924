r"""Features and labels of a corpus in a layout that others read.

    python -m pipeline export build/clips --format npz --out clips.npz
    python -m pipeline export build/mosi --format mmsa_pickle --out mosi.pkl \
        --task build/mosi_task --fold 0 --target label
    python -m pipeline export build/demo4/runs/iteacnet/0.7/fold0_seed0 --model --out model

Reads what the workflow made of a corpus: utterances.csv, annotations.csv and features/. Formats:
npz and parquet, one file with a row per utterance; npy_folder, GCNet's folders of one .npy per
utterance; mmsa_pickle, MMSA's three splits with vectors (N, 1, D). `reader: import` reads each of
them back.
With --model a run: its weights (of a teacher and a student the student), what it was trained on,
what its probabilities are worth, and a model card; `python -m pipeline label` takes it for a run.
A whole study is handed on by `python -m pipeline bundle`.
"""

import argparse
from pathlib import Path
from typing import get_args

from pipeline.base.arrays import ArraysError
from pipeline.base.tables import TableError
from pipeline.config.corpora import ImportFormat
from pipeline.features.store import StoreError
from pipeline.tools.export.content import Content, ExportError, read_content, with_task
from pipeline.tools.export.mmsa_pickle import write_mmsa_pickle
from pipeline.tools.export.model_folder import write_model
from pipeline.tools.export.npy_folder import TABLE, write_npy_folder
from pipeline.tools.export.npz import write_npz
from pipeline.tools.export.parquet import write_corpus
from pipeline.tools.label.errors import LabelError
from pipeline.tools.options import command_parser

FORMATS = get_args(ImportFormat)


def main(argv: list[str] | None = None) -> None:
    """Read the command line and the corpus, write, say how it is read again."""
    args = _parse(argv)
    if args.model:
        _model(args.corpus, args.out)
        return
    try:
        content = read_content(args.corpus)
        if args.task is not None:
            content = with_task(content, args.task, args.fold)
        n_left_out = export(content, args.format, args.out, args.target)
    except (ExportError, ArraysError, StoreError, TableError, OSError) as error:
        raise SystemExit(f"error: {error}") from None

    if n_left_out:
        print(f"note: {n_left_out} utterances have no split or no {args.target}: left out")
    n_written = len(content.utterances) - n_left_out
    print(f"{n_written} utterances in {args.out}; as a corpus of a configuration it is")
    print(*_configuration(args.format, args.out, content), sep="\n")


def _model(run_folder: Path, out: Path) -> None:
    try:
        run = write_model(out, run_folder)
    except (ExportError, LabelError, ArraysError, OSError) as error:
        raise SystemExit(f"error: {error}") from None
    print(f"{run.facts.name.in_words()}, in {out}; its labels for a corpus of yours:")
    print(f"  python -m pipeline label {out} build/CORPUS --out labels")


def export(content: Content, form: str, out: Path, target: str) -> int:
    """Write `content`; returns how many utterances the format cannot hold."""
    if form == "mmsa_pickle":
        return write_mmsa_pickle(out, content, target)
    writers = {"npz": write_npz, "npy_folder": write_npy_folder, "parquet": write_corpus}
    writers[form](out, content)
    return 0


def _configuration(form: str, out: Path, content: Content) -> list[str]:
    """The lines of a configuration that import what was written."""
    root, path = (out, TABLE) if form == "npy_folder" else (out.parent, out.name)
    named = ", ".join(f"{modality}: {modality}" for modality in content.vectors)
    arrays = f", arrays: {{{named}}}" if form == "npy_folder" else ""
    return [
        "  NAME:",
        "    reader: import",
        f"    root: {root.resolve()}",
        f"    import: {{format: {form}, path: {path}{arrays}}}",
    ]


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = command_parser("export", __doc__)
    parser.add_argument(
        "corpus", type=Path, metavar="CORPUS", help="build/CORPUS; with --model a run's folder"
    )
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--format", choices=FORMATS, help="the layout")
    form.add_argument("--model", action="store_true", help="a run, to hand on: no study")
    parser.add_argument("--out", type=Path, required=True, help="the file, or a new folder")
    parser.add_argument("--task", type=Path, help="build/TASK: adds its `label` and `split`")
    parser.add_argument("--fold", type=int, default=0, help="of the task's splits; default: 0")
    parser.add_argument(
        "--target", default="sentiment", help="mmsa_pickle: annotation; default: sentiment"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
