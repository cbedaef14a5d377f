"""The environment's proxies, and nothing else of the environment."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from modelforge.core.errors import ConfigError

_SCHEMES: Final = ("http", "https")


def is_loopback(url: str) -> bool:
    """Whether ``url`` is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def proxy_for(url: str) -> str | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name for ``url``.

    A server on this machine is never asked through a proxy, whatever NO_PROXY says.

    Raises:
        ConfigError: the variable does not hold the URL of an HTTP proxy.
    """
    parts = urlsplit(url)
    # NO_PROXY may name a host with its port or without.
    host = parts.hostname or ""
    if is_loopback(url) or proxy_bypass(host) or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    if _in_a_network(host, proxies.get("no", "")):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    if urlsplit(proxy).scheme not in _SCHEMES or not urlsplit(proxy).hostname:
        raise ConfigError(
            f"the environment's proxy for {parts.scheme}:// is not the URL of an HTTP proxy: "
            f"set {parts.scheme.upper()}_PROXY=http://host:port, or NO_PROXY={parts.hostname}"
        )
    return proxy


def _in_a_network(host: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names a network (``10.0.0.0/8``) that the address ``host`` is in.

    As curl reads it and ``urllib`` does not. A name is not looked up for it.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for entry in no_proxy.split(","):
        if "/" not in entry:
            continue
        try:
            network = ipaddress.ip_network(entry.strip(), strict=False)
        except ValueError:
            continue
        if address in network:
            return True
    return False
