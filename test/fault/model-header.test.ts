import { describe, expect, test } from 'vitest';
import { resolveModel } from '../../dist/model/resolve.js';
import { copyOfWhole, structureOutcome, whole, withFile } from './damaged-model.js';

describe('a damaged header', () => {
  const fields = ['n_vocab', 'n_audio_ctx', 'n_audio_state', 'n_audio_head', 'n_audio_layer', 'n_text_ctx'];
  fields.push('n_text_state', 'n_text_head', 'n_text_layer', 'n_mels', 'ftype');

  test.each(fields.map((name, index) => ({ name, offsetBytes: 4 + 4 * index })))(
    'with a wrong $name is refused',
    async ({ offsetBytes }) => {
      const path = await copyOfWhole('field.bin');
      const outcomes = await withFile(path, async (file) => {
        const right = Buffer.alloc(4);
        await file.read(right, 0, 4, offsetBytes);
        const value = right.readInt32LE();
        const found: string[] = [];
        for (const wrong of [0, -1, 2 ** 31 - 1, -(2 ** 31), value - 1, value + 1, value * 2]) {
          const bytes = Buffer.alloc(4);
          bytes.writeInt32LE(wrong);
          await file.write(bytes, 0, 4, offsetBytes);
          found.push(`${wrong}: ${await structureOutcome(path)}`);
        }
        return found;
      });
      expect(outcomes.filter((outcome) => !/: MODEL_(CORRUPT|UNSUPPORTED)$/.test(outcome))).toEqual([]);
    },
  );

  test('names the field, its value and what is expected', async () => {
    const path = await copyOfWhole('heads.bin');
    await withFile(path, (file) => file.write(Buffer.alloc(4), 0, 4, 16));
    await expect(resolveModel(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await expect(resolveModel(path)).rejects.toThrow('n_audio_head = 0, where 6 or 8 or 12 or 16 or 20 is expected');
  });

  test('with a tensor twice is refused', async () => {
    const path = await copyOfWhole('twice.bin');
    const [first, second] = whole.tensors.filter(({ name }) => /decoder\.blocks\.[01]\.attn_ln\.bias/.test(name));
    await withFile(path, (file) =>
      file.write(first?.name ?? '', (second?.offsetBytes ?? 0) - (first?.name.length ?? 0)),
    );
    await expect(resolveModel(path)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await expect(resolveModel(path)).rejects.toThrow('twice');
  });
});
