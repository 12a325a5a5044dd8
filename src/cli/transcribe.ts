import type { Clock } from '../clock.js';
import { EngineError } from '../errors.js';
import type { Engine } from '../index.js';
import { languageName } from '../model/language.js';
import { formatTranscript, type TranscriptFormat } from '../transcript/format.js';
import { plainSegment } from '../transcript/plain-text.js';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-code.js';
import { failureText } from './failure.js';
import { inOrder } from './in-order.js';
import type { Interruption } from './interruption.js';
import { type Job, planJobs, writeWhole } from './output.js';
import { createProgressDisplay, type ProgressDisplay } from './progress.js';

/** The flags of `whisperpool transcribe`, as commander gives them. */
export interface TranscribeFlags {
  readonly model?: string;
  readonly language: string;
  readonly task: 'transcribe' | 'translate';
  readonly prompt?: string;
  readonly format: TranscriptFormat;
  readonly words?: true;
  readonly slots?: number;
  readonly threads?: number;
  readonly output?: string;
  readonly verbose?: true;
}

/** What the command talks to: `process`. */
type Streams = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>;

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
  readonly #streams: Streams;
  readonly #interruption: Interruption;
  readonly #display: ProgressDisplay;
  #exitCode: ExitCode = exitCodes.ok;

  constructor(flags: TranscribeFlags, streams: Streams, interruption: Interruption, clock: Clock) {
    this.#flags = flags;
    this.#streams = streams;
    this.#interruption = interruption;
    this.#display = createProgressDisplay(streams.stderr, clock);
  }

  /** Transcribes the files and says on stderr what went wrong. Never rejects. */
  async run(inputs: readonly string[]): Promise<ExitCode> {
    this.#watchOutput();
    try {
      await this.#transcribeAll(this.#plan(inputs));
    } catch (error) {
      this.#report(error);
    } finally {
      this.#display.clear();
      // What was not read of it would keep the process alive.
      if (inputs.includes('-')) this.#streams.stdin.destroy();
    }
    return this.#interruption.exitCode ?? this.#exitCode;
  }

  #plan(inputs: readonly string[]): Job[] {
    if (inputs.includes('-') && this.#streams.stdin.isTTY) {
      throw new EngineError('OPTION_INVALID', 'Stdin is a terminal. Pipe an audio file into it, or name one.');
    }
    return planJobs(inputs, this.#flags.output, this.#flags.format);
  }

  async #transcribeAll(jobs: readonly Job[]): Promise<void> {
    // Imported late, so that --help and --version answer at once.
    const { createEngine } = await import('../index.js');
    const { model, language, slots, threads } = this.#flags;
    const engine = await createEngine({ model, language, slots, threadsPerSlot: threads });
    try {
      await this.#printInOrder(engine, jobs);
    } finally {
      await engine.close({ force: this.#interruption.signal.aborted });
    }
  }

  async #printInOrder(engine: Engine, jobs: readonly Job[]): Promise<void> {
    const alone = jobs.length === 1;
    const filesAtOnce = Math.min(engine.used.slots, mostFilesAtOnce);
    let gap = '';
    for await (const { job, text } of inOrder(jobs, filesAtOnce, (job) => this.#transcribeOne(engine, job, alone))) {
      if (text === undefined) continue;
      this.#print(alone ? text : `${gap}==> ${job.name} <==\n${text}`);
      gap = '\n';
    }
  }

  async #transcribeOne(engine: Engine, job: Job, alone: boolean): Promise<Settled> {
    if (this.#interruption.signal.aborted || this.#isHopeless()) return { job };
    const { task, prompt, words, format } = this.#flags;
    const streamed = alone && format === 'txt' && job.destination.kind === 'stdout';
    const progress = this.#display.begin(job.name);
    try {
      const transcript = await engine.transcribe(job.input === '-' ? this.#streams.stdin : job.input, {
        task,
        prompt,
        words,
        signal: this.#interruption.signal,
        onProgress: (news) => {
          progress.update(news);
        },
        onSegment: (segment) => {
          if (streamed) this.#print(plainSegment(segment));
        },
      });
      progress.done(transcript.durationSeconds);
      if (streamed) return { job };
      const text = formatTranscript(transcript, format, { languageName });
      if (job.destination.kind === 'stdout') return { job, text };
      writeWhole(job.destination.path, text);
    } catch (error) {
      progress.failed();
      this.#report(error, job.name);
    }
    return { job };
  }

  /** Whether every further file would fail in the same way. */
  #isHopeless(): boolean {
    return this.#exitCode === exitCodes.usage || this.#exitCode === exitCodes.installation;
  }

  #report(error: unknown, subject?: string): void {
    if (this.#interruption.signal.aborted || this.#isHopeless()) return;
    this.#exitCode = exitCodeOf(error);
    this.#display.clear();
    this.#streams.stderr.write(failureText(error, subject, this.#flags.verbose ?? false));
  }

  #print(text: string): void {
    if (text === '' || this.#interruption.signal.aborted) return;
    this.#display.clear();
    this.#streams.stdout.write(text);
  }

  #watchOutput(): void {
    this.#streams.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.#report(error, 'stdout');
      this.#interruption.stop(error.code === 'EPIPE' ? 'stdout-closed' : 'stdout-broken');
    });
    // Nobody is left to tell.
    this.#streams.stderr.on('error', () => undefined);
  }
}
