from __future__ import annotations

import pytest

from modelforge.providers.proxy import proxy_for

PROXY = "http://proxy.test:3128"


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        ("https://a.test/v1", False),
        ("https://b.test:8443/v1", False),
        ("https://b.test/v1", True),
        ("https://x.c.test/v1", False),
        ("https://[2001:db8::1]:8443/v1", False),
        ("http://127.0.0.1:1/v1", False),
        ("https://d.test/v1", True),
    ],
)
def test_whom_no_proxy_names(monkeypatch: pytest.MonkeyPatch, url: str, proxied: bool) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "a.test,b.test:8443,.c.test,2001:db8::1")
    assert proxy_for(url) == (PROXY if proxied else None)


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        ("http://10.1.2.3:8000/v1", False),
        ("http://11.1.2.3:8000/v1", True),
        ("https://192.168.7.9/v1", False),
        ("https://[fd00::12]:8443/v1", False),
        ("https://[fe00::12]/v1", True),
        ("http://10.example.test/v1", True),
    ],
)
def test_networks_that_no_proxy_names(
    monkeypatch: pytest.MonkeyPatch, url: str, proxied: bool
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", PROXY)
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("no_proxy", "10.0.0.0/8, 192.168.7.1/24,fd00::/8,nonsense/99,/")
    assert proxy_for(url) == (PROXY if proxied else None)
