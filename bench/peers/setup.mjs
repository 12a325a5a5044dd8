// Installs what the throughput benchmark compares with. The benchmark does it by itself; this is for doing it ahead.
import { MODELS } from '../models.mjs';
import { installFasterWhisper } from './faster-whisper.mjs';
import { installWhisperCli } from './whisper-cli.mjs';

const progress = (/** @type {string} */ line) => console.error(line);
await installWhisperCli(progress);
await installFasterWhisper(MODELS, progress);
