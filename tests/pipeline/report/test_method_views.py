"""What tables say of a method, read off its settings."""

import pytest

from pipeline.config.configuration import parse_config
from pipeline.report.method_views import in_paper_order, method_views


def test_designs_are_read_off_settings_and_the_main_method_comes_last(study):
    config = parse_config(study[0].config)
    methods = method_views(config.methods, config.train.methods)
    by_name = {method.name: method for method in methods}
    assert by_name["iteacnet"].framework == ("ITS", "TF", "NAS")
    assert by_name["its_tf_tf"].framework == ("ITS", "TF", "TF")
    assert by_name["ts_nas_tf"].framework == ("TS", "NAS", "TF")
    assert by_name["gcnet_framework_tf"].framework == ("GCNet", "TF", "-")
    assert [by_name[f"ecce_{n}"].context for n in ("none", "global", "full")] == [
        ("×", "×"),
        ("×", "✓"),
        ("✓", "✓"),
    ]

    order = [method.name for method in in_paper_order(methods)]
    assert (order[:2], order[-1]) == (["ae", "gcnet"], "iteacnet")

    with pytest.raises(ValueError, match="is not a form of ITEACNet"):
        _ = by_name["gcnet"].framework
