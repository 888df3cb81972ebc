"""What the scenarios share, as scenarios.hpp does it for those in C++."""

import asyncio

scenario = ""


def log(event):
    print(f"{scenario}: {event}")


def ms(n):
    return asyncio.sleep(n / 1000)


def spawn(coroutine):
    return asyncio.create_task(coroutine)


async def ending_of(awaitable):
    """How it ends, in words."""
    try:
        value = await awaitable
        return "done" if value is None else str(value)
    except asyncio.CancelledError:
        return "cancelled"
    except TimeoutError:
        return "timeout"
    except Exception as error:
        return str(error)


async def sleeper(name, time, value=0):
    log(f"{name} begins")
    try:
        await ms(time)
    except asyncio.CancelledError:
        log(f"{name} is cancelled")
        raise
    log(f"{name} ends")
    return value


async def failing(name, time):
    log(f"{name} begins")
    await ms(time)
    log(f"{name} fails")
    raise RuntimeError(f"{name} failed")
