import type { EngineOptions } from '../engine/options.js';
import type { LeaseDirectory } from '../queue/lease-directory.js';
import type { Logger } from '../telemetry/log.js';

/** How a server is run. */
export interface ServerOptions {
  /** Of the engine that it makes and owns. */
  readonly engine?: EngineOptions | undefined;
  /** Address to listen on. Anything but loopback without `keysFile` is refused unless `isOpen`. @defaultValue '127.0.0.1' */
  readonly host?: string | undefined;
  /** 0 for any that is free. @defaultValue 8080 */
  readonly port?: number | undefined;
  /** Let everybody in on any address. @defaultValue false */
  readonly isOpen?: boolean | undefined;
  /** Hashes of the keys that are let in, written by `whisperpool keys`; read again when it changes. @defaultValue none: everybody */
  readonly keysFile?: string | undefined;
  /** Origins of pages elsewhere that may call: `https://app.example`. @defaultValue none */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Of one upload. @defaultValue 536,870,912 (512 MiB) */
  readonly uploadLimitBytes?: number | undefined;
  /** Where uploads wait while they are transcribed. @defaultValue the system's folder for temporary files */
  readonly uploadFolder?: string | undefined;
  /** Audio of one upload, however small its file. @defaultValue 14,400 (4 h) */
  readonly audioLimitSeconds?: number | undefined;
  /** Uploads that wait or are transcribed at once; one more is told 429. @defaultValue 8 × slots */
  readonly transcriptionLimit?: number | undefined;
  /** WebSockets at once, those included that have not said who they are. @defaultValue 256 */
  readonly socketLimit?: number | undefined;
  /** A request has to be received in this time, its headers in a tenth of it. @defaultValue 300 */
  readonly requestSeconds?: number | undefined;
  /** How long the end waits for what runs. @defaultValue 30 */
  readonly drainSeconds?: number | undefined;
  /** Whether there is a page at `/`. @defaultValue true */
  readonly page?: boolean | undefined;
  /** Address of this server's `/v1/live` as clients reach it, for the lease directory. */
  readonly publicUrl?: string | undefined;
  /** Says which of several servers holds a session. @defaultValue none: only this one */
  readonly leases?: LeaseDirectory | undefined;
  /** @defaultValue none */
  readonly logger?: Logger | undefined;
}

/** The same with nothing left open. */
export interface ResolvedServerOptions {
  readonly host: string;
  readonly port: number;
  readonly keysFile: string | undefined;
  readonly corsOrigins: readonly string[];
  readonly uploadLimitBytes: number;
  readonly uploadFolder: string;
  readonly audioLimitSeconds: number;
  readonly transcriptionLimit: number;
  readonly socketLimit: number;
  readonly requestSeconds: number;
  readonly drainSeconds: number;
  readonly page: boolean;
  readonly publicUrl: string | undefined;
}
