"""The scraper against the simulator, and against servers without metrics."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from modelforge.app.server_scrape import ServerScrape, metrics_url, server_figures_of
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


def asked(base_url: str) -> None:
    """One answer of three tokens."""
    body: dict[str, Any] = {"model": "fast", "messages": [{"role": "user", "content": "Hello"}]}
    body |= {"max_tokens": 3, "stream": True}
    request = Request(  # noqa: S310 (http)
        f"{base_url}/chat/completions", json.dumps(body).encode()
    )
    with build_opener(ProxyHandler({})).open(request, timeout=20) as answer:
        answer.read()


def test_what_was_added_meanwhile_is_the_servers_figure() -> None:
    with SimulatorThread("fast") as server:
        asked(server.base_url)
        with ServerScrape(metrics_url(server.base_url), model="fast") as scrape:
            asked(server.base_url)
        assert scrape.trouble is None
        figures = server_figures_of([scrape], client_ttft_mean_ms=1.0)
    assert figures is not None
    assert figures["name"] == "vLLM"  # whose names the simulator uses
    assert figures["generation_tokens"] == 3
    assert figures["ttft_ms"]["count"] == 1


def test_several_runs_are_from_the_first_page_to_the_last() -> None:
    with SimulatorThread("fast") as server:
        scrapes = []
        for _ in range(2):
            asked(server.base_url)
            with ServerScrape(metrics_url(server.base_url), model="fast") as scrape:
                asked(server.base_url)
            scrapes.append(scrape)
        figures = server_figures_of(scrapes)
    assert figures is not None
    assert figures["generation_tokens"] == 9  # and of the one between the two


def test_a_server_that_says_nothing_more_is_told_in_one_line() -> None:
    with SimulatorThread("fast") as server:
        asked(server.base_url)
        scrape = ServerScrape(metrics_url(server.base_url))
        scrape.__enter__()
    scrape.__exit__()
    assert server_figures_of([scrape]) is None
    assert scrape.trouble is not None
    assert "stopped coming" in scrape.trouble


def test_a_server_without_metrics_is_passed_over() -> None:
    with ServerScrape("http://127.0.0.1:9/metrics") as scrape:
        pass
    assert scrape.absent is not None
    assert scrape.absent.startswith("http://127.0.0.1:9/metrics: ")
    assert server_figures_of([scrape]) is None
    assert scrape.trouble is None
