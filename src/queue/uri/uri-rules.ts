/** What may be fetched: a queue is fed by others, so that nothing inside is within reach unless it is named here. */
export interface UriRules {
  /**
   * Folders whose files may be read, links followed. Whoever can write there can name any file of this machine for a
   * moment: do not share one with strangers.
   * @defaultValue none: no files
   */
  readonly allowedFolders?: readonly string[] | undefined;
  /**
   * Private, loopback and link-local addresses that may be connected to: networks as `10.1.0.0/16` or `fd00:1::/32`, or
   * all of them. That would include a cloud's own address for a machine's credentials: better name networks.
   * @defaultValue false
   */
  readonly allowPrivate?: boolean | readonly string[] | undefined;
  /** All addresses of a host name. @defaultValue what the operating system says */
  readonly lookup?: AddressLookup | undefined;
}

export type AddressLookup = (host: string) => Promise<readonly string[]>;

/** How long a host has for what it does. */
export interface UriPatience {
  /** @defaultValue 10 */
  readonly connectTimeoutSeconds?: number | undefined;
  /** From the question to the head of the answer. @defaultValue 30 */
  readonly answerTimeoutSeconds?: number | undefined;
  /** Without a single byte. @defaultValue 30 */
  readonly stallTimeoutSeconds?: number | undefined;
  /** Slower than this for a minute is given up. @defaultValue 4,096 */
  readonly slowBytesPerSecond?: number | undefined;
}
