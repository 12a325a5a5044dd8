/** A flag in shared memory that stops a decode on another thread. */
export interface StopFlag {
  readonly control: Int32Array;
  readonly raise: () => void;
  readonly release: () => void;
}

const underWay = new Set<Int32Array>();
let isWatchingExit = false;

/** A lowered flag, which is raised by itself when the process exits: Node waits there for native code to return. */
export function stopFlag(): StopFlag {
  if (!isWatchingExit) {
    process.on('exit', () => underWay.forEach(raise));
    isWatchingExit = true;
  }
  const control = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  underWay.add(control);
  return {
    control,
    raise: () => raise(control),
    release: () => {
      underWay.delete(control);
    },
  };
}

function raise(control: Int32Array): void {
  Atomics.store(control, 0, 1);
}
