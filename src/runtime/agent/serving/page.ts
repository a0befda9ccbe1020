/**
 * A page of tasks, the newest state first, for whoever asks for all of a context.
 *
 * A page is short in bytes too: where results are asked for, it ends before they outgrow what an answer may have.
 */
import type { ListAsked, ReadFault, TaskView } from '../../../a2a/index.ts';
import { stateOf } from '../../../a2a/index.ts';
import type { Job } from './job.ts';
import type { ServingLimits } from './limits.ts';

export interface TaskPage {
  tasks: TaskView[];
  nextPageToken: string;
  pageSize: number;
  totalSize: number;
}

interface Place {
  at: number;
  id: string;
}

export function pageOf(jobs: readonly Job[], asked: ListAsked, limits: ServingLimits): TaskPage | ReadFault {
  const from = asked.pageToken === '' ? undefined : placeOf(asked.pageToken);
  if (from === undefined && asked.pageToken !== '') {
    return { fault: 'invalidParams', why: 'params.pageToken is none of ours' };
  }
  const matching = jobs.filter((job) => isAskedFor(job, asked)).toSorted(newestFirst);
  const rest = from === undefined ? matching : matching.filter((job) => newestFirst(from, job) < 0);
  const tasks: TaskView[] = [];
  let last: Job | undefined;
  let bytes = 0;
  for (const job of rest.slice(0, asked.pageSize)) {
    bytes += asked.withArtifacts ? job.bytes : 0;
    if (bytes > limits.resultBytesMax && last !== undefined) {
      break;
    }
    const { result, ...view } = job.view;
    tasks.push(asked.withArtifacts && result !== undefined ? { ...view, result } : view);
    job.isShown = true;
    last = job;
  }
  return {
    tasks,
    nextPageToken: last === undefined || tasks.length === rest.length ? '' : tokenOf(last),
    pageSize: asked.pageSize,
    totalSize: matching.length,
  };
}

function isAskedFor(job: Job, { context, state, since }: ListAsked): boolean {
  return (
    (context === undefined || (job.context ?? job.id) === context) &&
    (state === undefined || stateOf(job.view) === state) &&
    (since === undefined || job.at >= since)
  );
}

function newestFirst(one: Place, other: Place): number {
  return other.at - one.at || (one.id < other.id ? -1 : Number(one.id > other.id));
}

function tokenOf({ at, id }: Place): string {
  return `${at}.${id}`;
}

function placeOf(token: string): Place | undefined {
  const [, at, id] = /^(\d{1,16})\.(.{1,100})$/u.exec(token) ?? [];
  return at === undefined || id === undefined ? undefined : { at: Number(at), id };
}
