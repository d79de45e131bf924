"""Which method stands in which of the paper's tables."""


def test_each_method_stands_in_the_tables_that_it_belongs_to(study):
    build, _ = study
    members = {n: list(dict.fromkeys(build.table(f"table{n}")["method"])) for n in range(1, 5)}
    assert members[1] == ["ecce_none", "ecce_global", "ecce_full"]
    assert members[2] == ["gcnet_framework_tf", "iteacnet", "its_tf_tf", "ts_nas_tf"]
    assert members[3] == ["majority", "gcnet", "iteacnet"]
    assert members[4] == ["majority", "ae", "gcnet", "iteacnet"]
    assert list(dict.fromkeys(build.table("table2")["column"])) == ["0.0", "0.5", "decline"]
