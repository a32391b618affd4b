"""What environment variables say of limits, and what is refused."""

import pytest
from typer.testing import CliRunner

from core.cli import build_app
from core.errors import InputError
from core.quotas import Quotas, quotas


def test_limits_are_those_of_the_variables_or_usual_ones(monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_HOSTED", "1")
    assert quotas() == Quotas()
    monkeypatch.setenv("TRAILSCOPE_VISITOR_ROWS", "50")
    monkeypatch.setenv("TRAILSCOPE_QUEUE", "0")
    monkeypatch.setenv("TRAILSCOPE_JOBS", "")
    assert quotas() == Quotas(visitor_rows=50, queue=0)


def test_at_home_more_is_kept(monkeypatch):
    monkeypatch.delenv("TRAILSCOPE_HOSTED", raising=False)
    assert quotas().cache_mb == 2000
    monkeypatch.setenv("TRAILSCOPE_CACHE_MB", "7")
    assert quotas().cache_mb == 7


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1e3", "many", "٣", "1000001", "9" * 5000])
def test_what_is_no_number_of_the_range_is_refused(monkeypatch, text):
    monkeypatch.setenv("TRAILSCOPE_JOBS", text)
    with pytest.raises(InputError, match=r"^TRAILSCOPE_JOBS is '.*'; it must be a whole number "
                                         r"from 1 to 1,000,000\.$"):
        quotas()


def test_the_server_does_not_start_with_a_limit_that_is_no_number(monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_VISITOR_MB", "lots")
    found = CliRunner().invoke(build_app(), ["app"])
    assert found.exit_code != 0
    assert "TRAILSCOPE_VISITOR_MB is 'lots'" in found.output + str(found.exception)
