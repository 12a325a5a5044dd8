export type { AudioInput, PcmInput } from './audio/input.js';
export { createEngine, type Engine, type EngineOptions, type TranscribeOptions } from './engine.js';
export { EngineError, type EngineErrorCode } from './errors.js';
export { languageName } from './model/language.js';
export type { Progress } from './session/transcription.js';
export { type FormatOptions, formatTranscript, type TranscriptFormat, transcriptFormats } from './transcript/format.js';
export type { OpenAiTranscription, OpenAiVerboseTranscription } from './transcript/openai-json.js';
export type { Segment, Timings, Transcript, Used, Word } from './transcript/transcript.js';
