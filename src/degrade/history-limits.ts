/** What a policy may remember: snapshots, one a second, … */
export const mostSnapshots = 600;
/** … and steps. */
export const mostChanges = 200;
