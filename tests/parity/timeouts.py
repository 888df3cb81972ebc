"""Timeouts: the scenarios of timeouts.cpp, written with asyncio."""

import asyncio

from common import ending_of, log, ms, sleeper, spawn


async def timeout_in_time():
    async with asyncio.timeout(0.010):
        log(await sleeper("work", 1, 3))


async def timeout_that_expires():
    async def with_clean_up():
        try:
            await ms(20)
        finally:
            log("clean-up")

    async def limited():
        async with asyncio.timeout(0.010):
            await with_clean_up()

    log(await ending_of(limited()))


async def timeout_of_nothing():
    async def limited():
        async with asyncio.timeout(0):
            await sleeper("work", 1)

    log(await ending_of(limited()))


async def timeouts_nested_the_outer_first():
    async def inner():
        async with asyncio.timeout(0.020):
            await sleeper("work", 30)

    async def outer():
        async with asyncio.timeout(0.010):
            log("inner: " + await ending_of_but_cancel(inner()))

    log("outer: " + await ending_of(outer()))


async def timeouts_nested_the_inner_first():
    async def inner():
        async with asyncio.timeout(0.010):
            await sleeper("work", 30)

    async def outer():
        async with asyncio.timeout(0.020):
            log("inner: " + await ending_of_but_cancel(inner()))

    log("outer: " + await ending_of(outer()))


async def ending_of_but_cancel(awaitable):
    try:
        await awaitable
        return "done"
    except TimeoutError:
        return "timeout"


async def timeout_and_a_cancel_from_outside():
    async def limited():
        async with asyncio.timeout(0.010):
            await sleeper("work", 20)

    task = spawn(limited())
    await ms(1)
    task.cancel()
    log(await ending_of(task))


async def timeout_and_work_that_comes_to_a_value_nevertheless():
    async def stubborn():
        try:
            await ms(20)
        except asyncio.CancelledError:
            log("caught")
        return 9

    log(await ending_of(asyncio.wait_for(stubborn(), 0.010)))


async def timeout_whose_clean_up_fails():
    async def breaks():
        try:
            await ms(20)
        finally:
            raise RuntimeError("clean-up failed")

    async def limited():
        async with asyncio.timeout(0.010):
            await breaks()

    log(await ending_of(limited()))


scenarios = [
    timeout_in_time,
    timeout_that_expires,
    timeout_of_nothing,
    timeouts_nested_the_outer_first,
    timeouts_nested_the_inner_first,
    timeout_and_a_cancel_from_outside,
    timeout_and_work_that_comes_to_a_value_nevertheless,
    timeout_whose_clean_up_fails,
]
