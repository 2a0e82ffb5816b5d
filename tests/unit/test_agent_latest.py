"""What the threads of the loop pass on to each other never piles up."""

from __future__ import annotations

from threading import Event, Thread

import numpy as np

from agent.loop.inbox import MOST_UNHEARD, Inbox
from agent.loop.latest import Latest
from agent.loop.messages import Ended, Message, Sight

LIMIT_S = 60.0


def test_only_the_newest_item_is_handed_on_and_the_dropped_are_counted() -> None:
    latest: Latest[int] = Latest()
    for number in range(5):
        latest.put(number)
    latest.close()
    assert [latest.take(), latest.take()] == [4, None]
    assert latest.dropped == 4


def test_sights_that_nobody_hears_wait_instead_of_piling_up() -> None:
    stop = Event()
    inbox = Inbox(stop)
    sight: Message = Sight(np.empty((0, 3), np.float32), 0.0, 0.0)
    for _ in range(MOST_UNHEARD):
        inbox.put(sight)
    late = Thread(target=inbox.put, args=(sight,), daemon=True)
    late.start()
    inbox.put(Ended("a signal never waits"))
    assert late.is_alive()
    heard = [inbox.next(LIMIT_S) for _ in range(MOST_UNHEARD + 2)]
    late.join(LIMIT_S)
    assert heard.count(sight) == MOST_UNHEARD + 1


def test_an_inbox_without_patience_answers_at_once_whether_it_was_used_or_not() -> None:
    inbox = Inbox(Event())
    assert inbox.next(0.0) is None
    inbox.put(Ended("enough"))
    assert inbox.next(0.0) == Ended("enough")
    assert inbox.next(0.0) is None
