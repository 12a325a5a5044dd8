/** What an adapter is, and where it runs. */
export interface AdapterEntry {
  readonly name: string;
  /** Under adapters/, without `.py`. */
  readonly file: string;
  readonly machine: 'any' | 'Apple silicon';
  /** Sentences, with the command that installs it. */
  readonly needs: string;
  /** What to know before relying on it. */
  readonly note?: string;
}

const notRun = 'Not yet run on that hardware: written after its documentation and tested against a stand-in.';

function onPython(name: string, packages: string, rest: Pick<AdapterEntry, 'machine' | 'note'>): AdapterEntry {
  const needs = `It needs Python 3.9 or newer with ${name}: python3 -m pip install ${packages}`;
  return { name, file: name.replaceAll('-', '_'), needs, ...rest };
}

function ofProgram(name: string, program: string, from: string): AdapterEntry {
  const needs = `It needs Python 3.9 or newer and the program ${program}: ${from}`;
  return { name, file: name, machine: 'Apple silicon', needs, note: notRun };
}

/** Every adapter of this package, by the name of its factory. */
export const adapterTable = {
  fasterWhisper: onPython('faster-whisper', 'faster-whisper==1.2.1', { machine: 'any' }),
  mlxWhisper: onPython('mlx-whisper', 'mlx-whisper==0.4.3', { machine: 'Apple silicon', note: notRun }),
  lightningWhisperMlx: onPython('lightning-whisper-mlx', 'lightning-whisper-mlx==0.0.10', {
    machine: 'Apple silicon',
    note: notRun,
  }),
  insanelyFastWhisper: onPython('insanely-fast-whisper', 'insanely-fast-whisper==0.0.15 transformers==5.23.0', {
    machine: 'any',
    note: notRun,
  }),
  parakeetMlx: onPython('parakeet-mlx', 'parakeet-mlx==0.7.0', { machine: 'Apple silicon', note: notRun }),
  whisperMps: onPython('whisper-mps', 'whisper-mps==0.0.10', { machine: 'Apple silicon', note: notRun }),
  whisperKit: ofProgram('whisperkit', 'whisperkit-cli', 'brew install whisperkit-cli'),
  fluidAudio: ofProgram('fluidaudio', 'fluidaudiocli', 'swift build -c release --product fluidaudiocli in FluidAudio'),
  voxtral: {
    ...ofProgram('voxtral', 'voxtral', 'make mps, or make blas, in voxtral.c, and its download_model.sh'),
    machine: 'any',
  },
} as const satisfies Readonly<Record<string, AdapterEntry>>;
