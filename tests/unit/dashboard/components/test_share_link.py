"""Under which address a server says that it is known."""

import pytest

from dashboard.components.share_link.share import PUBLIC_URL, public_url


@pytest.mark.parametrize(("said", "known"), [
    ("https://demo.example/trailscope/", "https://demo.example/trailscope"),
    (" http://localhost:8501 ", "http://localhost:8501"), ("", ""), ("demo.example", ""),
    ("javascript:alert(1)", ""), ("https://", ""), ("https://demo.example/?a=b", ""),
])
def test_only_a_web_address_is_taken(monkeypatch, said, known):
    monkeypatch.setenv(PUBLIC_URL, said)
    assert public_url() == known
