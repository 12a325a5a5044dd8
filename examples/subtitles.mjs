// Subtitles for a recording or a video:  node examples/subtitles.mjs FILE > FILE.srt
import { createEngine, formatTranscript } from '../dist/index.js'; // 'whisperpool' outside this repository

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('Usage: node examples/subtitles.mjs FILE > FILE.srt');
  process.exit(2);
}

try {
  const engine = await createEngine({ model: 'base' });
  try {
    const transcript = await engine.transcribe(file, {
      onProgress: ({ doneSeconds }) => process.stderr.write(`\r${doneSeconds.toFixed(0)} s done`),
    });
    process.stderr.write('\n');
    process.stdout.write(formatTranscript(transcript, 'srt'));
  } finally {
    await engine.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
