/**
 * What to write into the settings of Claude Code so that it runs `errand wake claude` at the right moments.
 *
 * The hook of `Stop` is one that may wake: on a terminal it runs in the background for as long as it likes, with `-p`
 * it runs while the agent waits. The others take a moment.
 */
export interface HookWiring {
  /** How the command is started on this machine. */
  command: readonly string[];
  workspace: string;
  url?: string;
  data?: string;
}

export const SETTINGS_FILE = '.claude/settings.json';
const DAY_S = 86_400;
const MOMENT_S = 10;
/** For these a shell would need no quotes. */
const PLAIN = /^[\w@%+=:,./-]+$/u;

export function settingsOf(wiring: HookWiring): string {
  const command = commandOf(wiring);
  const quick = [{ hooks: [{ type: 'command', command, timeout: MOMENT_S }] }];
  const hooks = {
    SessionStart: quick,
    UserPromptSubmit: quick,
    Stop: [{ hooks: [{ type: 'command', command, asyncRewake: true, timeout: DAY_S }] }],
    SessionEnd: quick,
  };
  return JSON.stringify({ hooks }, null, 2);
}

function commandOf({ command, workspace, url, data }: HookWiring): string {
  const where = [...(url === undefined ? [] : ['--platform', url]), ...(data === undefined ? [] : ['--data', data])];
  return [...command, 'wake', 'claude', '--from', workspace, ...where].map(quoted).join(' ');
}

/** For the shell in which Claude Code starts its hooks. */
function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
