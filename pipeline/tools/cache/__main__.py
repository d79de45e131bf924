"""Look into the caches and the results.

    python -m pipeline cache stats                  what is there, in numbers and bytes
    python -m pipeline cache verify [--repair]      read every byte of caches and results
    python -m pipeline cache gc -c FILE... [--dry-run]  remove what none of them asks for
    python -m pipeline cache explain UTTERANCE_ID   what its keys are made of

Run it where `snakemake` runs. Exit code 1 if something is damaged and was not repaired.
"""

import argparse
import shutil
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from uuid import uuid4

from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.base.progress import Progress, progress
from pipeline.base.tables import TableError
from pipeline.config.configuration import Config, read_config
from pipeline.corpora.turns import TurnsError
from pipeline.media.detectors import DetectorError
from pipeline.rules.seals import SEALS, changed_files
from pipeline.tools.cache.asked import Asked, NotYetError, asked_of, keys_of_runs, runs_planned
from pipeline.tools.cache.contents import QUARANTINE, RUNS, Kept, contents, problem_of
from pipeline.tools.cache.explaining import flat, is_kept, nearest
from pipeline.tools.cache.users import User, others
from pipeline.tools.options import command_parser
from pipeline.training.runs import RunFolder

BUILD = Path("build")
FAULTS = (SettingsError, CheckpointError, DetectorError, NotYetError, TableError, TurnsError)
EXAMPLES = {
    "stats": "stats",
    "verify": "verify --repair",
    "gc": "gc -c config.yaml --dry-run",
    "explain": "explain Ses01F_impro01_M000",
}


def main(argv: list[str] | None = None) -> None:
    """Read the command line, do what it says."""
    args = _parse(argv)
    try:
        configs = [read_config(path) for path in args.configfile]
        args.run(args, configs, Path(configs[0].cache))
    except FAULTS as error:
        raise SystemExit(f"error: {error}") from None


def stats(args: argparse.Namespace, configs: Sequence[Config], cache: Path) -> None:
    """Numbers and bytes by kind."""
    sizes = defaultdict(list)
    for kept in contents(cache):
        sizes[kept.kind].append(kept.n_bytes)
    print(f"{cache}:")
    for kind, found in sizes.items():
        print(f"  {kind:10} {len(found):8} {_megabytes(sum(found))}")
    unfinished = [record for record in contents(cache) if _is_unfinished(record)]
    if unfinished:
        print(f"  of the runs, {len(unfinished)} have not ended: asked for again, they go on")


def verify(args: argparse.Namespace, configs: Sequence[Config], cache: Path) -> None:
    """Read every byte of the caches, and of the results that jobs sealed."""
    found = list(contents(cache))
    bad: list[Kept] = []
    bar: Progress[Kept] = progress(len(found), what="verify", unit="records")
    with bar:
        for kept in found:
            problem = problem_of(kept)
            if problem:
                bad.append(kept)
                print(f"damaged: {kept.path}: {problem}")
            bar.advance()

    changed = changed_files(SEALS, thorough=True)
    for path in changed:
        print(f"changed since its rule wrote it: {path}")
    print(f"{len(found)} in the cache, {len(bad)} damaged; {len(changed)} results changed")
    if args.repair:
        _repair(cache, bad, changed)
    elif bad or changed:
        sys.exit(1)


def gc(args: argparse.Namespace, configs: Sequence[Config], cache: Path) -> None:
    """Remove what nobody asks for and leftovers of kills; checkpoints of unfinished runs stay."""
    unnamed = others(cache, list(configs), Path())
    if unnamed and args.others is None:
        names = "\n  ".join(user.name for user in unnamed)
        raise SystemExit(
            f"error: {cache} is used by more than -c names:\n  {names}\n"
            "`--others keep` keeps what they ask for too, `--others drop` does not"
        )

    here = [User(Path().resolve(), config) for config in configs]
    wanted = _wanted(cache, here + (unnamed if args.others == "keep" else []))
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for kept in contents(cache):
        is_wanted = (kept.kind, kept.key) in wanted or _is_unfinished(kept)
        row = counts[kept.kind]
        row[0] += is_wanted
        row[1] += not is_wanted
        row[2] += 0 if is_wanted else kept.n_bytes
        if not (is_wanted or args.dry_run):
            _remove(kept.path)

    verb = "would go" if args.dry_run else "are gone"
    for kind, (n_kept, n_gone, n_bytes) in counts.items():
        print(f"{kind:10} {n_kept:8} stay {n_gone:8} {verb} {_megabytes(n_bytes)}")


def _wanted(cache: Path, asking: Sequence[User]) -> set[tuple[str, str]]:
    """Kinds and keys of all that these ask for, each seen from its own folder."""
    wanted: set[tuple[str, str]] = set()
    for user in asking:
        with chdir(user.folder):
            wanted |= {(asked.kind, asked.key) for asked in asked_of(user.config, BUILD)}
            wanted |= {(RUNS, key) for key in keys_of_runs(BUILD)}
    return wanted | {(RUNS, key) for key in runs_planned([u.config for u in asking], cache)}


def explain(args: argparse.Namespace, configs: Sequence[Config], cache: Path) -> None:
    """What the keys of an utterance are made of, and how the nearest record differs."""
    found = [
        asked
        for config in configs
        for asked in asked_of(config, BUILD)
        if asked.utterance_id == args.utterance_id
    ]
    if not found:
        names = " ".join(map(str, args.configfile))
        raise SystemExit(f"error: no corpus of {names} has {args.utterance_id!r}")
    for asked in found:
        _explain(cache, asked)


def _explain(cache: Path, asked: Asked) -> None:
    print(f"{asked.corpus} {asked.utterance_id} {asked.kind}")
    if not asked.key:
        print(f"  nothing to look up: {asked.status}")
        return
    kept = is_kept(cache, asked)
    print(f"  key {asked.key}: {'in the cache' if kept else 'not in the cache'}")
    for name, value in flat(asked.ingredients):
        print(f"    {name}: {value}")
    near = None if kept else nearest(cache, asked)
    if near is not None:
        print(f"  nearest record {near[0]} differs in:")
        for difference in near[1]:
            print(f"    {difference.name}: {difference.kept} there, {difference.wanted} now")


def _repair(cache: Path, bad: Sequence[Kept], changed: Sequence[Path]) -> None:
    """Damaged records go to the quarantine, changed results go: both are made again."""
    for kept in bad:
        aside = cache / QUARANTINE / f"{kept.kind}-{uuid4().hex[:8]}-{kept.path.name}"
        aside.parent.mkdir(mode=0o700, exist_ok=True)
        kept.path.replace(aside)
    for path in changed:
        path.unlink()
    print(f"{len(bad)} records set aside, {len(changed)} results removed; `snakemake` remakes them")


def _is_unfinished(kept: Kept) -> bool:
    return kept.kind == RUNS and not RunFolder(kept.path).is_finished


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:10.1f} MB"


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = command_parser("cache", __doc__)

    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in (("stats", stats), ("verify", verify), ("gc", gc), ("explain", explain)):
        example = f"example: python -m pipeline cache {EXAMPLES[name]}"
        command = commands.add_parser(
            name, description=run.__doc__, help=run.__doc__, epilog=example
        )
        command.add_argument(
            *("--configfile", "-c"),
            type=Path,
            nargs="+",
            default=[Path("config.yaml")],
            required=name == "gc",  # it deletes what the files that it is given do not ask for
            help="all that share this cache" + ("" if name == "gc" else "; default: config.yaml"),
        )
        command.set_defaults(run=run)

        if name == "verify":
            command.add_argument("--repair", action="store_true", help="take bad files away")
        if name == "gc":
            command.add_argument(
                "--others", choices=("keep", "drop"), help="users of the cache that -c leaves out"
            )
            command.add_argument("--dry-run", action="store_true", help="only say what would go")
        if name == "explain":
            command.add_argument("utterance_id", help="or a media file whose speech was found")
            command.usage = "%(prog)s UTTERANCE_ID [--configfile FILE ...]"
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
