"""Tasks of asyncio, gathered, each asleep for the same second."""
import asyncio
import sys


async def main(count):
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(count)))
    print(f"tasks={count}")


asyncio.run(main(int(sys.argv[1])))
