"""Scoring on a cluster: Ray Data gives parts to a pool of workers, each of which holds one model.

The data set that Ray sees is the numbers of the parts. A worker asks for the graphs of its part,
and only then are they read and looked up here, in order, so that no more is held than workers are
ahead of each other, and every molecule is computed once, as in one process. Weights travel with the
job: the nodes share no folder, but need TrailScope. A worker that dies is started again by Ray, and
its part is given to another meanwhile.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import re
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.errors import InputError, one_line
from core.graph.graph import Graph
from core.library.engine import Heard, Result, score_graphs
from core.library.part_source import PartSource
from core.library.settings import ScoringSettings

_LOOK_S = 0.2
"""Seconds between two looks at what workers ask for."""

_ANSWER_S = 5.0
"""Seconds within which a cluster must answer."""


class ClusterError(InputError):
    """A cluster that cannot be used; the message says why and what would be right."""


class RayEngine:
    """Workers of Ray; they end with `close`.

    Args:
        folder: of the checkpoint.
        settings: of the set.
        address: of a cluster that runs; None for one on this machine, of this call alone.
        workers: how many; by default one for each GPU of the cluster, without GPUs one for each
            two processors.
        threads: of each worker; by default the processors shared out.
        compile: score with fused kernels.

    Raises:
        ClusterError: without Ray, or without a cluster at that address.
    """

    def __init__(
        self, folder: Path, settings: ScoringSettings, *, address: str | None = None,
        workers: int | None = None, threads: int | None = None, compile: bool = False,
    ) -> None:
        self._ray = _started(address)
        self._settings, self._compile = settings, compile
        self._files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        here = self._ray.cluster_resources()
        self._gpus, processors = int(here.get("GPU", 0)), int(here.get("CPU", 1))
        self.workers = workers or self._gpus or max(1, processors // 2)
        self._threads = threads or max(1, processors // self.workers)
        self.device = f"{self.workers} × {'cuda' if self._gpus else 'cpu'} (Ray)"

    def score(
        self, parts: Iterable[Sequence[Graph]], heard: Heard, *, number: int
    ) -> Iterator[list[Result]]:
        """See `core.library.engine.Engine`."""
        source = self._ray.remote(PartSource).options(num_cpus=0, max_concurrency=1000).remote()
        finished: queue.Queue[tuple[int, list[Result]] | BaseException] = queue.Queue()
        done: dict[int, list[Result]] = {}
        threading.Thread(target=self._work, args=(source, number, finished), daemon=True).start()
        remaining, given, out = iter(parts), 0, 0
        while out < number:
            wanted = self._ray.get(source.wanted.remote())
            while given < number and given <= wanted:
                self._ray.get(source.give.remote(given, pickle.dumps(list(next(remaining)))))
                given += 1
            heard(0)
            try:
                found = finished.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise ClusterError("The cluster ended the work "
                                   f"({one_line(found)}); run the same command again, finished "
                                   "parts stay.") from found
            if found[0] >= out:  # else of a worker that died after its results had arrived
                done[found[0]] = found[1]
            while out in done:
                source.forget.remote(out)
                yield done.pop(out)
                out += 1

    def close(self) -> None:
        """End the workers, and the cluster if it was this call's own."""
        self._ray.shutdown()

    def _work(self, source: Any, number: int, finished: queue.Queue) -> None:
        try:
            # Not `range`, which would need a processor of its own to count.
            work = self._ray.data.from_items(
                [{"id": part} for part in range(number)], override_num_blocks=number).map_batches(
                _Worker, batch_size=1,
                fn_constructor_args=(source, self._weights, self._settings, self._compile,
                                     self._threads),
                compute=self._ray.data.ActorPoolStrategy(size=self.workers),
                num_gpus=1 if self._gpus else 0, num_cpus=0 if self._gpus else 1)
            for row in work.iter_rows():
                finished.put((int(row["part"]), pickle.loads(row["results"])))
        except BaseException as error:  # told where results are waited for
            finished.put(error)

    @cached_property
    def _weights(self) -> Any:
        return self._ray.put(self._files)


class _Worker:
    """One model, loaded once."""

    def __init__(
        self, source: Any, weights: Any, settings: ScoringSettings, compile: bool, threads: int
    ) -> None:
        import ray
        import torch

        from core.model.checkpoints import load_checkpoint

        self._ray, self._source, self._settings = ray, source, settings
        torch.set_num_threads(threads)
        files: Mapping[str, bytes] = ray.get(weights) if isinstance(
            weights, ray.ObjectRef) else weights
        with TemporaryDirectory() as folder:
            for name, content in files.items():
                (Path(folder) / name).write_bytes(content)
            self._checkpoint = load_checkpoint(
                folder, device="cuda" if torch.cuda.is_available() else "cpu", compile=compile)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Any]]:
        [part] = batch["id"].tolist()
        laid_down = self._ray.get(self._source.take.remote(part))
        graphs = pickle.loads(laid_down) if laid_down else []
        results = (score_graphs(self._checkpoint, graphs, self._settings, _nobody)
                   if graphs else [])
        return {"part": [part], "results": [pickle.dumps(results)]}


def _nobody(graphs: int) -> None:
    """Nobody hears of parts of parts."""


def _started(address: str | None) -> Any:
    # Ray asks for nothing from outside, but reports its use unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise ClusterError("The engine `ray` needs Ray; install it with `pip install "
                           "'trailscope[cluster]'`, or use the engine `local`.") from None
    _refuse_silence(address)
    try:
        ray.init(address=address or "local", log_to_driver=False, configure_logging=False,
                 include_dashboard=False if address is None else None,
                 runtime_env=_importing_us() if address is None else None)
    except Exception as error:
        raise ClusterError(f"There is no Ray cluster at {address or 'this machine'} that can be "
                           f"used ({one_line(error)}); check the address and Ray's token "
                           "(RAY_AUTH_TOKEN), or leave the address out for a cluster of this "
                           "machine alone.") from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    for name in ("ray", "ray.data"):  # progress is told by whoever called
        logging.getLogger(name).setLevel(logging.ERROR)
    return ray


def _refuse_silence(address: str | None) -> None:
    """Refuse an address where nobody answers; Ray itself would try for minutes.

    Raises:
        ClusterError: naming it.
    """
    found = re.fullmatch(r"(?:ray://)?(?P<host>[^:/]+):(?P<port>\d{1,5})", address or "")
    if found is None:  # a word such as `auto`, which Ray understands or refuses
        return
    try:
        socket.create_connection((found["host"], int(found["port"])), timeout=_ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(f"There is no Ray cluster at {address} ({one_line(error)}); check the "
                           "address, or leave it out for a cluster of this machine "
                           "alone.") from None


def _importing_us() -> dict[str, Any]:
    """Workers of this machine import the modules that this process does."""
    return {"env_vars": {"PYTHONPATH": os.pathsep.join(
        os.path.abspath(path) for path in sys.path if path)}}
