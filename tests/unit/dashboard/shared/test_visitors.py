"""What visitors have and may use; two sessions see nothing of each other."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.shared import visitors
from dashboard.shared.visitors import ComputingTime, Visitor


@pytest.fixture
def hosted(monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    st.cache_resource.clear()


def test_time_comes_back_after_an_hour():
    now = 0.0
    found = ComputingTime(clock=lambda: now)
    assert (found.left(10), found.back_in(10)) == (10, 0)
    found.spend(6)
    now = 600
    found.spend(7)
    assert (found.left(10), found.back_in(10)) == (-3, 3000)
    now = 3601
    assert (found.left(10), found.back_in(10)) == (3, 0)
    now = 4201
    assert found.left(10) == 10


def test_what_a_visitor_had_is_gone_after_leaving(hosted):
    one, other = Visitor("one"), Visitor("other")
    one.cache("runs", 4).keep("a", "mine")
    assert one.cache("runs", 4).find("a") == "mine"
    assert other.cache("runs", 4).find("a") is None
    (one.folder / "own.csv").write_text("CCO")
    assert one.num_bytes == 3
    assert one.folder != other.folder
    assert one.folder.stat().st_mode & 0o777 == 0o700
    folder = one.folder
    one.leave()
    assert not folder.exists()
    assert one.cache("runs", 4).find("a") is None
    folder.mkdir()  # by work that had not ended
    one.remove_if_gone()
    assert not folder.exists()


def page():
    """Counts to 3, one at a time, and keeps what was counted."""
    import streamlit as st

    from dashboard.shared import visitors
    from dashboard.shared.progress import progress_bar
    from dashboard.shared.run_switch import RunSwitch

    state = st.session_state
    switch = RunSwitch("running", start="go", cancel="halt", promise="It stays.")
    cache = visitors.visitor().cache("counts", 4)
    done = cache.find("done") or 0
    st.text(f"{done} done in {visitors.visitor().folder.name}")
    place = switch.show("run", is_done=done >= 3, at=(done / 3, "Going on"), label="Start",
                        remark="It takes long.")
    if state.get("short"):
        try:
            with progress_bar("Scoring") as progress:
                progress(1, 2)
        except ValueError as error:
            st.error(str(error))

    def work():
        if state.get("breaks"):
            raise RuntimeError("broken")
        cache.keep("done", done + 1)

    if switch.is_on("run"):
        try:
            switch.go_on(work, place)
        except ValueError as error:
            st.error(str(error))


def opened():
    return AppTest.from_function(page).run()


def test_sessions_share_nothing(hosted):
    one, other = opened(), opened()
    one.button[0].click().run()
    assert not one.exception
    counts = [view.text[0].value.split(" done in ") for view in (one, other.run())]
    assert [done for done, _ in counts] == ["3", "0"]
    assert counts[0][1] != counts[1][1]
    assert visitors._jobs().others("nobody") == 0  # done, so the slot is free


def test_at_home_a_new_session_finds_what_was_done(monkeypatch):
    monkeypatch.delenv("TRAILSCOPE_HOSTED", raising=False)
    st.cache_resource.clear()
    one = opened()
    assert [caption.value for caption in one.caption] == ["It takes long."]
    one.button[0].click().run()
    assert opened().text[0].value.startswith("3 done")


def test_the_page_says_what_a_visitor_has_and_who_else_is_there(hosted):
    visitors._jobs().begin("somebody")
    visitors._jobs().begin("another")
    assert opened().caption[0].value == (
        "It takes long.\n\nYou have 10 min of computing in an hour; 10 min are left. One job of "
        "yours runs at a time, and 1 job on this server at once. Jobs of others: 1 at work, "
        "1 waiting.")


def test_a_job_waits_until_another_ends(hosted, monkeypatch):
    said = []

    def look(seconds):
        said.append(seconds)
        visitors._jobs().leave("somebody")
        visitors._jobs().end("somebody")

    monkeypatch.setattr("dashboard.shared.job_queue.time.sleep", look)
    visitors._jobs().begin("somebody")
    one = opened()
    one.button[0].click().run()
    assert said
    assert one.text[0].value.startswith("3 done")


def test_a_full_line_is_one_sentence_and_the_page_stays(hosted, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_QUEUE", "0")
    visitors._jobs().begin("somebody")
    one = opened()
    one.button[0].click().run()
    [error] = one.error
    assert "1 of 1 jobs at work, 0 waiting; try again" in error.value
    assert one.text[0].value.startswith("0 done")
    assert one.run().button[0].key == "go"


def test_work_that_breaks_gives_its_slot_back(hosted):
    one = opened()
    one.session_state["breaks"] = True
    one.button[0].click().run()
    assert one.exception
    assert visitors._jobs().others("nobody") == 0


def test_a_visitor_without_time_keeps_what_is_done(hosted):
    one = opened()
    one.session_state["visitor_time"].spend(700)
    one.session_state["short"] = True
    one.run()
    sentence = ("You have used the 10 min of computing that a visitor has in an hour; go on in "
                "about 60 min. What is done stays.")
    assert [warning.value for warning in one.warning] == [sentence]
    assert [error.value for error in one.error] == [sentence]
    assert not one.button
    assert one.text[0].value.startswith("0 done")
