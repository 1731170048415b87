"""Reads that do not wait for one another, by a reader that notes what it is asked in one go."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from clinic_platform.together import gathering, reads_by, together


class Upper:
    """Answers in capitals. What is asked for `away` it does not answer."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def answers(self, questions: Sequence[str]) -> list[str]:
        self.asked.append([*questions])
        if "away" in questions:
            raise ConnectionError
        return [question.upper() for question in questions]


@pytest.fixture
def reader() -> Iterator[Upper]:
    reader = Upper()
    with reads_by(reader):
        yield reader


async def ask(question: str) -> str:
    joined = gathering()
    assert joined is not None, "Somebody reads for those who read together."
    return str(await joined.ask(question))


async def ask_in_turn(*questions: str) -> str:
    return "".join([await ask(question) for question in questions])


async def ask_both(a: str, b: str) -> str:
    return "".join(await together(ask(a), ask(b)))


async def refuse() -> str:
    raise LookupError


async def test_reads_made_at_the_same_time_are_sent_in_one_go(reader: Upper) -> None:
    assert await together(ask("a"), ask("b"), ask("c")) == ("A", "B", "C")
    assert reader.asked == [["a", "b", "c"]]


async def test_a_task_that_reads_again_joins_those_that_read_then(reader: Upper) -> None:
    found = await together(ask_in_turn("a", "b", "c"), ask("d"), ask_in_turn("e", "f"))

    assert found == ("ABC", "D", "EF")
    assert reader.asked == [["a", "d", "e"], ["b", "f"], ["c"]]


async def test_those_who_read_together_within_others_join_them(reader: Upper) -> None:
    assert await together(ask("a"), ask_both("b", "c")) == ("A", "BC")
    assert reader.asked == [["a", "b", "c"]]


async def test_a_task_that_reads_nothing_does_not_hold_up_the_others(reader: Upper) -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def read_it() -> None:
        answer.set_result(await ask("a"))

    async def wait_for_it() -> str:
        return await answer

    assert await together(read_it(), wait_for_it()) == (None, "A")


async def test_the_first_failure_is_raised_once_the_others_have_ended(reader: Upper) -> None:
    ended: list[str] = []

    async def never_answered() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    with pytest.raises(LookupError):
        await together(never_answered(), refuse(), ask("a"))
    assert ended == ["cancelled"]
    assert reader.asked == []


async def test_of_two_that_fail_the_first_in_order_is_raised(reader: Upper) -> None:
    async def fail(question: str, error: Exception) -> None:
        await ask(question)
        raise error

    with pytest.raises(KeyError):
        await together(fail("a", KeyError()), fail("b", IndexError()))


async def test_a_reader_that_fails_keeps_nobody_waiting(reader: Upper) -> None:
    with pytest.raises(ConnectionError):
        await together(ask("a"), ask("away"))


async def test_a_cancelled_task_leaves_none_of_its_reads_behind(reader: Upper) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(together(wait(), ask("a")))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_a_task_that_stays_behind_is_not_read_for(reader: Upper) -> None:
    left: list[asyncio.Task[str]] = []
    over = asyncio.Event()

    async def leave() -> None:
        async def later() -> str:
            await over.wait()
            return await ask("late")

        left.append(asyncio.create_task(later()))

    await together(leave(), ask("a"))
    over.set()
    with pytest.raises(RuntimeError, match="over"):
        await left[0]


async def test_without_a_transaction_each_reads_for_itself_at_the_same_time() -> None:
    met = asyncio.Barrier(2)

    async def meet(name: str) -> str:
        await met.wait()
        assert gathering() is None
        return name

    assert await together(meet("a"), meet("b")) == ("a", "b")
