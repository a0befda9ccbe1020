/**
 * The agents of the campaign, which are killed like the platform is: two that fetch, one that asks, one that is called,
 * and a program that the platform starts.
 */
import { rmSync } from 'node:fs';
import { Child } from '../delivery/child.ts';
import { freePort } from '../../support/free-port.ts';

const HERE = import.meta.dirname;

export interface Member {
  id: string;
  /** How it is enrolled. */
  seat: Record<string, unknown>;
  /** Of its process; nothing where the platform starts it. */
  args?: readonly string[];
}

export async function castOf(folder: string, platform: string): Promise<Member[]> {
  const port = await freePort();
  const agent = `${HERE}/agent.ts`;
  return [
    ...['fetches', 'lanes', 'asks'].map((id) => ({
      id,
      seat: { pull: true, capacity: id === 'lanes' ? 8 : 4 },
      args: [agent, 'pull', id, folder, platform],
    })),
    {
      id: 'called',
      seat: { url: `http://127.0.0.1:${port}`, capacity: 4 },
      args: [agent, 'a2a', 'called', folder, platform, String(port)],
    },
    { id: 'program', seat: { command: { run: [`${HERE}/program.sh`, folder] }, capacity: 3 } },
  ];
}

/** One agent's process: begun, killed, begun again. */
export class Agent {
  readonly member: Member;
  #child: Child | undefined;

  constructor(member: Member) {
    this.member = member;
  }

  start(): void {
    this.#child = this.member.args === undefined ? undefined : new Child(this.member.args);
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
    this.#child = undefined;
  }
}

export function sweep(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
