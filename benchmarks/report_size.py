"""How large the page of a study of CMU-MOSEI's size is, and how long Chromium takes to open it.

The corpus is synthetic: 22,856 utterances of 3,292 dialogues with words, all of them tested in five
folds, at eight missing rates and under all subsets of three modalities, by four quick methods. The
whole workflow runs; its page is opened several times from the file.

    python -m benchmarks.report_size            # minutes; --keep FOLDER keeps and reuses the study
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.sizes import Size, run, write_study
from pipeline.base.files import write_text

CHROMIUM = Path("/usr/bin/chromium")
LIMIT_MB, LIMIT_S = 15, 2
MOSEI = Size(
    n_dialogues=3292,
    n_utterances=7,
    n_classes=7,
    methods=("logistic", "late_fusion", "prior", "gru"),
)
N_UTTERANCES = 22_856
RATES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
N_WORDS = 20  # of an utterance, as in CMU-MOSEI


def write_mosei(folder: Path, size: Size, n_utterances: int, rng: np.random.Generator) -> None:
    """Features, words and configuration; rows beyond `n_utterances` are taken off the last ones."""
    write_study(folder, size, rng)
    path = folder / "features/f.npz"
    with np.load(path) as found:
        arrays = {name: found[name][:n_utterances] for name in found.files}

    n = len(arrays["turn"])
    letters = rng.choice(list("aeiounrstl"), (n, N_WORDS, 4))
    words = [" ".join("".join(word) for word in row) for row in letters.tolist()]
    np.savez(path, **arrays, sentence=np.array(words))

    config = json.loads((folder / "config.yaml").read_text(encoding="utf-8"))
    config["tasks"]["t"] |= {"folds": {"by": "dialogues", "k": 5}, "conditions": ["subsets"]}
    config["protocol"]["rates"] = RATES
    config["report"] = {"text": True}
    write_text(folder / "config.yaml", json.dumps(config))


def page_of(folder: Path) -> Path:
    """The page of the one study that lies there."""
    (page,) = (folder / "build/report").glob("*/index.html")
    return page


def opening_times(page: Path, n_times: int) -> list[float]:
    """Seconds from the call until utterances can be looked at, a new browser each time."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as driver:
        for _ in range(n_times):
            browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 1440, "height": 900})
            begun = time.perf_counter()
            tab.goto(page.as_uri())
            tab.locator(".block").first.wait_for()
            found.append(time.perf_counter() - begun)
            browser.close()
    return found


def main(argv: list[str] | None = None) -> None:
    """Make, run, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder of the study, reused where it is there")
    parser.add_argument("--times", type=int, default=5, help="how often the page is opened")
    args = parser.parse_args(argv)

    with tempfile.TemporaryDirectory() as made:
        folder = args.keep or Path(made)
        folder.mkdir(exist_ok=True)
        if not (folder / "config.yaml").is_file():
            write_mosei(folder, MOSEI, N_UTTERANCES, np.random.default_rng(0))
        code, said = run(folder)
        if code:
            raise SystemExit(said[-4000:])

        page = page_of(folder)
        size_mb = page.stat().st_size / 1e6
        times = opening_times(page, args.times)
        middle = statistics.median(times)
        print(f"page: {size_mb:.1f} MB (limit {LIMIT_MB})")
        print(f"opened in {middle:.2f} s, {min(times):.2f} to {max(times):.2f} (limit {LIMIT_S})")


if __name__ == "__main__":
    main()
