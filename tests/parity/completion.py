"""Several tasks as they end, and groups of them: the scenarios of completion.cpp, written with asyncio."""

import asyncio

from common import ending_of, failing, log, ms, sleeper, spawn


async def as_completed_yields_in_the_order_of_completion():
    # In which order they begin is left to chance.
    sleeps = [asyncio.sleep(0.003, 1), asyncio.sleep(0.001, 2), asyncio.sleep(0.002, 3)]
    for item in asyncio.as_completed(sleeps):
        log(await item)


async def as_completed_with_a_failure():
    for item in asyncio.as_completed([asyncio.sleep(0.003, 1), failing("b", 1)]):
        log(await ending_of(item))


async def wait_for_the_first():
    tasks = [spawn(sleeper("a", 3)), spawn(sleeper("b", 1)), spawn(sleeper("c", 2))]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    log(f"{len(done)} finished, {len(pending)} pending")
    await asyncio.wait(pending)


async def wait_for_a_failure():
    tasks = [spawn(sleeper("a", 3)), spawn(sleeper("b", 1)), spawn(failing("c", 2))]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    log(f"{len(done)} finished, {len(pending)} pending")
    log(await ending_of(tasks[2]))
    await asyncio.wait(pending)


async def wait_for_a_failure_while_one_is_cancelled():
    tasks = [spawn(sleeper("a", 3)), spawn(sleeper("b", 2))]

    async def waits():
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        log(f"{len(done)} finished, {len(pending)} pending")

    task = spawn(waits())
    await ms(1)
    tasks[1].cancel()
    await task
    await asyncio.wait(tasks)


async def wait_for_all():
    tasks = [spawn(sleeper("a", 3)), spawn(failing("b", 1))]
    done, pending = await asyncio.wait(tasks)
    log(f"{len(done)} finished, {len(pending)} pending")
    log(await ending_of(tasks[1]))


async def task_group_waits_for_its_children():
    async with asyncio.TaskGroup() as group:
        group.create_task(sleeper("a", 2))
        group.create_task(sleeper("b", 1))
        log("body ends")
    log("group ends")


async def task_group_with_a_failure():
    async def grouped():
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper("a", 10))
            group.create_task(failing("b", 1))
            try:
                await ms(20)
            finally:
                log("body is cancelled")

    try:
        await grouped()
    except* RuntimeError as group:
        log("group of " + ", ".join(str(each) for each in group.exceptions))


async def task_group_with_a_failure_cancels_its_tasks_before_its_body():
    async def grouped():
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper("a", 10))
            group.create_task(failing("b", 1))
            try:
                await ms(20)
            finally:
                log("body is cancelled")

    try:
        await grouped()
    except* RuntimeError:
        log("failed")


async def task_group_whose_body_fails():
    async def grouped():
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper("a", 10))
            await ms(1)
            log("body fails")
            raise RuntimeError("body failed")

    try:
        await grouped()
    except* RuntimeError as group:
        log(", ".join(str(each) for each in group.exceptions))


async def task_group_that_is_cancelled_in_its_body():
    async def grouped():
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper("a", 10))
            try:
                await ms(20)
            finally:
                log("body is cancelled")

    task = spawn(grouped())
    await ms(1)
    task.cancel()
    log(await ending_of(task))


async def task_group_that_is_cancelled():
    async def grouped():
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper("a", 10))
        log("this is not reached")

    task = spawn(grouped())
    await ms(1)
    task.cancel()
    log(await ending_of(task))


async def task_group_that_grows_while_it_closes():
    async with asyncio.TaskGroup() as group:

        async def parent():
            await sleeper("parent", 1)
            group.create_task(sleeper("child", 1))

        group.create_task(parent())
    log("group ends")


async def task_group_whose_child_cancels_itself():
    async def gives_up():
        log("gives up")
        raise asyncio.CancelledError

    async with asyncio.TaskGroup() as group:
        group.create_task(gives_up())
        group.create_task(sleeper("a", 1))
    log("group ends")


scenarios = [
    as_completed_yields_in_the_order_of_completion,
    as_completed_with_a_failure,
    wait_for_the_first,
    wait_for_a_failure,
    wait_for_a_failure_while_one_is_cancelled,
    wait_for_all,
    task_group_waits_for_its_children,
    task_group_with_a_failure,
    task_group_with_a_failure_cancels_its_tasks_before_its_body,
    task_group_whose_body_fails,
    task_group_that_is_cancelled_in_its_body,
    task_group_that_is_cancelled,
    task_group_that_grows_while_it_closes,
    task_group_whose_child_cancels_itself,
]
