/**
 * Every command there is, in the order in which one meets them.
 */
import type { Command } from './command.ts';
import { agent } from './commands/agent.ts';
import { answer } from './commands/answer.ts';
import { cancel } from './commands/cancel.ts';
import { delegate } from './commands/delegate.ts';
import { demo } from './commands/demo.ts';
import { doctor } from './commands/doctor.ts';
import { inbox } from './commands/inbox.ts';
import { list } from './commands/list.ts';
import { mcp } from './commands/mcp.ts';
import { migrate } from './commands/migrate.ts';
import { peers } from './commands/peers.ts';
import { prompt } from './commands/prompt.ts';
import { result } from './commands/result.ts';
import { retry } from './commands/retry.ts';
import { show } from './commands/show.ts';
import { token } from './commands/token.ts';
import { tool } from './commands/tool.ts';
import { up } from './commands/up.ts';
import { wake } from './commands/wake.ts';
import { watch } from './commands/watch.ts';

export const COMMANDS: readonly Command[] = [
  up,
  demo,
  delegate,
  watch,
  list,
  show,
  result,
  cancel,
  answer,
  retry,
  inbox,
  wake,
  agent,
  peers,
  tool,
  prompt,
  mcp,
  token,
  doctor,
  migrate,
];
