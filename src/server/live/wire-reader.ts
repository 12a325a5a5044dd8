import { EngineError } from '../../errors.js';
import type { LiveFormat } from '../../provider/stream-format.js';
import type { QueueLimits, VadOptions } from '../../session/source-options.js';
import {
  type ClientMessage,
  liveProtocol,
  type WireSessionOptions,
  type WireSourceOptions,
} from '../../wire/live-messages.js';
import {
  either,
  exactly,
  line,
  number,
  oneOf,
  optional,
  type Read,
  shape,
  text,
  whole,
  yesOrNo,
} from './wire-shape.js';

/** A message is a few settings; the longest of them is a prompt, of which Whisper reads 224 tokens. */
export const longestTextBytes = 16_384;

type Kind = ClientMessage['kind'];
type Message<K extends Kind> = Extract<ClientMessage, { readonly kind: K }>;
type Messages = { readonly [K in Kind]: Read<Message<K>> };

const session = shape<WireSessionOptions>({
  model: optional(line(200)),
  language: optional(line(100)),
  task: optional(oneOf('transcribe', 'translate')),
  prompt: optional(text(2_000)),
  words: optional(yesOrNo),
  beamSize: optional(number),
  chunkSeconds: optional(either("a number or 'continuous'", number, exactly('continuous'))),
  partialEverySeconds: optional(either('a number or false', number, exactly(false))),
  carriedCharacters: optional(number),
});

const format = shape<LiveFormat>({
  encoding: oneOf('s16le', 'f32le', 'mulaw', 'alaw'),
  sampleRate: number,
  channels: optional(number),
  channelMode: optional(oneOf('mix', 'split')),
});

const source = shape<WireSourceOptions>({
  format,
  priority: optional(oneOf('critical', 'normal', 'background')),
  weight: optional(number),
  vad: optional(
    shape<VadOptions>({
      hangoverSeconds: optional(number),
      preRollSeconds: optional(number),
      stallSeconds: optional(number),
    }),
  ),
  queue: optional(shape<Partial<QueueLimits>>({ chunks: optional(number), seconds: optional(number) })),
  shed: optional(oneOf('refuse', 'dropOldestPartial', 'dropOldest', 'spool')),
});

const key = optional(line(512));
const protocol = exactly(liveProtocol);

const messages: Messages = {
  open: shape<Message<'open'>>({ kind: exactly('open'), protocol, key, session: optional(session) }),
  resume: shape<Message<'resume'>>({ kind: exactly('resume'), protocol, key, token: line(200), after: whole }),
  source: shape<Message<'source'>>({ kind: exactly('source'), id: whole, name: line(200), options: source }),
  lost: shape<Message<'lost'>>({ kind: exactly('lost'), id: whole, fromByte: whole, toByte: whole }),
  'end-source': shape<Message<'end-source'>>({ kind: exactly('end-source'), id: whole, atByte: whole }),
  end: shape<Message<'end'>>({ kind: exactly('end') }),
};

/**
 * A message of a client; nothing is left of it that is not in the protocol.
 * @throws EngineError `PROTOCOL_BROKEN`
 */
export function readClientMessage(json: string): ClientMessage {
  const value = parsed(json);
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (typeof kind === 'string' && Object.hasOwn(messages, kind)) return messages[kind as Kind](value, kind);
  const known = Object.keys(messages).join(', ');
  throw new EngineError('PROTOCOL_BROKEN', `A message is an object whose \`kind\` is one of ${known}.`);
}

function parsed(json: string): unknown {
  if (json.length > longestTextBytes) {
    throw new EngineError('PROTOCOL_BROKEN', `A message in text has at most ${longestTextBytes} characters.`);
  }
  try {
    return JSON.parse(json) as unknown;
  } catch (cause) {
    throw new EngineError('PROTOCOL_BROKEN', 'A text frame is no JSON.', { cause });
  }
}
