"""Whose job works: at most so many at once, in order, and no place is ever lost."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.shared import job_queue
from dashboard.shared.job_queue import KEPT_S, JobQueue, QueueFullError


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class AgainError(Exception):
    """The page is drawn anew."""


def silent(before):
    pass


def test_jobs_work_in_the_order_of_asking():
    queue = JobQueue(at_once=1, waiting=2)
    assert [queue.begin(name) for name in "abc"] == [0, 1, 2]
    assert (queue.others("c"), queue.others("elsewhere")) == (2, 3)
    with pytest.raises(QueueFullError, match="1 of 1 jobs at work, 2 waiting"):
        queue.begin("d")
    queue.end("a")
    assert [queue.begin(name) for name in "cb"] == [2, 1]  # a may go on in the next run of its page
    queue.leave("a")
    assert [queue.begin(name) for name in "cb"] == [1, 0]


def test_a_visitor_has_one_job_at_a_time():
    queue = JobQueue(at_once=5, waiting=0)
    assert queue.begin("a") == 0
    assert queue.begin("a") == 1
    queue.end("a")
    assert queue.begin("a") == 0


def test_who_leaves_while_working_keeps_the_slot_until_the_work_ends():
    queue = JobQueue(at_once=1, waiting=1)
    queue.begin("a")
    queue.leave("a")
    assert queue.begin("b") == 1
    queue.end("a")
    assert queue.begin("b") == 0
    assert queue.others("b") == 0


def test_a_place_that_nothing_is_heard_of_is_given_to_others():
    clock = Clock()
    queue = JobQueue(at_once=1, waiting=2, clock=clock)
    queue.begin("a")
    queue.begin("b")
    clock.now = 10 * KEPT_S  # a works all the while, b has closed the window
    assert queue.begin("c") == 1
    queue.end("a")
    clock.now += KEPT_S + 1
    assert queue.begin("c") == 0


@pytest.mark.parametrize(("fault", "others"), [
    (AgainError, 1), (ValueError, 0), (KeyboardInterrupt, 0), (GeneratorExit, 0)])
def test_only_another_run_of_the_page_keeps_the_place(fault, others):
    queue = JobQueue(at_once=1, waiting=1)
    with pytest.raises(fault), queue.turn("a", silent, keeps=AgainError):
        raise fault
    assert queue.others("b") == others
    queue = JobQueue(at_once=1, waiting=1)
    queue.begin("first")

    def waits(before):
        raise fault

    with pytest.raises(fault), queue.turn("a", waits, keeps=AgainError):
        pytest.fail("not its turn")
    assert queue.others("first") == others


STEPS = st.lists(st.tuples(st.sampled_from(["begin", "end", "leave", "wait"]), st.integers(0, 5)),
                 max_size=60)


@given(at_once=st.integers(1, 3), waiting=st.integers(0, 3), steps=STEPS)
def test_the_line_never_exceeds_its_size_and_loses_no_slot(at_once, waiting, steps):
    clock = Clock()
    queue = JobQueue(at_once, waiting, clock=clock)
    working = set()
    for step, visitor in steps:
        if step == "begin":
            try:
                if queue.begin(visitor) == 0:
                    assert visitor not in working
                    working.add(visitor)
            except QueueFullError:
                assert queue.others("nobody") == at_once + waiting
        elif step == "end" and visitor in working:
            working.remove(visitor)
            queue.end(visitor)
        elif step == "leave":
            queue.leave(visitor)
        elif step == "wait":
            clock.now += visitor * KEPT_S / 2
        assert len(working) <= at_once
        assert len(working) <= queue.others("nobody") <= at_once + waiting
    for visitor in working:
        queue.leave(visitor)
        queue.end(visitor)
    clock.now += KEPT_S + 1
    assert [queue.begin(name) for name in "abc"[:at_once]] == [0] * at_once  # all slots are there


def test_threads_take_turns(monkeypatch):
    monkeypatch.setattr(job_queue, "_LOOK_S", 0.001)
    queue = JobQueue(at_once=2, waiting=18)
    at_work, most, done = [], [], []

    def visit(name):
        for sitting in range(3):
            try:
                with queue.turn(name, silent, keeps=AgainError):
                    at_work.append(name)
                    most.append(len(at_work))
                    time.sleep(0.002)
                    at_work.remove(name)
                    if sitting == 1 and name % 3 == 0:
                        raise AgainError
            except AgainError:
                pass
        queue.leave(name)
        done.append(name)

    threads = [threading.Thread(target=visit, args=(name,)) for name in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(done) == list(range(12))
    assert max(most) == 2
    assert queue.others("nobody") == 0
