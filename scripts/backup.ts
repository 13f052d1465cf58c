import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { backUp } from '../embedded/backup.ts';
import { connect } from '../embedded/connection.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string' }, data: { type: 'string', default: './data/db' } },
});
const [directory] = positionals;
if (!directory) {
  process.stderr.write('usage: npm run backup -- DIRECTORY [--data ./data/db | --url mongodb://...]\n');
  process.exit(2);
}

const { client, close } = await connect(values);
try {
  await mkdir(directory, { recursive: true });
  for (const { namespace, documents } of await backUp(client, directory))
    process.stdout.write(`${namespace}: ${documents} documents\n`);
} finally {
  await close();
}
