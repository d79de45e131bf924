"""Mistakes that people make in configurations and tables: each is told before anything is decoded.

A message names the place, the value and the way out, and is no traceback. What a configuration
alone shows is refused when it is read; what tables show, by `doctor` and by check_tasks.
"""

import subprocess
import sys

import pytest
import yaml

from pipeline.base.provenance import ROOT
from pipeline.tools import doctor
from tests.pipeline.tools.doctoring import write_sound

TABLE = "utterance_id,dialogue_id,media,start_s,end_s,emotion,valence\n" + "".join(
    f"d{d}_u{u},d{d},a.wav,{u},{u + 1},{('happy', 'sad')[u % 2]},{u % 4 - 1.5}\n"
    for d in range(4)
    for u in range(4)
)
GOOD = """\
cache: CACHE
corpora:
  mine: {reader: folder, root: ROOT}
tasks:
  mood:
    corpus: mine
    annotation: emotion
    classes: {happy: [happy], sad: [sad]}
    folds: {by: dialogues, k: 3}
protocol: {rates: [0.0, 0.7]}
methods: {iteacnet: {model: iteacnet}}
train: {methods: [iteacnet], n_epochs: 2, train_rate: "0.7"}
"""
NETWORK = "methods: {iteacnet: {model: iteacnet}}"
IN_FILE = [
    # what stands in GOOD, what somebody writes instead, what the message must hold
    ("cache: CACHE", "cache: CACHE\ncache: x", ["line 2", "'cache' stands twice", "make one"]),
    ("train: {", "train: {seeds: [0], seeds: [1], ", ["line 12", "'seeds' stands twice"]),
    ("tasks:\n", "tasks: [\n", ["line", "column", "cannot be read as YAML"]),
    ("  mine:", "\tmine:", ["line 3", "indent with spaces"]),
    ("cache: CACHE", "cache: a: b", ["line 1", "a colon within a text needs quotes"]),
    ("n_epochs: 2", "n_epochs: 010", ["line 12", "010 is 8 to YAML", "without zeros"]),
    ("n_epochs: 2", "n_epochs: 1:30", ["1:30 is 90 to YAML"]),
    ("n_epochs: 2", "n_epochs: yes", ["train.n_epochs", "for truth values (value: True)"]),
    ("n_epochs: 2", "n_epochs: many", ["train.n_epochs: must be a whole number", "'many'"]),
    ("n_epochs: 2", "n_epochs: 2.5", ["train.n_epochs: must be a whole number", "2.5"]),
    ("n_epochs: 2", "n_epochs: 0", ["greater than or equal to 1", "(value: 0)", "line 12"]),
    ("n_epochs: 2", "n_epochs:", ["train.n_epochs", "after the colon; write a value, or delete"]),
    ("n_epochs: 2", "n_epoch: 2", ["train.n_epoch: unknown key", "did you mean 'n_epochs'?"]),
    ("train: {", "traning: {", ["traning: unknown key", "did you mean 'train'?", "line 12"]),
    ('"0.7"', "0.7", ["train.train_rate", 'takes this for a number; write "0.7"']),
    ('"0.7"', '"0.9"', ["train.train_rate", "use 0.0 to 0.7, 'random' or 'progressive'"]),
    (
        "{model: iteacnet}}",
        "{model: iteacnet, by_rate: {0.3: {hidden_dim: 16}}}}",
        ["methods.iteacnet.by_rate", "is trained at 0.7 and at none of these", "train.train_rate"],
    ),
    (
        f"protocol: {{rates: [0.0, 0.7]}}\n{NETWORK}",
        "    modalities: [audio, text]\n"
        "methods: {iteacnet: {model: logistic, settings: {modalities: [text, visual]}}}",
        ["methods.iteacnet.settings.modalities", "task mood has no visual, only ['audio', 'text']"],
    ),
    ("methods: [iteacnet]", "methods: iteacnet", ["train.methods", "must be a list, as [a, b]"]),
    ("methods: [iteacnet]", "methods: [iteacnt]", ["not defined", "did you mean 'iteacnet'?"]),
    ("methods: [iteacnet]", "methods: [iteacnet, iteacnet]", ["stands there twice"]),
    (
        "methods: {iteacnet: {model: iteacnet}",
        "methods: {iteacnet: {model: iteacnet}, ITEACNet: {model: iteacnet}",
        ["methods", "'iteacnet' and 'ITEACNet' differ by capitals alone", "rename one"],
    ),
    ("[0.0, 0.7]", "[0.0, 0.9]", ["protocol.rates.1", "less than or equal to 0.7", "0.9"]),
    ("[0.0, 0.7]", "[0.0, 0.5, 0.5]", ["protocol.rates", "0.5 stands there twice"]),
    ("[0.0, 0.7]", "[no]", ["protocol.rates.0", "truth values"]),
    ("[0.0, 0.7]", "[]", ["protocol.rates", "at least 1 item"]),
    ("model: iteacnet", "model: iteacnett", ["did you mean 'iteacnet'?", "iteacnett"]),
    ("{model: iteacnet}", "on", ["config: methods.iteacnet: must be keys with values"]),
    ("methods: {iteacnet:", "methods: {-x:", ["not a name", "'-x'", "not beginning with"]),
    ("reader: folder", "reader: foldr", ["corpora.mine.reader", "did you mean 'folder'?"]),
    ("reader: folder", "reader: import", ["`import` and `reader: import` go together", "line 3"]),
    ("root: ROOT", "root:", ["corpora.mine.root: must be text", "write a value, or delete"]),
    ("root: ROOT", "root: 2024-01-01", ["takes this for a date", "corpora.mine.root"]),
    (
        "root: ROOT",
        "root: ~nobody_here/x",
        ["~nobody_here is not a user's home", "write the path out"],
    ),
    ("root: ROOT", "root: ROOT, make_demo: {}", ["delete make_demo to read your folder"]),
    ("reader: folder, ", "", ["corpora.mine.reader: this key is needed", "line 3"]),
    (
        "  mood:\n",
        "  mood:\n    class_weights: {happyy: 2}\n",
        ["tasks.mood.class_weights", "['happyy'] are no classes of ['happy', 'sad']"],
    ),
    ("  mood:\n", "  mood:\n    class_weights: {sad: 0}\n", ["greater than 0", "(value: 0)"]),
    ("  mood:\n", "  mood:\n    class_weights: even\n", ["class_weights", "'balanced'"]),
    ("  mood:\n", "  mood:\n    kind: regression\n", ["`classes` is needed for classification"]),
    ("[happy]", "happy", ["tasks.mood.classes.happy", "must be a list", "'happy'"]),
    ("sad: [sad]", "sad: [happy]", ["['happy'] stand in more than one class"]),
    (
        "sad: [sad]",
        "no: [sad]",
        ["tasks.mood.classes.False: must be text", "put the word in quotes"],
    ),
    ("corpus: mine", "corpus: mein", ["'mein' is not defined", "did you mean 'mine'?", "line 6"]),
    ("k: 3", "k: 3, only: [3]", ["tasks.mood.folds.only", "there are no folds [3], only 0 to 2"]),
    ("by: dialogues", "by: dialogue", ["tasks.mood.folds.by", "did you mean 'dialogues'?"]),
    ("cache: CACHE", "cache: CACHE\nfeatures: {text: {encoder: minilmm}}", ["'minilm'?"]),
    ("cache: CACHE", "cache: CACHE\n__use_yte__: true", ["line 2", "templates are not run"]),
]
IN_TABLE = [
    # the same, in the configuration or in utterances.csv: what only the table shows
    ("annotation: emotion", "annotation: emotions", ["did you mean 'emotion'?", "tasks.mood"]),
    ("[happy]", "[hapy]", ["class 'happy': no utterance has 'hapy'; did you mean 'happy'?"]),
    ("[happy]", "[Happy]", ["did you mean 'happy'?", "happy 8"]),
    ("k: 3", "k: 5", ["tasks.mood: folds.k=5, but the 4 labelled", "set folds.k=4"]),
    ("by: dialogues", "by: sessions", ["dialogue 'd0' has sessions [''], not one"]),
    ("by: dialogues", "by: speakers", ["no labelled utterance has a speaker", "by=dialogues"]),
    ("by: dialogues", "by: official", ["fold 0 has no train dialogue", "folds.by=dialogues"]),
    ("utterance_id,", "utterance,", ["utterance_id", "utterances.csv"]),
    ("media,", "media,media,", ["utterances.csv", "media"]),
    ("root: ROOT", "root: ROOT/nowhere", ["there is no such folder", "corpora.mine.root"]),
]
NUMBERS = """\
    kind: regression
    annotation: valence
    metrics: METRICS
"""
IN_NUMBERS = [
    ("sentiment", lambda u: u % 4 + 1, ["goes from 1 to 4", "or `metrics: dimensional`"]),
    ("sentiment", lambda u: 0, ["every value is 0", "`center`"]),
    ("dimensional", lambda u: 0, ["every value of 'valence' is 0", "no correlation or CCC"]),
    (
        "dimensional",
        lambda u: "good",
        ["'good' of 'valence' is not a finite number", "kind: classific"],
    ),
    ("dimensional", lambda u: '"1,5"', ["'1,5' of 'valence' is not a finite number"]),
]


@pytest.fixture
def told(tmp_path, capsys):
    """What doctor says of a configuration and a table: the refusal, and what it printed."""

    def do(config, table=TABLE):
        root = tmp_path / "my videos"
        root.mkdir()
        (root / "utterances.csv").write_text(table)
        write_sound(root / "a.wav")
        path = tmp_path / "mine.yaml"
        places = {"CACHE": f'"{tmp_path}/cache"', "ROOT": f'"{root}"'}
        for word, place in places.items():
            config = config.replace(f"{word}/nowhere", f'"{root}/nowhere"').replace(word, place)
        path.write_text(config)
        with pytest.raises(SystemExit) as ended:
            doctor.main(["--configfile", str(path)])
        return f"{ended.value.code}\n{capsys.readouterr().out}"

    return do


def replaced(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(("old", "new", "parts"), IN_FILE, ids=lambda part: str(part)[:30])
def test_a_mistake_in_the_file_is_told(told, old, new, parts):
    message = told(replaced(GOOD, old, new))
    assert message.startswith("error: ")
    assert "mine.yaml" in message
    assert [part for part in parts if part not in message] == [], message


@pytest.mark.parametrize(("old", "new", "parts"), IN_TABLE, ids=lambda part: str(part)[:30])
def test_a_mistake_that_the_table_shows_is_told(told, old, new, parts):
    is_config = old in GOOD
    config = replaced(GOOD, old, new) if is_config else GOOD
    message = told(config, TABLE if is_config else replaced(TABLE, old, new))
    assert "MISSING" in message
    assert [part for part in parts if part not in message] == [], message


@pytest.mark.parametrize(
    ("metrics", "value", "parts"),
    IN_NUMBERS,
    ids=lambda part: None if callable(part) else str(part)[:30],
)
def test_numbers_that_cannot_be_scored_are_told(told, metrics, value, parts):
    header, *rows = TABLE.splitlines()
    rows = [f"{row.rpartition(',')[0]},{value(number)}" for number, row in enumerate(rows)]
    start = GOOD.index("    annotation")
    config = GOOD[:start] + NUMBERS.replace("METRICS", metrics) + GOOD[GOOD.index("    folds") :]
    message = told(config, "\n".join([header, *rows]) + "\n")
    assert "MISSING  tasks.mood: " in message
    assert [part for part in parts if part not in message] == [], message


def test_there_are_more_than_forty_and_the_file_without_them_is_good(told):
    assert len(IN_FILE) + len(IN_TABLE) + len(IN_NUMBERS) > 40
    message = told(GOOD.replace("cache: CACHE", "cache: CACHE\nfeatures: {audio: {weights: gone}}"))
    assert "MISSING  features.audio" in message
    assert message.count("MISSING") == 1


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("n_epochs: 2", "n_epoch: 2", "did you mean 'n_epochs'?"),
        ("cache: CACHE", "cache: x\ncache: y", "'cache' stands twice, first in line 1"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(tmp_path, old, new, part):
    """The same through Snakemake, which reads the file by itself before it asks us."""
    path = tmp_path / "mine.yaml"
    path.write_text(replaced(GOOD, old, new))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "-n"]
    done = subprocess.run(
        [*command, "--cores", "1", "--configfile", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr

    assert done.returncode == 1
    assert part in said
    assert "mine.yaml, line" in said
    assert "Traceback" not in said


def test_the_good_file_is_yaml():
    assert yaml.safe_load(GOOD)["train"]["train_rate"] == "0.7"
