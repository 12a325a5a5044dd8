import { Writable } from 'node:stream';

interface Written {
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  abort(): Promise<void>;
}

/** A Node stream into a source: each chunk is taken when the one before was accepted. Destroyed early, it aborts. */
export function writableInto(source: Written): Writable {
  const stream: Writable = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      source.write(chunk).then(() => done(), done);
    },
    final: (done) => {
      source.end().then(() => done(), done);
    },
    destroy: (error, done) => {
      const ended = stream.writableFinished ? Promise.resolve() : source.abort();
      ended.then(() => done(error), done);
    },
  });
  return stream;
}
