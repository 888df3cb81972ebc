"""Queues, locks and signals: the scenarios of sharing.cpp, written with asyncio."""

import asyncio

from common import ending_of, log, ms, spawn


async def queue_gives_out_first_in_first_out():
    queue = asyncio.Queue()

    async def gets(name):
        log(f"{name} got {await queue.get()}")

    tasks = [spawn(gets(name)) for name in "abc"]
    await ms(1)
    for i in range(3):
        queue.put_nowait(i)
    await asyncio.gather(*tasks)


async def queue_with_a_bound():
    queue = asyncio.Queue(2)

    async def produces():
        for i in range(5):
            await queue.put(i)
            log(f"put {i}, size {queue.qsize()}")

    producer = spawn(produces())
    await ms(1)
    for i in range(5):
        log(f"got {await queue.get()}")
        await ms(1)
    await producer


async def queue_whose_getter_is_cancelled():
    queue = asyncio.Queue()

    async def gets(name):
        log(f"{name} got {await queue.get()}")

    tasks = [spawn(gets(name)) for name in "abc"]
    await ms(1)
    tasks[0].cancel()
    await ms(1)
    queue.put_nowait(1)
    queue.put_nowait(2)
    for task in tasks:
        log(await ending_of(task))


async def queue_join():
    queue = asyncio.Queue()

    async def consumes(name):
        while True:
            item = await queue.get()
            await ms(item)
            log(f"{name} did {item}")
            queue.task_done()

    workers = [spawn(consumes(name)) for name in "ab"]
    for i in (3, 1, 5, 2):
        await queue.put(i)
    await queue.join()
    log("all done")
    for worker in workers:
        worker.cancel()
    for worker in workers:
        log(await ending_of(worker))


async def queue_task_done_too_often():
    queue = asyncio.Queue()
    await queue.put(1)
    await queue.get()
    queue.task_done()
    try:
        queue.task_done()
    except ValueError:
        log("too often")


async def queues_of_other_orders():
    for queue in (asyncio.LifoQueue(), asyncio.PriorityQueue()):
        for i in (2, 3, 1):
            queue.put_nowait(i)
        log([await queue.get() for _ in range(3)])


async def lock_is_fair():
    lock = asyncio.Lock()

    async def holds(name):
        for i in range(2):
            async with lock:
                log(f"{name}{i}")
                await ms(1)

    await asyncio.gather(holds("a"), holds("b"), holds("c"))


async def lock_whose_waiter_is_cancelled():
    lock = asyncio.Lock()

    async def holds(name):
        async with lock:
            log(f"{name} holds it")
            await ms(10)

    tasks = [spawn(holds(name)) for name in "abc"]
    await ms(1)
    tasks[1].cancel()
    for task in tasks:
        log(await ending_of(task))


async def semaphore_lets_two_in():
    semaphore = asyncio.Semaphore(2)

    async def enters(name, time):
        async with semaphore:
            log(f"{name} in")
            await ms(time)
            log(f"{name} out")

    await asyncio.gather(enters("a", 5), enters("b", 3), enters("c", 4), enters("d", 7))


async def event_wakes_all():
    event = asyncio.Event()

    async def waits(name):
        await event.wait()
        log(f"{name} woke")

    tasks = [spawn(waits(name)) for name in "ab"]
    await ms(1)
    event.set()
    event.clear()
    log("set and cleared")
    await asyncio.gather(*tasks)
    late = spawn(waits("late"))
    await ms(1)
    log("still waiting" if not late.done() else "went through")
    event.set()
    await late


async def condition_notifies_in_order():
    condition = asyncio.Condition()

    async def waits(name):
        async with condition:
            await condition.wait()
            log(f"{name} notified")

    tasks = [spawn(waits(name)) for name in "abcd"]
    await ms(1)
    async with condition:
        condition.notify()
    await ms(1)
    log("one")
    async with condition:
        condition.notify(2)
    await ms(1)
    log("two more")
    async with condition:
        condition.notify_all()
    await asyncio.gather(*tasks)


async def condition_with_a_predicate():
    condition = asyncio.Condition()
    level = 0

    async def waits(name, wanted):
        async with condition:
            await condition.wait_for(lambda: level >= wanted)
            log(f"{name} sees {level}")

    tasks = [spawn(waits("a", 2)), spawn(waits("b", 1))]
    for _ in range(2):
        await ms(1)
        async with condition:
            level += 1
            condition.notify_all()
    await asyncio.gather(*tasks)


async def condition_whose_waiter_is_cancelled():
    condition = asyncio.Condition()

    async def waits():
        async with condition:
            try:
                await condition.wait()
            finally:
                log(f"has the lock: {condition.locked()}")

    task = spawn(waits())
    await ms(1)
    async with condition:
        task.cancel()
        await ms(1)
        log("the lock goes")
    log(await ending_of(task))


async def barrier_of_three():
    barrier = asyncio.Barrier(3)

    async def meets(name, time):
        for _ in range(2):
            await ms(time)
            log(f"{name} arrives")
            place = await barrier.wait()
            log(f"{name} passes as {place}")

    await asyncio.gather(meets("a", 1), meets("b", 3), meets("c", 2))


scenarios = [
    queue_gives_out_first_in_first_out,
    queue_with_a_bound,
    queue_whose_getter_is_cancelled,
    queue_join,
    queue_task_done_too_often,
    queues_of_other_orders,
    lock_is_fair,
    lock_whose_waiter_is_cancelled,
    semaphore_lets_two_in,
    event_wakes_all,
    condition_notifies_in_order,
    condition_with_a_predicate,
    condition_whose_waiter_is_cancelled,
    barrier_of_three,
]
