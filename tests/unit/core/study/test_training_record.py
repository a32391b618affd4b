"""Records of trainings: read back as they were measured, and nothing in them is trusted."""

import json
import math

import pytest

from core.records import RunRecord
from core.stats.estimates import Estimate, Interval
from core.stats.proportions import wilson_interval
from core.study import TrainingRecord, TrainingRecordError, own_records, shipped_records
from core.study.training_record import ALONG, MEASURED, with_unit_of

ROWS = [
    {"step": 4, "nll_per_token_own_nats": 0.5, "nll_per_token_own_nats_low": 0.4,
     "nll_per_token_own_nats_high": 0.6, "nll_per_token_random_nats": 1.5, "held_out": 12,
     "sampled": 100, "valid": 0.8, "unique": 0.5, "novel": 0.25, "vun": 0.1},
    {"step": 2, "nll_per_token_own_nats": 0.9, "nll_per_token_own_nats_low": None,
     "nll_per_token_own_nats_high": None, "held_out": 12, "sampled": 100, "valid": 0.0,
     "unique": None, "novel": None, "vun": 0.0},
]


def card(**changes):
    """What `trailscope.json` says of a small training; `changes` go into its places by path."""
    found = {
        "format_version": 1, "name": "mine", "strategy": "min_degree_first", "preset": "tiny",
        "data": {"name": "QM9", "split": "train", "graphs": 7, "subset_seed": 5},
        "training": {"steps": 4, "config": {"mix": 0.1, "batch_size": 3, "seed": 5},
                     "validation": [dict(row) for row in ROWS]},
    }
    return changed(found, **changes)


def record(**changes):
    """What `trailscope study` writes of it."""
    found = RunRecord(
        "study", {"format_version": 1, "card": card(),
                  "measurement": {"test_graphs": 20, "training_graphs": 7, "permutations": 2,
                                  "samples": 10, "seed": 0, "precision": "fp32"}},
        {"measured": {name: Estimate(place / 20, Interval(0.0, 1.0)).to_json()
                      for place, name in enumerate(MEASURED)}},
        seed=0, device="cpu").to_json()
    return changed(found, **changes)


def changed(content, **changes):
    """A value under `a__0__b`; None takes it away."""
    for path, value in changes.items():
        *way, last = (int(word) if word.isdecimal() else word for word in path.split("__"))
        place = content
        for word in way:
            place = place[word]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return content


def read(content):
    return TrainingRecord.from_text(json.dumps(content), "It")


def refused(content):
    """The one sentence that is said of it."""
    with pytest.raises(TrainingRecordError) as caught:
        read(content)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_a_record_says_how_it_was_trained_and_what_was_measured():
    found = read(record())
    assert (found.name, found.strategy, found.mix, found.dataset, found.graphs, found.is_subset,
            found.steps, found.batch_size, found.seed, found.preset) == (
        "mine", "min_degree_first", 0.1, "QM9", 7, True, 4, 3, 5, "tiny")
    assert tuple(found.measured) == MEASURED
    assert found.measured["gap_nll_per_token"] == Estimate(0.1, Interval(0.0, 1.0))
    assert found.config["test_graphs"] == 20
    assert found.config["precision"] == "fp32"


def test_a_card_is_a_record_without_what_was_measured_afterwards(tmp_path):
    found = read(card())
    assert found.measured == {}
    assert found.config == {}
    assert found.rows == read(record()).rows
    (tmp_path / "trailscope.json").write_text(json.dumps(card()), encoding="utf-8")
    for path in (tmp_path, str(tmp_path), tmp_path / "trailscope.json"):
        assert TrainingRecord.load(path).summary == found.summary


def test_of_a_folder_with_both_the_record_is_read(tmp_path):
    (tmp_path / "trailscope.json").write_text(json.dumps(card()), encoding="utf-8")
    (tmp_path / "record.json").write_text(json.dumps(record()), encoding="utf-8")
    assert TrainingRecord.load(tmp_path).measured


def test_what_a_card_does_not_say_is_not_made_up():
    bare = read({"name": "m", "strategy": "random_order", "preset": "small",
                 "training": {"config": {}}})
    assert (bare.mix, bare.dataset, bare.graphs, bare.is_subset, bare.rows) == (
        0.0, "not recorded", None, False, ())
    assert list(bare.to_frame().columns) == list(read(card()).to_frame().columns)


@pytest.mark.parametrize(("strategy", "mix", "order", "is_random"), [
    ("random_order", 0.0, "random_order", True),
    ("min_degree_first", 0.0, "min_degree_first", False),
    ("min_degree_first", 0.3, "min_degree_first, 30% random", False),
    ("max_degree/random/random", 0.125, "max_degree/random/random, 12.5% random", False),
])
def test_its_order_is_said_in_words(strategy, mix, order, is_random):
    found = read(card(strategy=strategy, training__config__mix=mix))
    assert (found.order, found.is_random) == (order, is_random)


def test_rows_come_by_step_with_units_in_their_columns():
    table = read(card()).to_frame()
    ends = [f"{name}{end}" for name in ALONG[:2] for end in ("_low", "_high")]
    assert list(table.columns) == ["step", *ALONG, *ends, "held_out", "sampled"]
    assert table["step"].tolist() == [2, 4]
    assert table["nll_per_token_own_nats"].tolist() == [0.9, 0.5]
    assert table["unique"].isna().tolist() == [True, False]


def test_a_course_has_the_intervals_of_its_kind():
    found = read(card())
    assert found.course("nll_per_token_own_nats") == [
        (2, Estimate(0.9)), (4, Estimate(0.5, Interval(0.4, 0.6)))]
    assert found.course("nll_per_token_random_nats") == [(4, Estimate(1.5))]
    for name, part, whole in (("valid", 80, 100), ("unique", 40, 80), ("novel", 10, 40),
                              ("vun", 10, 100)):
        step, share = found.course(name)[-1]
        assert step == 4
        assert share == Estimate(part / whole, wilson_interval(part, whole))
    assert [step for step, _ in found.course("novel")] == [4]  # of nothing at step 2


def test_a_summary_has_one_name_for_everything():
    found = read(record()).summary
    settings = ["name", "strategy", "mix", "data", "graphs", "steps", "batch_size", "seed",
                "preset"]
    columns = [f"{with_unit_of(name)}{end}" for name in MEASURED for end in ("", "_low", "_high")]
    assert list(found) == settings + columns
    assert found["gap_nll_per_token_nats"] == 0.1
    assert found["lu_low"] == 0.0


def test_a_number_that_was_not_measured_is_left_out():
    found = read(record(result__measured__novel=None))
    assert set(MEASURED) - set(found.measured) == {"novel"}


@pytest.mark.parametrize(("name", "text", "message"), [
    (None, "", "holds no training record: neither record.json"),
    ("other.json", "{}", "holds no training record"),
    ("record.json", "{", "is no JSON of a training record"),
    ("record.json", "[1]", "is no JSON of a training record (it is no object)"),
    ("record.json", "[" * 100_000, "is no JSON of a training record"),
    ("record.json", "{}", "says nothing of a training"),
])
def test_a_folder_without_a_record_is_refused(name, text, message, tmp_path):
    if name is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(TrainingRecordError) as caught:
        TrainingRecord.load(tmp_path)
    assert message in str(caught.value)


def test_what_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(TrainingRecordError, match="nowhere holds no training record"):
        TrainingRecord.load(tmp_path / "nowhere")
    (tmp_path / "record.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TrainingRecordError, match="is no text that can be read"):
        TrainingRecord.load(tmp_path)


@pytest.mark.parametrize(("content", "message"), [
    (record(command="evaluate"), "It is the record of `evaluate`, not of a training"),
    (record(config__format_version=2), "It is of format version 2, this TrailScope reads version"),
    (record(config__format_version=None), "It is of format version None"),
    (record(config=[]), "It is of format version None"),
    (card(format_version=9), "It is of format version 9, this TrailScope reads version 1"),
    (card(training=None), "It says nothing of a training"),
    (card(training="long"), "It says nothing of a training"),
])
def test_what_is_something_else_is_refused_by_what_it_is(content, message):
    assert refused(content).startswith(message)


@pytest.mark.parametrize("changes", [
    {"name": None}, {"strategy": None}, {"preset": None}, {"name": "n" * 101}, {"name": ""},
    {"strategy": ["random_order"]}, {"preset": "p" * 101}, {"data__name": "d" * 101},
    {"data": [1]}, {"data__graphs": -1}, {"data__graphs": 10**30}, {"data__graphs": math.inf},
    {"training__steps": math.nan}, {"training__steps": -4}, {"training__config": [1]},
    {"training__config__mix": math.nan}, {"training__config__mix": "half"},
    {"training__config__batch_size": -3}, {"training__config__seed": 2**64},
    {"training__validation": 5}, {"training__validation": [7]},
    {"training__validation": [{"step": 1}] * 10_001},
    {"training__validation__0__step": None}, {"training__validation__0__step": math.inf},
    {"training__validation__0__nll_per_token_own_nats": math.nan},
    {"training__validation__0__nll_per_token_own_nats_low": -math.inf},
    {"training__validation__0__valid": 1.5}, {"training__validation__0__novel": -0.1},
    {"training__validation__0__sampled": -100},
])
def test_a_damaged_card_is_refused(changes):
    assert refused(card(**changes)).startswith("It is a damaged training record (")
    inside = record(config__card=card(**changes))
    assert refused(inside).startswith("It is a damaged training record (")


@pytest.mark.parametrize("mix", [1.5, -0.1])
def test_a_share_outside_its_range_is_said(mix):
    said = refused(card(training__config__mix=mix))
    assert said == (f"It: the share of random orders is {mix:g}, which lies outside [0, 1]; give a "
                    "record as it was written.")


@pytest.mark.parametrize("changes", [
    {"result": None}, {"result__measured": None}, {"config__card": None},
    {"config__measurement": None}, {"config__measurement": "much"},
    {"config__measurement__samples": math.inf}, {"config__measurement__precision": "p" * 101},
    {"result__measured": [MEASURED[0]]}, {"result__measured__lu": 0.5},
    {"result__measured__lu__value": math.nan}, {"result__measured__lu__value": None},
    {"result__measured__lu__interval": [0.0, math.inf]},
    {"result__measured__lu__interval": [math.nan, 1.0]},
    {"result__measured__lu__interval": [0.0]},
    {"result__measured__lu__reason": 5}, {"result__measured__lu__reason": "r" * 1001},
])
def test_a_damaged_record_is_refused(changes):
    assert refused(record(**changes)).startswith("It is a damaged training record (")


def test_records_that_ship_and_those_made_here_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_ASSETS", str(tmp_path / "assets"))
    monkeypatch.setenv("TRAILSCOPE_RESULTS", str(tmp_path / "mine"))
    assert own_records() == shipped_records() == []
    shipped = tmp_path / "assets" / "results" / "training"
    own = tmp_path / "mine" / "training"
    for folder in (shipped / "b", shipped / "a", own / "z" / "deep", own / "y",
                   tmp_path / "mine" / "elsewhere"):
        folder.mkdir(parents=True)
        (folder / "record.json").write_text(json.dumps(record()), encoding="utf-8")
    (own / "empty").mkdir()
    assert shipped_records() == [shipped / "a", shipped / "b"]
    assert own_records() == [own / "y", own / "z" / "deep"]
    assert TrainingRecord.load(own_records()[0]).name == "mine"
