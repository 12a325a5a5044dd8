import { expect, test } from 'vitest';
import { buildBaseline, startAddon, startBaseline } from '../../bench/overhead/decode-process.mjs';
import { fullEncoderContext } from '../../dist/provider/encoder-context.js';
import { bundled, jfkSays, samplesOf } from './clips.js';

test('The C++ program that the addon is compared with is built, and hears what the addon hears', async () => {
  await buildBaseline();
  const pcm = await samplesOf(bundled('jfk.flac'));
  const texts = [];
  for (const start of [startBaseline, startAddon]) {
    const heard = await start('tiny.en');
    texts.push((await heard.decode({ pcm, encoderContext: fullEncoderContext, maxTokens: 100 })).text);
    await heard.close();
  }
  expect(texts[0]).toContain(jfkSays);
  expect(texts[1]).toBe(texts[0]);
});
