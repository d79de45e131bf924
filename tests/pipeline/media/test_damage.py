"""Losses are counted, and the first and the last are kept."""

from pipeline.media.damage import Damage


def test_the_first_and_the_last_loss_are_told_with_their_number():
    damage = Damage()
    assert (damage.describe(), damage.state) == ("", (0, ""))
    for reason in ("a packet", "a frame", "a frame more"):
        damage.add(reason)
    assert damage.describe() == "3 times, first: a packet"
    assert damage.state == (3, "a frame more")
