// Async functions of Node, each asleep for the same second.
const sleep = require('util').promisify(setTimeout);

async function sleeper() {
    await sleep(1000);
}

async function main(count) {
    const all = [];
    for (let i = 0; i < count; ++i) all.push(sleeper());
    await Promise.all(all);
    console.log(`tasks=${count}`);
}
main(Number(process.argv[2]));
