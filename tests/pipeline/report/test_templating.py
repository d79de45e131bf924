"""Long heads may be broken where people would break them, and nothing of a text is markup."""

from pipeline.report.templating import breakable


def test_a_long_head_may_be_broken_after_its_plus_signs():
    assert breakable("audio+text+visual") == "audio+<wbr>text+<wbr>visual"
    assert breakable("weighted_f1") == "weighted_<wbr>f1"
    assert breakable("-1.0 / +2.0, 3/5") == "-1.0 / +2.0, 3/5"
    assert breakable("± 0.35") == "±\u00a00.35"


def test_what_somebody_said_stays_text():
    assert breakable("<b>a+b</b> & c") == "&lt;b&gt;a+<wbr>b&lt;/b&gt; &amp; c"
