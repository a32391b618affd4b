"""The report on samples: one of a live run is that of the folder which its command writes."""

import pandas as pd

from core.triage.generation import Generation
from core.triage.quality import mark_unique
from core.triage.run import sample_and_score
from core.triage.samples import Samples, SamplesConfig
from dashboard.report.frame import to_html
from dashboard.report_file import of_samples
from dashboard.views.triage.report import Triaged, triage_report


def test_a_live_run_and_its_folder_have_one_report(tiny, tmp_path):
    config = SamplesConfig(6, 2, seed=4, chunk=3)
    table = pd.concat(sample_and_score(tiny, config), ignore_index=True)
    samples = Samples(tiny.card.name, tiny.card.weights_sha256, tiny.card.strategy.name,
                      tiny.card.steps, "", config, mark_unique(table, tiny.vocabulary))
    samples.save(tmp_path / "samples", device="cpu")
    live = to_html(triage_report(Triaged(Generation(samples, tiny.card), "samples")))
    assert live == of_samples(tmp_path / "samples", "samples", tiny.card, column="lu", fdr=5.0,
                              seed=0, model=None, file="trailscope-report.html")
    before = Triaged(Generation(samples, tiny.card), "samples", before=("trailscope triage …",))
    assert triage_report(before).provenance.commands[0] == "trailscope triage …"
