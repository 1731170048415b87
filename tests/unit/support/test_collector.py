"""What stays until the suite's end is not searched for garbage, and what a test leaves is."""

import gc
from weakref import ref


class Ring:
    """Holds itself: only the collector of garbage can end it."""

    def __init__(self) -> None:
        self.itself = self


def test_what_was_collected_with_the_suite_is_not_gone_through_again() -> None:
    assert gc.get_freeze_count() > 10_000


def test_what_a_test_leaves_behind_is_collected() -> None:
    assert gc.isenabled()
    ring = ref(Ring())
    gc.collect()
    assert ring() is None
