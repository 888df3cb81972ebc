"""gather: the scenarios of gather.cpp, written with asyncio."""

import asyncio

from common import ending_of, failing, log, ms, sleeper, spawn


async def gather_keeps_the_order_of_its_arguments():
    log(await asyncio.gather(sleeper("a", 3, 1), sleeper("b", 1, 2), sleeper("c", 2, 3)))


async def gather_of_nothing():
    log(await asyncio.gather())


async def gather_with_a_failure():
    log(await ending_of(asyncio.gather(sleeper("a", 10), failing("b", 1), sleeper("c", 20))))
    await ms(50)
    log("much later")


async def gather_with_return_exceptions():
    results = await asyncio.gather(
        sleeper("a", 2, 1), failing("b", 1), sleeper("c", 3, 3), return_exceptions=True
    )
    log(", ".join(str(each) for each in results))


async def gather_that_is_cancelled():
    async def gathers():
        await asyncio.gather(sleeper("a", 10), sleeper("b", 20))

    task = spawn(gathers())
    await ms(1)
    task.cancel()
    log(await ending_of(task))


async def gather_whose_child_is_cancelled():
    child = spawn(sleeper("child", 10))

    async def gathers():
        await asyncio.gather(child, sleeper("other", 1))

    task = spawn(gathers())
    await ms(5)
    child.cancel()
    log(await ending_of(task))


scenarios = [
    gather_keeps_the_order_of_its_arguments,
    gather_of_nothing,
    gather_with_a_failure,
    gather_with_return_exceptions,
    gather_that_is_cancelled,
    gather_whose_child_is_cancelled,
]
