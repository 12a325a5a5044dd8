import type { Clock } from '../../clock.js';
import type { Provider, ProviderState } from '../../provider/provider.js';
import { section } from '../doctor/layout.js';
import { type ExitCode, exitCodes } from '../exit-code.js';
import { inOrder } from '../in-order.js';
import { tableText } from '../models/table.js';
import type { Terminal } from '../terminal.js';
import { type Candidate, candidates } from './candidates.js';

export interface ProvidersFlags {
  readonly probe?: boolean;
  readonly json?: boolean;
}

/** One provider in what `providers --json` prints. Fields are added, never renamed. */
export interface ListedProvider {
  readonly provider: string;
  readonly state: ProviderState['kind'] | 'not-probed';
  readonly version?: string;
  /** What computes. */
  readonly backend?: string;
  /** Why it is not available, and what to install. */
  readonly reason?: string;
  /** What to know before relying on it. */
  readonly note?: string;
}

const probesAtOnce = 4;
/** Importing a large library from a cold disk takes its time. */
const probeSeconds = 60;

/** `whisperpool providers` */
export async function listProviders(terminal: Terminal, flags: ProvidersFlags): Promise<ExitCode> {
  const { probe = false, json = false } = flags;
  const providers = await listed(await candidates(terminal.signal), probe, terminal);
  if (json) terminal.printJson({ providers });
  else terminal.print(providersText(providers, terminal.stdout));
  const isNoneAvailable = probe && providers.every(({ state }) => state !== 'available');
  return isNoneAvailable ? exitCodes.installation : exitCodes.ok;
}

async function listed(
  all: readonly Candidate[],
  probe: boolean,
  { clock, signal }: Pick<Terminal, 'clock' | 'signal'>,
): Promise<readonly ListedProvider[]> {
  const look = async ({ provider, obstacle, note }: Candidate): Promise<ListedProvider> => {
    const told = { provider: provider.name, ...(note !== undefined && { note }) };
    if (obstacle !== undefined) return { ...told, state: 'unavailable', reason: obstacle };
    if (!probe) return { ...told, state: 'not-probed' };
    const { kind: state, ...rest } = await probed(provider, clock, signal);
    return { ...told, state, ...rest };
  };
  const found: ListedProvider[] = [];
  for await (const one of inOrder(all, probesAtOnce, look)) found.push(one);
  return found;
}

/** What its probe says, if it says that in time. */
export async function probed(
  provider: Pick<Provider, 'probe'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<ProviderState> {
  const late = new AbortController();
  const stopTimer = clock.after(probeSeconds, () => late.abort());
  const state = await provider.probe(AbortSignal.any([signal, late.signal]));
  stopTimer();
  const isLate = state.kind === 'unavailable' && late.signal.aborted;
  return isLate ? { kind: 'unavailable', reason: `It did not answer within ${probeSeconds} s.` } : state;
}

function providersText(providers: readonly ListedProvider[], stream: Terminal['stdout']): string {
  const rows = providers.map(({ provider, state, version = '-', backend = '-' }) => [
    provider,
    state.replace('-', ' '),
    version,
    backend,
  ]);
  const remarks = providers.flatMap(({ provider, reason, note }) => {
    const says = reason ?? note;
    return says === undefined ? [] : [[provider, says]];
  });
  return `${tableText(['provider', 'state', 'version', 'backend'], rows, stream)}\n${section('About them', remarks)}`;
}
