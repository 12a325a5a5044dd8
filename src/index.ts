export type { AudioInput, PcmInput } from './audio/input.js';
export type { Plan, PlanReason } from './capability/plan.js';
export { atMost, firstOf, onlyWhen, type Period, pinned, scheduled } from './degrade/compositions.js';
export { definePolicy, type PolicyDefinition } from './degrade/define-policy.js';
export type { Ladder, LadderPosition } from './degrade/ladder.js';
export type { PlanChange } from './degrade/ladder-events.js';
export type { LadderEntry } from './degrade/ladder-journal.js';
export { policies } from './degrade/policies.js';
export type { Decision, History, Policy, RungChange } from './degrade/policy.js';
export type { Recording } from './degrade/recording.js';
export type { RecordOptions } from './degrade/recordings.js';
export { type Replay, type ReplayedTick, replay } from './degrade/replay.js';
export type { Rung, RungModel } from './degrade/rung.js';
export { machineFrom, type SimulatedMachine } from './degrade/simulator/machine.js';
export { recordedMachine } from './degrade/simulator/recorded-machine.js';
export { simulate } from './degrade/simulator/simulate.js';
export type { SimulationResult } from './degrade/simulator/simulation-result.js';
export {
  flashCrowd,
  type LoadOptions,
  noisyNeighbour,
  ramp,
  slowLeak,
  squareWave,
  stalls,
  steady,
  step,
} from './degrade/simulator/synthetic-traces.js';
export type { Trace, TraceEvent } from './degrade/simulator/trace.js';
export { readTrace, traceLines } from './degrade/simulator/trace-lines.js';
export type { LoadSnapshot } from './degrade/snapshot.js';
export type { Thresholds } from './degrade/thresholds.js';
export type { Calibration } from './engine/calibrated-plan.js';
export { createEngine, type Engine } from './engine/engine.js';
export type { EngineEventMap } from './engine/engine-events.js';
export type { EngineModel } from './engine/engine-model.js';
export type { DeepHealth, Health, HealthOptions } from './engine/health.js';
export type { EngineOptions, SessionOptions, SwitchOptions, TranscribeOptions } from './engine/options.js';
export type { ProviderOptions, ShadowOptions } from './engine/provider-options.js';
export { EngineError, type EngineErrorCode } from './errors.js';
export { languageName } from './model/language.js';
export type { LoadProgress, LoadResult, LoadState, WarmLevel } from './model/load-state.js';
export type { LoadingOptions, LoadingPreset } from './model/loading-options.js';
export type { ProviderChange } from './pool/failover.js';
export { type WhisperNodeAddonOptions, whisperNodeAddon } from './pool/node-addon/whisper-node-addon.js';
export type { Comparison } from './pool/second-opinion.js';
export { type WhisperCppOptions, whisperCpp } from './pool/whisper-cpp-provider.js';
export {
  fasterWhisper,
  fluidAudio,
  insanelyFastWhisper,
  lightningWhisperMlx,
  mlxWhisper,
  parakeetMlx,
  voxtral,
  whisperKit,
  whisperMps,
} from './provider/adapters/adapters.js';
export type { Decode, DecodingModel, SlotOutcome } from './provider/decode.js';
export type { Capabilities, Provider, ProviderPlan, ProviderState, Recognizer } from './provider/provider.js';
export type { Chunk, RecognisedSegment, Recognition } from './provider/recognition.js';
export type { LiveFormat } from './provider/stream-format.js';
export { type SubprocessOptions, subprocess } from './provider/subprocess/subprocess-provider.js';
export { type Shed, type ShedPolicy, shedPolicies } from './scheduler/shed-policy.js';
export type { Priority, Ticket, Work } from './scheduler/work.js';
export type { Missed } from './session/event-follower.js';
export type { FollowOptions } from './session/event-log.js';
export type { LedgerReading, SourceLedger } from './session/ledger.js';
export type {
  EndEvent,
  FinalEvent,
  FinalTimings,
  GapEvent,
  GapReason,
  LiveErrorEvent,
  LiveEvent,
  LiveEventMap,
  PartialEvent,
  PlanEvent,
  SourceSummary,
  SpeechStartEvent,
} from './session/live-events.js';
export type { LivePlan } from './session/live-plan.js';
export type { Session, SessionTranscript } from './session/session.js';
export type { Source } from './session/source.js';
export type { QueueLimits, SourceOptions, VadOptions, WriteOptions } from './session/source-options.js';
export type { SpoolOptions } from './session/spool.js';
export type { Progress } from './session/transcription.js';
export type { Logger } from './telemetry/log.js';
export type { EngineMetrics, MetricsOptions } from './telemetry/prometheus.js';
export type { Distribution, Quantiles, TelemetryReading } from './telemetry/reading.js';
export type { EngineSnapshot, LadderReading, ProviderReading, SourceSnapshot } from './telemetry/snapshot.js';
export { type FormatOptions, formatTranscript, type TranscriptFormat, transcriptFormats } from './transcript/format.js';
export type { OpenAiTranscription, OpenAiVerboseTranscription } from './transcript/openai-json.js';
export type { Segment, Timings, Transcript, Used, Word } from './transcript/transcript.js';
