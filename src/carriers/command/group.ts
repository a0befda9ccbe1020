/**
 * The process group of a program: all it started, as long as they stay in it.
 */
export function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // Nobody is left in it, or nobody whom we may end.
  }
}
