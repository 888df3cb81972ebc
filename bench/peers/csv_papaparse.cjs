// CSV with papaparse in Node, a chunk of rows at a time. As Latin-1, a character is a byte and costs
// the least.
const fs = require('fs');
const papa = require('papaparse');

let rows = 0;
let fields = 0;
let fieldBytes = 0;
const input = fs.createReadStream(process.argv[2], {encoding: 'latin1', highWaterMark: 256 * 1024});
papa.parse(input, {
    delimiter: ',',
    newline: '\n',
    skipEmptyLines: true,
    chunk({data}) {
        rows += data.length;
        for (const row of data) {
            fields += row.length;
            for (const field of row) fieldBytes += field.length;
        }
    },
    complete() { console.log(`rows=${rows} fields=${fields} field_bytes=${fieldBytes}`); },
    error(error) { throw error; },
});
