"""Where an answer ends, by HTTP alone."""

from __future__ import annotations

import httptools


class _Framing:
    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answers = 0
        self._stays = False

    def stays_behind(self, answer: bytes) -> bool:
        try:
            self._parser.feed_data(answer)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return False
        return self._stays and self._answers == 1

    def on_message_begin(self) -> None:
        self._answers += 1

    def on_message_complete(self) -> None:
        self._stays = self._parser.should_keep_alive()


def stays_open_behind(answer: bytes) -> bool:
    """Whether ``answer`` is one HTTP answer, whole and no more, and its connection stays open.

    What the answer says does not matter: an error that a server reports in the middle of a stream
    spoils the stream, not the connection.
    """
    return _Framing().stays_behind(answer)
