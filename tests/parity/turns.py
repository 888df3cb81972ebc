"""Turns and tasks: the scenarios of turns.cpp, written with asyncio."""

import asyncio

from common import log, ms, sleeper, spawn


async def yields_interleave():
    async def three(name):
        for i in range(3):
            log(f"{name}{i}")
            await asyncio.sleep(0)

    await asyncio.gather(three("a"), three("b"), three("c"))


async def a_spawned_task_begins_in_the_next_turn():
    task = spawn(sleeper("child", 1, 7))
    log("spawned")
    await asyncio.sleep(0)
    log("a turn later")
    log(await task)


async def spawned_tasks_take_turns_with_their_spawner():
    async def child(name):
        log(f"{name} begins")
        await asyncio.sleep(0)
        log(f"{name} ends")

    tasks = []
    for name in ("a", "b", "c"):
        tasks.append(spawn(child(name)))
        log(f"spawned {name}")
        await asyncio.sleep(0)
    for task in tasks:
        await task


async def what_has_ended_is_awaited_without_a_turn():
    async def child():
        return 7

    async def other():
        log("other begins")

    task = spawn(child())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rival = spawn(other())
    log(await task)
    log(await task)
    log("and only then the other")
    await rival


async def tasks_left_over_are_cancelled_at_the_end():
    spawn(sleeper("left over", 1000))
    await ms(1)
    log("main ends")


async def sleeps_end_in_the_order_of_their_deadlines():
    await asyncio.gather(sleeper("c", 3), sleeper("a", 1), sleeper("b", 2))


scenarios = [
    yields_interleave,
    a_spawned_task_begins_in_the_next_turn,
    spawned_tasks_take_turns_with_their_spawner,
    what_has_ended_is_awaited_without_a_turn,
    tasks_left_over_are_cancelled_at_the_end,
    sleeps_end_in_the_order_of_their_deadlines,
]
