import { existsSync } from 'node:fs';
import { chmod, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveModel } from '../../dist/model/resolve.js';
import { copyOfWhole, folder, models, structureOutcome, whole, wholeBytes } from './damaged-model.js';

const fasterWhisper = new URL('../../../shared/data/models/faster-whisper-tiny.en/model.bin', import.meta.url).pathname;
const recording = new URL('../fixtures/jfk.wav', import.meta.url).pathname;

describe('what is no model file', () => {
  const text = (content: string) => (path: string) => writeFile(path, content, 'latin1');
  const cases: readonly [what: string, make: (path: string) => Promise<unknown>, code: string, says: string][] = [
    ['nothing at all', () => Promise.resolve(), 'MODEL_MISSING', 'does not exist'],
    ['a link to nothing', (path) => symlink(join(folder, 'gone'), path), 'MODEL_MISSING', 'does not exist'],
    ['a link to itself', (path) => symlink(path, path), 'MODEL_MISSING', 'leads back to itself'],
    ['a link to a folder', (path) => symlink(folder, path), 'MODEL_MISSING', 'is a folder'],
    ['a link to a device', (path) => symlink('/dev/null', path), 'MODEL_MISSING', 'not a regular file'],
    ['an empty file', text(''), 'MODEL_TRUNCATED', 'empty'],
    ['two bytes of signature', text('lm'), 'MODEL_TRUNCATED', 'signature'],
    ['20 bytes of a model', text('lmgg'.padEnd(20, '\0')), 'MODEL_TRUNCATED', '20 of at least 48 bytes'],
    ['a wrong signature', text('lmgf'.padEnd(64, '\0')), 'MODEL_UNSUPPORTED', 'does not begin like a ggml model'],
    ['a GGUF file', text('GGUF\x03\0\0\0'.padEnd(64, '\0')), 'MODEL_UNSUPPORTED', 'GGUF'],
    ['a PyTorch checkpoint', text('PK\x03\x04'.padEnd(64, '\0')), 'MODEL_UNSUPPORTED', 'PyTorch'],
    ['a safetensors file', text('\x40\x01\0\0\0\0\0\0{"__metadata__"'), 'MODEL_UNSUPPORTED', 'safetensors'],
    ['a web page', text('\n<!DOCTYPE html><html><body>404'), 'MODEL_UNSUPPORTED', 'web page'],
    ['an error message', text('{"error":"Repository not found"}'), 'MODEL_UNSUPPORTED', 'is text'],
    ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\n'), 'MODEL_UNSUPPORTED', 'git lfs pull'],
    ['a recording', (path) => symlink(recording, path), 'MODEL_UNSUPPORTED', 'recording'],
    [
      'the voice activity model',
      (path) => symlink(join(models, 'ggml-silero-v6.2.0.bin'), path),
      'MODEL_UNSUPPORTED',
      'voice activity',
    ],
    ['another network', text(`lmgg${'\x07\x01\0\0'.repeat(11)}`), 'MODEL_UNSUPPORTED', 'another network'],
  ];

  test.each(cases)('%s is refused', async (what, make, code, says) => {
    const path = join(folder, `${what}.bin`);
    await make(path);
    const opening = resolveModel(path);
    await expect(opening).rejects.toMatchObject({ name: 'EngineError', code });
    await expect(opening).rejects.toThrow(says);
  });

  test.skipIf(!existsSync(fasterWhisper))('a CTranslate2 model is refused (needs ../shared/data)', async () => {
    const opening = resolveModel(fasterWhisper);
    await expect(opening).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    await expect(opening).rejects.toThrow('faster-whisper');
  });

  test.each(['', 'a\0b.bin', `${'x'.repeat(5000)}.bin`])('the odd name %j is refused', async (name) => {
    const code = name === '' ? 'MODEL_UNKNOWN' : 'MODEL_MISSING';
    await expect(resolveModel(name)).rejects.toMatchObject({ code });
  });

  test.skipIf(process.getuid?.() === 0)('a file that may not be read is refused (not as root)', async () => {
    const path = await copyOfWhole('secret.bin');
    await chmod(path, 0);
    const opening = resolveModel(path);
    await expect(opening).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    await expect(opening).rejects.toThrow('may not be read');
  });
});

describe('a file that is too short or too long', () => {
  test('is refused as truncated wherever it ends, and says how many bytes are missing', async () => {
    const path = await copyOfWhole('truncated.bin');
    const boundaries = [
      4,
      8,
      48,
      whole.melFiltersOffsetBytes + 8,
      whole.vocabularyOffsetBytes,
      whole.vocabularyOffsetBytes + 4,
    ];
    for (const { headerOffsetBytes, offsetBytes } of whole.tensors) {
      boundaries.push(headerOffsetBytes, headerOffsetBytes + 12, offsetBytes);
    }
    boundaries.push(wholeBytes);
    const ends = boundaries.flatMap((boundary) => [boundary - 1, boundary]).filter((end) => end < wholeBytes);
    const accepted: string[] = [];
    for (const end of ends.sort((left, right) => right - left)) {
      await truncate(path, end);
      const outcome = await structureOutcome(path);
      if (outcome !== 'MODEL_TRUNCATED') accepted.push(`${end}: ${outcome}`);
    }
    expect(accepted).toEqual([]);
    expect(ends.length).toBeGreaterThan(6 * whole.tensors.length);
  });

  test('says how many bytes it has, how many it should have, and where it ends', async () => {
    const path = await copyOfWhole('short.bin');
    await truncate(path, wholeBytes - 1);
    await expect(resolveModel(path)).rejects.toThrow(
      `${wholeBytes - 1} of ${wholeBytes} bytes and ends in the tensor `,
    );
  });

  test('is refused as corrupt when one byte follows its last tensor', async () => {
    const path = await copyOfWhole('long.bin');
    await truncate(path, wholeBytes + 1);
    await expect(resolveModel(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await expect(resolveModel(path)).rejects.toThrow('1 bytes follow');
  });
});
