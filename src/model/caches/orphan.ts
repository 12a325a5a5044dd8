/**
 * Names of what a download that broke off leaves behind, and nothing else: a temporary file of Apple's URL loading
 * (`CFNetworkDownload_a1B2c3.tmp`), and a partial blob or file of the hub's clients (`HASH.incomplete`,
 * `HASH.ATTEMPT.incomplete`, `weight.bin.HASH.incomplete`).
 */
export const orphanPattern =
  /^(?:CFNetworkDownload_\w+\.tmp|(?:[\w.-]+\.)?[0-9a-f]{40,64}(?:\.[0-9a-f]{8})?\.incomplete)$/;
