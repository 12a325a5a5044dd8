export type { Lease, LeaseDirectory } from './lease-directory.js';
