"""Cancels and shields: the scenarios of cancel.cpp, written with asyncio."""

import asyncio

from common import ending_of, log, ms, sleeper, spawn


async def a_cancel_arrives_where_the_task_waits():
    async def works():
        try:
            await sleeper("inner", 10)
        finally:
            log("clean-up")

    task = spawn(works())
    await ms(1)
    task.cancel()
    log("cancel requested")
    log(await ending_of(task))


async def a_cancel_of_a_waiting_task_leaves_what_it_awaits():
    async def waits(task):
        await asyncio.wait([task])

    task = spawn(sleeper("awaited", 10, 5))
    waiting = spawn(waits(task))
    await ms(1)
    waiting.cancel()
    log(await ending_of(waiting))
    log(await task)


async def a_cancel_before_the_first_step():
    task = spawn(sleeper("child", 1))
    task.cancel()
    log(await ending_of(task))


async def a_cancel_that_is_caught():
    async def stubborn():
        try:
            await ms(10)
        except asyncio.CancelledError:
            log("caught")
        log("waits again: " + await ending_of(asyncio.sleep(0.001, "done")))

    task = spawn(stubborn())
    await ms(1)
    task.cancel()
    await asyncio.wait([task])


async def a_cancel_after_the_item_was_handed_over():
    queue = asyncio.Queue()

    async def gets():
        log(f"got {await queue.get()}")

    task = spawn(gets())
    await ms(1)
    queue.put_nowait(1)
    task.cancel()
    log(await ending_of(task))
    log(f"{queue.qsize()} left")


async def a_cancel_of_a_cancelled_task():
    async def cleans_up():
        try:
            await ms(10)
        finally:
            log("clean-up")

    task = spawn(cleans_up())
    await ms(1)
    task.cancel()
    log(await ending_of(task))
    task.cancel()
    log(await ending_of(task))


async def shield_under_a_cancel():
    async def shields():
        await asyncio.shield(sleeper("shielded", 10))

    task = spawn(shields())
    await ms(1)
    task.cancel()
    log(await ending_of(task))
    await ms(20)
    log("much later")


async def shield_without_a_cancel():
    log(await asyncio.shield(sleeper("shielded", 1, 4)))


scenarios = [
    a_cancel_arrives_where_the_task_waits,
    a_cancel_of_a_waiting_task_leaves_what_it_awaits,
    a_cancel_before_the_first_step,
    a_cancel_that_is_caught,
    a_cancel_after_the_item_was_handed_over,
    a_cancel_of_a_cancelled_task,
    shield_under_a_cancel,
    shield_without_a_cancel,
]
