/**
 * The events of a server-sent stream. `fetch` reads it, because EventSource cannot send a key.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @returns {AsyncGenerator<{ readonly event: string, readonly data: string }>}
 */
export async function* serverEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const messages = (text + part.value).split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const fields = new Map(message.split('\n').map(fieldOf));
      yield { event: fields.get('event') ?? 'message', data: fields.get('data') ?? '' };
    }
  }
}

/** @param {string} line @returns {[string, string]} */
function fieldOf(line) {
  const [name = '', ...rest] = line.split(': ');
  return [name, rest.join(': ')];
}
