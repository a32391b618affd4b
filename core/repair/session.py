"""`FinetuneSession`: a model fine-tuned once and measured before and after, a little at a time.

Whoever runs it says how long it may work before it returns, and hears of every step in between, so
that a page stays alive. All that is done lies in a folder: a session of the same settings goes on
from there, and its `output` is what `trailscope finetune` writes.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from core.evaluation.graph_set import GraphSet
from core.finetune.config import FinetuneConfig
from core.finetune.export import record_of, write_adapter, write_model
from core.finetune.run import FinetuneRun
from core.finetune.streams import TokenStream
from core.model.checkpoints import Checkpoint, load_checkpoint
from core.records import RECORD
from core.repair.arms import Arm
from core.repair.measurement import Measurement, MeasurementStep, describe
from core.repair.result import RepairResult
from core.repair.scaling import ScalingMeasurement, ScalingStep
from core.runs import holds_state, read_progress, replacing
from core.salience.language_model import LanguageModel

Stage = Literal["score", "train", "before", "after", "scale", "done"]

CHECKPOINT = "checkpoint"
_OUTPUT, _RUN, _MEASURED = "output", "run", "measured"


@dataclass(frozen=True)
class FinetuneProgress:
    """State of a session.

    Attributes:
        stage: `score` while a mask is being chosen, `train`, then `before` and `after` while the
            model is measured; `scale` while its change is measured at other scales.
        done: examples, steps or graphs of the stage.
        total: of them.
        loss: of the last step, nats per token; None outside of training.
    """

    stage: Stage
    done: int
    total: int
    loss: float | None = None


@dataclass(frozen=True)
class SessionState:
    """What a session knows beyond its folder.

    Attributes:
        history: (step, loss) pairs, nats per token.
        results: those of `before` and `after` that there are.
    """

    history: tuple[tuple[int, float], ...]
    results: Mapping[str, RepairResult]


Report = Callable[[FinetuneProgress], None]


class FinetuneSession:
    """One run on a TrailScope checkpoint.

    Args:
        checkpoint: what to start from.
        stream: what to learn from.
        config: how.
        test: graphs to measure on.
        orders: names of the strategies to measure under, the model's own first.
        permutations: K, linearizations per graph and order.
        name: of the model that comes of it.
        folder: where everything is kept.
        before: folder of the measurement of the model as it is, which other sessions may share.
        matched_rank: see `Arm.from_config`.

    Attributes:
        history: (step, loss) pairs, nats per token.
        parts: what it was made of, but for the checkpoint.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        stream: TokenStream,
        config: FinetuneConfig,
        *,
        test: GraphSet,
        orders: tuple[str, ...],
        permutations: int = 8,
        name: str,
        folder: Path,
        before: Path,
        matched_rank: int | None = None,
    ) -> None:
        self.checkpoint = checkpoint
        self.stream = stream
        self.config = config
        self.orders = orders
        self.name = name
        self.folder = folder
        self._test = test
        self._permutations = permutations
        self._before_folder = before
        self._matched_rank = matched_rank
        self.parts: Mapping[str, Any] = {
            "stream": stream, "config": config, "test": test, "orders": orders,
            "permutations": permutations, "name": name, "folder": folder, "before": before,
            "matched_rank": matched_rank}
        self._lock = Lock()
        self._run: FinetuneRun | None = None
        self._results: dict[str, RepairResult] = {}
        self._measuring: tuple[Measurement, Iterator[MeasurementStep]] | None = None
        self._scaling: tuple[ScalingMeasurement, Iterator[ScalingStep]] | None = None
        self.history: tuple[tuple[int, float], ...] = self._read_history()

    @property
    def output(self) -> Path:
        """Adapter, mask, record and merged checkpoint, once training is over."""
        return self.folder / _OUTPUT

    @property
    def model_folder(self) -> Path:
        """The merged checkpoint."""
        return self.output / CHECKPOINT

    @property
    def is_trained(self) -> bool:
        """Whether training is over."""
        return self.output.is_dir()

    @property
    def is_done(self) -> bool:
        """Whether both measurements are there, too."""
        return set(self._results) == {"before", "after"}

    @property
    def before(self) -> RepairResult:
        """What the model did before; only once the session is done."""
        return self._results["before"]

    @property
    def after(self) -> RepairResult:
        """What it does now; only once the session is done."""
        return self._results["after"]

    @property
    def state(self) -> SessionState:
        """What another process needs to know to go on."""
        return SessionState(self.history, dict(self._results))

    def take(self, state: SessionState) -> None:
        """Know what another process did in the same folder."""
        self.history, self._results = state.history, dict(state.results)

    def go_on(self, report: Report, *, for_s: float) -> None:
        """Work for about so many seconds, at least until something is done for good.

        Args:
            report: hears of every step; may raise to stop, and what is done stays.
            for_s: after this long the step that is being done is the last one.

        Raises:
            SalienceError: for a loss that is not finite, and whatever `FinetuneRun` refuses.
        """
        until = time.monotonic() + for_s
        self._work_until(until, self._work(report))

    def go_on_scaling(self, report: Report, *, for_s: float) -> None:
        """Measure the change of weights at other scales, in the manner of `go_on`; once it is done,
        `after.scaled` says what came out. Only of a session that is done.
        """
        self._work_until(time.monotonic() + for_s, self._scale(report))

    def _work_until(self, until: float, work: Generator[None, None, None]) -> None:
        # One at a time: the same session may be shown in two windows.
        with self._lock, closing(work):
            for _ in work:
                if time.monotonic() >= until:
                    return

    def _work(self, report: Report) -> Generator[None, None, None]:
        if not self.is_trained:
            yield from self._train(report)
        yield from self._measure("before", report)
        yield from self._measure("after", report)

    def _train(self, report: Report) -> Iterator[None]:
        if self._run is None:
            self._run = FinetuneRun(
                LanguageModel.from_checkpoint(self.checkpoint), self.stream, self.config,
                run_folder=self.folder / _RUN,
                progress=lambda done, total: report(FinetuneProgress("score", done, total)))
        run = self._run
        try:
            with closing(run.steps()) as steps:
                for step in steps:
                    self.history = tuple(run.history)
                    report(FinetuneProgress("train", step.step, run.config.steps, step.loss))
                    yield
        except ValueError:
            self._run = None  # its weights may be spoilt; what was saved is not
            raise
        self._write_output(run)
        self._run = None

    def _write_output(self, run: FinetuneRun) -> None:
        with replacing(self.output) as partial:
            partial.mkdir()
            record = record_of(run)
            if run.config.method != "full":
                write_adapter(run, partial)
            write_model(run, partial / CHECKPOINT, name=self.name)
            record.write(partial / RECORD)
        shutil.rmtree(self.folder / _RUN, ignore_errors=True)

    def _measure(
        self, what: Literal["before", "after"], report: Report
    ) -> Iterator[None]:
        if what in self._results:
            return
        if self._measuring is None:
            started = self._measurement(what)
            self._measuring = started, started.steps()
        measurement, left = self._measuring
        try:
            for step in left:
                report(FinetuneProgress(what, step.done_under_all, measurement.total))
                yield
        except ValueError:
            self._measuring = None
            raise
        self._results[what] = self._result(what, measurement)
        self._measuring = None

    def _scale(self, report: Report) -> Generator[None, None, None]:
        if self.after.scaled is not None:
            return
        if self._scaling is None:
            started = ScalingMeasurement(
                self.checkpoint, load_checkpoint(self.model_folder), self._test, self.orders,
                permutations=self._permutations, seed=self.config.seed,
                precision=self.config.precision, folder=self.folder / "scaled",
                known={0.0: self._before_folder, 1.0: self.folder / _MEASURED}, often=True)
            self._scaling = started, started.steps()
        measurement, left = self._scaling
        try:
            for step in left:
                report(FinetuneProgress("scale", step.done, measurement.total))
                yield
        except ValueError:
            self._scaling = None
            raise
        self._results["after"] = replace(self.after, scaled=measurement.result())
        self._scaling = None

    def _measurement(self, what: Literal["before", "after"]) -> Measurement:
        is_before = what == "before"
        return Measurement(
            self.checkpoint if is_before else load_checkpoint(self.model_folder), self._test,
            self.orders, permutations=self._permutations, seed=self.config.seed,
            precision=self.config.precision, often=True,
            folder=self._before_folder if is_before else self.folder / _MEASURED)

    def _result(self, what: Literal["before", "after"], measurement: Measurement) -> RepairResult:
        if what == "before":
            return measurement.result(Arm("none"), self.checkpoint, settings=self._settings())
        return measurement.result(
            Arm.from_config(self.config, matched_rank=self._matched_rank), self.checkpoint,
            settings=self._settings(), training=self._record()["result"])

    def _settings(self) -> dict[str, Any]:
        return {**self.config.to_json(), "stream": self.stream.source,
                "permutations": self._permutations,
                "test": describe(self._test)}

    def _record(self) -> dict[str, Any]:
        return json.loads((self.output / RECORD).read_text(encoding="utf-8"))

    def _read_history(self) -> tuple[tuple[int, float], ...]:
        if self.is_trained:
            rows = self._record()["result"]["loss_nats_per_token"]
        elif holds_state(self.folder / _RUN):
            rows = read_progress(self.folder / _RUN)["history"]
        else:
            rows = []
        return tuple((int(step), float(loss)) for step, loss in rows)
