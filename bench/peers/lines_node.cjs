// Lines in Node: the events of readline. As Latin-1, a character is a byte and costs the least.
const fs = require('fs');
const readline = require('readline');

let lines = 0;
let longest = 0;
const input = fs.createReadStream(process.argv[2], {encoding: 'latin1', highWaterMark: 256 * 1024});
readline.createInterface({input, crlfDelay: Infinity})
    .on('line', (line) => {
        ++lines;
        if (line.length > longest) longest = line.length;
    })
    .on('close', () => console.log(`lines=${lines} longest=${longest}`));
