import { openFasterWhisper } from './faster-whisper-process.mjs';
import { serve } from './serve.mjs';

serve((load) => openFasterWhisper(load, 'batched'));
