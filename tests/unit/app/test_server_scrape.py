"""The scraper against the simulator, and against servers without metrics."""

from __future__ import annotations

import pytest

from modelforge.app.server_scrape import ServerScrape, metrics_url
from modelforge.simulator.thread import SimulatorThread


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("http://h:8000/v1", "http://h:8000/metrics"),
        ("http://h:8000/v1/", "http://h:8000/metrics"),
        ("https://h/prefix/v1?x=1", "https://h/prefix/metrics"),
        ("http://h", "http://h/metrics"),
    ],
)
def test_the_page_stands_under_the_root(base_url: str, expected: str) -> None:
    assert metrics_url(base_url) == expected


def test_a_server_with_metrics_is_scraped() -> None:
    with SimulatorThread("fast") as server, ServerScrape(metrics_url(server.base_url)) as scrape:
        pass
    # The block ended after the server did: what came before is not made up.
    assert scrape.figures() is None
    with SimulatorThread("fast") as server:
        with ServerScrape(metrics_url(server.base_url), model="fast") as scrape:
            pass
        assert scrape.trouble is None
        figures = scrape.figures(client_ttft_mean_ms=1.0)
        assert figures is not None
        assert figures["name"] == "vLLM"


def test_a_server_without_metrics_is_passed_over() -> None:
    with ServerScrape("http://127.0.0.1:9/metrics") as scrape:
        pass
    assert scrape.figures() is None
    assert scrape.trouble is None
