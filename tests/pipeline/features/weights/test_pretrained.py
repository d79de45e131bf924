"""A folder of the hub's layout gives its model whole or not at all, and runs no code of its own."""

import pytest
import transformers

from pipeline.base.errors import CheckpointError
from pipeline.features.encoders import hf_text

pytestmark = pytest.mark.fresh


def test_a_checkpoint_without_all_weights_is_refused(deberta, settings_of, local, tmp_path):
    for path in deberta.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    smaller = transformers.DebertaModel.from_pretrained(deberta)
    del smaller.encoder.layer[3]
    smaller.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_bytes((deberta / "config.json").read_bytes())
    with pytest.raises(CheckpointError, match=r"does not fill DebertaModel; missing \['encoder.la"):
        hf_text.build(settings_of("text"), local(tmp_path), "cpu")


def test_code_in_a_model_folder_is_not_run(deberta, settings_of, local, tmp_path):
    for path in deberta.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    config = (
        (tmp_path / "config.json")
        .read_text()
        .replace(
            '"model_type": "deberta"',
            '"model_type": "evil", "auto_map": {"AutoModel": "evil.Evil"}',
        )
    )
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(CheckpointError, match="cannot load it"):
        hf_text.build(settings_of("text"), local(tmp_path), "cpu")
