"""Runs every scenario on a loop of its own, and prints `scenario: event`, as scenarios.cpp does."""

import asyncio
import selectors

import cancel
import common
import completion
import gather
import generators
import sharing
import timeouts
import turns

SUBJECTS = [turns, gather, cancel, timeouts, sharing, completion, generators]


class VirtualClockSelector(selectors.DefaultSelector):
    """Lets time jump where the loop would wait for a timer."""

    now = 0.0

    def select(self, timeout=None):
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0:
            self.now += timeout
        return ready


class VirtualClockLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.clock = VirtualClockSelector()
        super().__init__(self.clock)

    def time(self):
        return self.clock.now

    async def shutdown_default_executor(self, timeout=None):
        # Its time limit would be up at once.
        await super().shutdown_default_executor()


def main():
    for subject in SUBJECTS:
        for each in subject.scenarios:
            common.scenario = each.__name__
            with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
                runner.run(each())


if __name__ == "__main__":
    main()
