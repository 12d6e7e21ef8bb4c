"""A mobile connection in a basement: requests that never leave, and answers that never come back."""

import random

import httpx


class DroppingTransport(httpx.BaseTransport):
    """Loses about ``loss`` of the requests before the server sees them, and as many answers after it has acted."""

    def __init__(self, seed: int, loss: float = 0.06) -> None:
        self._inner = httpx.HTTPTransport()
        self._chance = random.Random(seed)  # noqa: S311 (a demonstration's bad luck, no secret)
        self._loss = loss
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._chance.random() < self._loss:
            self.lost += 1
            raise httpx.ConnectError("the demonstration's network is gone", request=request)
        answer = self._inner.handle_request(request)
        if self._chance.random() < self._loss:
            answer.close()
            self.lost += 1
            raise httpx.ReadError("the demonstration's network is gone", request=request)
        return answer

    def close(self) -> None:
        self._inner.close()
