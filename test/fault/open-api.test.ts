import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createServer } from '../../dist/server/index.js';
import { hashOf, newKey } from '../../dist/server/keys/key.js';
import { keysText } from '../../dist/server/keys/keys-file.js';
import { adapterPython } from '../../scripts/setup/adapter-environment.mjs';

const program = join(dirname(adapterPython('schemathesis')), 'schemathesis');

/** What the document does not promise. */
const notPromised = [
  // A form may be right, and its file no audio.
  'positive_data_acceptance',
  // A path is not there for a method that it does not have: 404.
  'unsupported_method',
];

test.skipIf(!existsSync(program))(
  'Schemathesis finds nothing that the OpenAPI document does not say (needs `npm run setup:schemathesis`)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whisperpool-open-api-'));
    const key = newKey();
    const keysFile = join(folder, 'keys.json');
    writeFileSync(keysFile, keysText([{ name: 'a', hash: hashOf(key), createdAt: '', limits: {} }]));
    const engine = { model: 'tiny.en', slots: 1 };
    try {
      await using server = await createServer({ port: 0, engine, keysFile, uploadFolder: folder });
      const child = spawn(
        program,
        [
          'run',
          `${server.url}/openapi.json`,
          ...['--header', `Authorization: Bearer ${key}`, '--exclude-checks', notPromised.join(',')],
          ...['--max-examples', '20', '--seed', '1', '--generation-database', 'none', '--no-color'],
          ...['--continue-on-failure', '--request-timeout', '20'],
        ],
        { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      const [said, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')]);
      expect(exitCode, said).toBe(0);
      expect(said).toMatch(/\d{3} generated/u);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
