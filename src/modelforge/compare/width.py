"""How many requests a provider takes at once, learnt from its refusals."""

from __future__ import annotations


class AdaptiveWidth:
    """Additive increase, multiplicative decrease (Chiu and Jain, 1989), without clock or queue.

    ``width`` starts at ``limit``, is halved when the provider refuses for want of room, never
    below 1, and grows by one after as many successes as it is wide, never above ``limit``.

    Requests carry the ``round`` in which they were sent. A halving begins a new one, and what was
    sent before it says nothing of the new width: ten refusals of one burst halve once.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.width = limit
        self.round = 0
        self._successes = 0

    def refused(self, sent_in: int) -> None:
        """A request of the round ``sent_in`` was refused."""
        if sent_in != self.round:
            return
        self.width = max(1, self.width // 2)
        self.round += 1
        self._successes = 0

    def succeeded(self, sent_in: int) -> None:
        """A request of the round ``sent_in`` was answered."""
        if sent_in != self.round or self.width == self.limit:
            return
        self._successes += 1
        if self._successes >= self.width:
            self.width += 1
            self._successes = 0
