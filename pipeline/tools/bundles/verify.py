"""Check a bundle without the corpus: its parts, what they say of each other, every table.

    python -m pipeline verify miniature.zip

Every part must be as it was bundled; no part may contradict another; and every table, scored anew
from the predictions by this program, must be the same to the byte. Exit code 0: all holds; 1:
something does not, and is named, or the file cannot be read. It needs nothing but the file, reads
nothing else, and writes to the folder for temporary files alone.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.base.wording import counted
from pipeline.corpora.texts import printable
from pipeline.tools.bundles.checking import contradictions
from pipeline.tools.bundles.errors import BundleError, ending, told
from pipeline.tools.bundles.opening import read_study
from pipeline.tools.bundles.packing import Manifest, Unpacked, unpack, versions_of_tables
from pipeline.tools.bundles.rescoring import difference, rescore, scored_files
from pipeline.tools.bundles.rows import PREDICTIONS, ROWS, changed_rows
from pipeline.tools.bundles.study import TABLES, Study
from pipeline.tools.options import command_parser

SHOWN = 40


def main(argv: list[str] | None = None) -> None:
    """Read the command line, check, exit with 1 where something does not hold."""
    parser = command_parser("verify", __doc__)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="NAME.zip")
    bundle = parser.parse_args(argv).bundle
    try:
        with tempfile.TemporaryDirectory() as name:
            unpacked, faults, held = verify_bundle(bundle, Path(name))
    except (BundleError, OSError) as error:
        raise ending(error) from None

    print(f"{bundle}: sha256 of the study {unpacked.digest}")
    print(*(f"wrong: {printable(fault, 600)}" for fault in faults[:SHOWN]), *held, sep="\n")
    if faults:
        more = f", {SHOWN} of them above" if len(faults) > SHOWN else ""
        raise SystemExit(f"error: {counted(len(faults), 'thing does', 'things do')} not hold{more}")
    print("All holds.")


def verify_bundle(bundle: Path, folder: Path) -> tuple[Unpacked, list[str], list[str]]:
    """What a bundle is, what of it does not hold, and what was found to hold."""
    unpacked = unpack(bundle, folder)
    faults = list(_changed(unpacked, folder))
    study = read_study(folder)
    against = [line for task in study.tasks for line in contradictions(study, task, folder)]
    faults += against

    n_parts = len(unpacked.manifest.parts)
    held = [f"{n_parts - len(unpacked.changed)} of {n_parts} parts are as bundled"]
    if not against:
        held.append("ids, labels, splits, masks and predictions belong together")
    tables, n_same = _rescored(study, folder, unpacked.manifest)
    faults += tables
    held.append(f"{n_same} tables are the same to the byte when scored anew")
    return unpacked, faults, held


def _changed(unpacked: Unpacked, folder: Path) -> Iterator[str]:
    """Parts that are not as listed; of predictions the rows."""
    for name in unpacked.changed:
        path = folder / name
        if not path.is_file():
            yield f"{name} is not there"
            continue
        yield f"{name} is not as it was bundled"
        has_rows = path.name == PREDICTIONS and path.with_name(ROWS).is_file()
        if has_rows and f"{name.removesuffix(PREDICTIONS)}{ROWS}" not in unpacked.changed:
            with told(name):
                yield from (f"{name}, {row}" for row in changed_rows(path.parent))


def _rescored(study: Study, folder: Path, manifest: Manifest) -> tuple[list[str], int]:
    """Tables that come out otherwise, and how many come out as they are."""
    shipped = {}
    for name, path in scored_files(study, folder).items():
        shipped[name] = folder / "shipped" / name
        shipped[name].parent.mkdir(parents=True, exist_ok=True)
        path.replace(shipped[name])
    shutil.rmtree(folder / TABLES, ignore_errors=True)

    try:
        with told("the predictions"):
            rescore(study, folder)
    except (BundleError, SystemExit) as error:
        return [f"no table can be scored anew: {error}"], 0
    made = scored_files(study, folder)
    faults = [f"{name} is not there" for name in made if name not in shipped]
    faults += [f"{name} follows from nothing" for name in shipped if name not in made]
    both = [name for name in made if name in shipped]
    with told("the tables"):
        found = {name: difference(shipped[name], made[name]) for name in both}
    faults += [f"{name}: {said}" for name, said in found.items() if said]
    if any(found.values()):
        faults += _other_versions(manifest)
    return faults, sum(not said for said in found.values())


def _other_versions(manifest: Manifest) -> Iterator[str]:
    """What may have changed the last digit of a number."""
    now = versions_of_tables()
    for name, version in manifest.versions.items():
        if now.get(name, version) != version:
            yield f"the tables were made with {name} {version}, here is {now[name]}"


if __name__ == "__main__":
    main()
