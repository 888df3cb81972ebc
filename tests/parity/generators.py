"""Generators, threads and context: the scenarios of generators.cpp, written with asyncio."""

import asyncio
import contextvars

from common import ending_of, log, ms


async def numbers():
    try:
        for i in range(10):
            await ms(1)
            yield i
    finally:
        log("generator cleans up")


async def async_generator_to_its_end():
    async for i in numbers():
        if i == 9:
            log(i)
    log("consumer ends")


async def async_generator_closed_early():
    generator = numbers()
    async for i in generator:
        log(i)
        if i == 2:
            break
    await generator.aclose()
    log("closed")


async def async_generator_left_early():
    async def consumes():
        async for i in numbers():
            log(i)
            if i == 2:
                break
        log("loop left")

    await consumes()
    log("consumer returned")
    await ms(1)


async def to_thread_gives_results_and_errors():
    def works(n):
        return n * 2

    def breaks():
        raise RuntimeError("broken")

    log(await asyncio.to_thread(works, 21))
    log(await ending_of(asyncio.to_thread(breaks)))


variable = contextvars.ContextVar("variable", default="initial")


async def context_follows_a_task():
    async def child(name):
        log(f"{name} inherits {variable.get()}")
        variable.set(name)
        await asyncio.sleep(0)
        log(f"{name} has {variable.get()}")

    variable.set("main")
    await asyncio.gather(child("a"), child("b"))
    log(f"main has {variable.get()}")
    await child("awaited")
    log(f"main has {variable.get()}")


async def context_goes_with_a_call_into_a_thread():
    def call():
        seen = variable.get()
        variable.set("call")
        return seen + " " + variable.get()

    variable.set("main")
    log(await asyncio.to_thread(call))
    log(f"main has {variable.get()}")


scenarios = [
    async_generator_to_its_end,
    async_generator_closed_early,
    async_generator_left_early,
    to_thread_gives_results_and_errors,
    context_follows_a_task,
    context_goes_with_a_call_into_a_thread,
]
