/**
 * What an agent says of itself to whoever asks, as one card that both versions of the protocol read.
 *
 * It holds no secret, so it is shown without one: it is what says that one is needed.
 */
import type { Json } from '../../../a2a/index.ts';

export interface Skill {
  id?: string;
  name?: string;
  description?: string;
  tags?: readonly string[];
}

/** What an agent is. */
export interface About {
  name: string;
  description: string;
  /** A skill that is its name and nothing more is written as its name. */
  skills: readonly (Skill | string)[];
  version: string;
  /** Tasks at once. */
  capacity: number;
}

const MODES = ['text/plain', 'application/json', 'application/octet-stream'];

export function cardOf(about: About, url: string, isGuarded: boolean): Json {
  const over = { url, protocolBinding: 'JSONRPC' };
  return {
    name: about.name,
    description: about.description === '' ? about.name : about.description,
    version: about.version,
    supportedInterfaces: [
      { ...over, protocolVersion: '1.0' },
      { ...over, protocolVersion: '0.3' },
    ],
    // The members of 0.3 stand beside those of 1.0; neither version minds the other's.
    protocolVersion: '0.3.0',
    url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [{ url, transport: 'JSONRPC' }],
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
    defaultInputModes: MODES,
    defaultOutputModes: MODES,
    skills: skillsOf(about),
    ...(isGuarded ? GUARDED : {}),
  };
}

const GUARDED = {
  securitySchemes: { bearer: { type: 'http', scheme: 'bearer', httpAuthSecurityScheme: { scheme: 'bearer' } } },
  security: [{ bearer: [] }],
  securityRequirements: [{ schemes: { bearer: { list: [] } } }],
};

/** There is at least one, since the protocol wants it. */
function skillsOf({ name, description, skills }: About): Json[] {
  const given = skills.length === 0 ? [{ id: 'task', name, description }] : skills;
  return given.map((skill) => {
    const said: Skill = typeof skill === 'string' ? { name: skill } : skill;
    const shown = said.name ?? said.id ?? name;
    const { id = shown, tags = [] } = said;
    return { id, name: shown, description: said.description ?? shown, tags: tags.length === 0 ? [id] : tags };
  });
}
