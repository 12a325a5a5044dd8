/** What a file that is no ggml model seems to be, and what to do about it. */
export interface ForeignFormat {
  /** The end of a sentence that begins with "it". */
  readonly looksLike: string;
  readonly advice: string;
}

const convert =
  'Convert it with the scripts in the models folder of whisper.cpp, or use the ggml file of the same model.';
const downloadAgain = 'The download went wrong: fetch the file again, from the address of the file itself.';

const formats: readonly (ForeignFormat & { readonly matches: (head: Buffer) => boolean })[] = [
  {
    looksLike: 'is a GGUF file',
    advice: `whisper.cpp reads only the older ggml format. ${convert}`,
    matches: startsWith('GGUF'),
  },
  {
    looksLike: 'is a llama.cpp file in an old format',
    advice: 'Give a Whisper model.',
    matches: startsWith('tjgg', 'fmgg'),
  },
  { looksLike: 'is a PyTorch checkpoint or another zip archive', advice: convert, matches: startsWith('PK\x03\x04') },
  {
    looksLike: 'is a Python pickle, such as an old PyTorch checkpoint',
    advice: convert,
    matches: startsWith('\x80\x02', '\x80\x03', '\x80\x04'),
  },
  { looksLike: 'is a safetensors file', advice: convert, matches: isSafetensors },
  {
    looksLike: 'is a CTranslate2 model, as faster-whisper uses them',
    advice: 'Make a ggml file of its folder with `whisperpool models import`.',
    matches: (head) => head.includes('WhisperSpec'),
  },
  { looksLike: 'is a gzip archive', advice: 'Unpack it first.', matches: startsWith('\x1f\x8b') },
  {
    looksLike: 'is a Git LFS pointer, not the file itself',
    advice: 'Run `git lfs pull`.',
    matches: startsWith('version https://git-lfs'),
  },
  {
    looksLike: 'is a recording',
    advice: 'Was the audio given in the place of the model?',
    matches: startsWith('RIFF', 'fLaC', 'OggS', 'ID3'),
  },
  { looksLike: 'is a web page', advice: downloadAgain, matches: isMarkup },
  { looksLike: 'is text, such as the error message of a server', advice: downloadAgain, matches: isText },
];

/** Judges by the first bytes of a file. */
export function foreignFormat(head: Buffer): ForeignFormat {
  return (
    formats.find((format) => format.matches(head)) ?? {
      looksLike: 'does not begin like a ggml model',
      advice: 'Give a Whisper model in ggml format, such as ggml-base-q8_0.bin.',
    }
  );
}

function startsWith(...prefixes: readonly string[]): (head: Buffer) => boolean {
  return (head) => prefixes.some((prefix) => head.subarray(0, prefix.length).toString('latin1') === prefix);
}

/** Eight bytes of length, then a JSON object. */
function isSafetensors(head: Buffer): boolean {
  return head.length > 9 && head.readUInt32LE(4) === 0 && head.subarray(8, 10).toString('latin1') === '{"';
}

function isMarkup(head: Buffer): boolean {
  return head.toString('latin1').trimStart().startsWith('<');
}

function isText(head: Buffer): boolean {
  return head.length > 0 && /^[\t\n\r\x20-\x7e]+$/u.test(head.toString('latin1'));
}
