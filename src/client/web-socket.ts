/** The part of the standard WebSocket that a client uses; that of the package `ws` fits, too. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  /** Of the package `ws`: at once, without a word. */
  terminate?(): void;
}

export type WebSocketClass = new (url: string) => WebSocketLike;

/** The platform's own; Node 20 has none. */
export async function webSocketClass(): Promise<WebSocketClass> {
  const own = (globalThis as { readonly WebSocket?: WebSocketClass }).WebSocket;
  if (own) return own;
  // Not a literal: what bundles for browsers is not to look for it.
  const nodes = 'undici';
  const { WebSocket } = (await import(nodes)) as { readonly WebSocket: WebSocketClass };
  return WebSocket;
}
