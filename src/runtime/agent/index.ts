/**
 * The door `errand/agent`: an agent that gets its work from a platform, wherever it runs.
 */
export { agent, isAgent, type Agent } from './agent.ts';
export type { Definition, SkillSaid as Skill } from './definition.ts';
export type { Served, ServeOptions, StopOptions } from './serve.ts';
export { Stopped, type StopReason } from './stopped.ts';
export { TryLater, type Answered, type Handler, type Progress, type Task, type TaskContext } from './work.ts';
