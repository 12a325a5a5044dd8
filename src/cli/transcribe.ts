import { initialModel } from '../engine/options.js';
import { EngineError } from '../errors.js';
import { createEngine, type Engine } from '../index.js';
import { languageName } from '../model/language.js';
import { formatTranscript, type TranscriptFormat } from '../transcript/format.js';
import { plainSegment } from '../transcript/plain-text.js';
import { ByteProgress } from './byte-progress.js';
import { type ExitCode, exitCodes } from './exit-code.js';
import { inOrder } from './in-order.js';
import { type Job, planJobs, writeWhole } from './output.js';
import type { Terminal } from './terminal.js';
import { transcriptionReading, transcriptionSummary } from './transcription-reading.js';

/** The flags of `whisperpool transcribe`, as commander gives them. */
export interface TranscribeFlags {
  readonly model?: string;
  readonly variant?: string;
  readonly offline?: boolean;
  readonly language: string;
  readonly task: 'transcribe' | 'translate';
  readonly prompt?: string;
  readonly format: TranscriptFormat;
  readonly words?: boolean;
  readonly slots?: number;
  readonly threads?: number;
  readonly output?: string;
}

/** A file that is over: `text` is what stdout still has to get of it. */
interface Settled {
  readonly job: Job;
  readonly text?: string;
}

// Short files keep the slots busy only side by side; each one under way holds its audio in memory.
const mostFilesAtOnce = 8;

/** One run of `whisperpool transcribe`. */
export class TranscribeCommand {
  readonly #flags: TranscribeFlags;
  readonly #terminal: Terminal;
  #exitCode: ExitCode = exitCodes.ok;

  constructor(flags: TranscribeFlags, terminal: Terminal) {
    this.#flags = flags;
    this.#terminal = terminal;
  }

  /** Transcribes the files, and says of each what went wrong. Rejects with what concerns them all. */
  async run(inputs: readonly string[]): Promise<ExitCode> {
    try {
      await this.#transcribeAll(this.#plan(inputs));
      return this.#exitCode;
    } finally {
      // What was not read of it would keep the process alive.
      if (inputs.includes('-')) this.#terminal.stdin.destroy();
    }
  }

  #plan(inputs: readonly string[]): Job[] {
    if (inputs.includes('-') && this.#terminal.stdin.isTTY) {
      throw new EngineError('OPTION_INVALID', 'Stdin is a terminal. Pipe an audio file into it, or name one.');
    }
    return planJobs(inputs, this.#flags.output, this.#flags.format);
  }

  async #transcribeAll(jobs: readonly Job[]): Promise<void> {
    const { model, variant, offline, language, slots, threads } = this.#flags;
    const engine = await createEngine({
      model,
      loading: { variant, background: true },
      download: offline !== true,
      language,
      slots,
      threadsPerSlot: threads,
    });
    try {
      await this.#untilLoaded(engine);
      await this.#printInOrder(engine, jobs);
    } finally {
      await engine.close({ force: this.#terminal.signal.aborted });
    }
  }

  async #untilLoaded({ model }: Engine): Promise<void> {
    const { display, clock, signal } = this.#terminal;
    const download = new ByteProgress(display, clock, `model ${initialModel(this.#flags.model)}`);
    model.on('state', (state) => {
      if (state.kind !== 'loading') return;
      if (state.progress.step === 'download') download.advance(state.progress);
      if (state.progress.step === 'read') download.done();
    });
    try {
      await model.ready(signal);
    } catch (error) {
      if (signal.aborted && download.keptNote !== undefined) this.#terminal.say(download.keptNote);
      throw error;
    }
  }

  async #printInOrder(engine: Engine, jobs: readonly Job[]): Promise<void> {
    const alone = jobs.length === 1;
    const filesAtOnce = Math.min(engine.used.slots, mostFilesAtOnce);
    let gap = '';
    for await (const { job, text } of inOrder(jobs, filesAtOnce, (job) => this.#transcribeOne(engine, job, alone))) {
      if (text === undefined) continue;
      this.#terminal.print(alone ? text : `${gap}==> ${job.name} <==\n${text}`);
      gap = '\n';
    }
  }

  async #transcribeOne(engine: Engine, job: Job, alone: boolean): Promise<Settled> {
    const { clock, display, signal, stdin } = this.#terminal;
    if (signal.aborted || this.#isHopeless()) return { job };
    const { task, prompt, words, format } = this.#flags;
    const streamed = alone && format === 'txt' && job.destination.kind === 'stdout';
    const progress = display.begin(job.name);
    const startSeconds = clock.nowSeconds();
    try {
      const transcript = await engine.transcribe(job.input === '-' ? stdin : job.input, {
        task,
        prompt,
        words,
        signal,
        onProgress: (news) => progress.update(transcriptionReading(news, clock.nowSeconds() - startSeconds)),
        onSegment: (segment) => {
          if (streamed) this.#terminal.print(plainSegment(segment));
        },
      });
      progress.end(transcriptionSummary(job.name, transcript.durationSeconds, clock.nowSeconds() - startSeconds));
      if (streamed) return { job };
      const text = formatTranscript(transcript, format, { languageName });
      if (job.destination.kind === 'stdout') return { job, text };
      writeWhole(job.destination.path, text);
    } catch (error) {
      progress.end();
      if (!this.#isHopeless()) this.#exitCode = this.#terminal.report(error, job.name);
    }
    return { job };
  }

  /** Whether every further file would fail in the same way. */
  #isHopeless(): boolean {
    return this.#exitCode === exitCodes.usage || this.#exitCode === exitCodes.installation;
  }
}
