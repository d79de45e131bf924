"""What the stage `trace` wrote, as the report reads it."""

from pipeline.report.traces import read_traces


def test_a_baseline_alone_has_no_insides_to_show(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,))
    page = build.report()
    assert "Routers" not in page
    assert "Attention and ECCE" not in page


def test_each_form_of_iteacnet_has_a_trace_in_words(two_methods):
    (trace,) = read_traces(two_methods[0].results())
    assert trace.method.name == "iteacnet"
    assert trace.candidates == ["attention", "time MLP", "average pool", "max pool"]
    assert trace.run == "student trained at missing rate 0.5, fold 0, seed 0"
    assert list(trace.of("attention")) == ["audio", "text", "visual"]
    assert trace.of("nothing") == {}
