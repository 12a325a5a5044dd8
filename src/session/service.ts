/** What becomes of a source's utterances when they have ended. */
export type Service = 'decoded' | 'dropped' | 'spooled';
