"""A server whose messages reach the browser late."""


class LateServer:
    """Holds back what a server sends, from the first message on that contains `mark`."""

    def __init__(self, mark: bytes):
        self.mark, self.held, self._is_released = mark, [], False
        self.asked = 0
        """Messages that the browser has sent."""

    def stand_before(self, page) -> None:
        """To be called before the page loads."""
        page.route_web_socket("**/_stcore/stream", self._connect)

    def release(self) -> None:
        """Let everything through, now and from now on."""
        self._is_released = True
        for message in self.held:
            self._browser.send(message)

    def _connect(self, browser) -> None:
        self._browser = browser
        server = browser.connect_to_server()
        server.on_message(self._pass_on)

        def ask(message) -> None:
            server.send(message)
            self.asked += 1

        browser.on_message(ask)

    def _pass_on(self, message) -> None:
        if not self._is_released and (self.held or self.mark in message):
            self.held.append(message)
        else:
            self._browser.send(message)
