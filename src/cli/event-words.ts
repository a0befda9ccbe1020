/**
 * What an event says besides its name, in words.
 */
import { oneLine } from './paint.ts';
import type { LoggedEvent } from '../runtime/follow.ts';
import { span } from './words.ts';

export function eventWords(event: LoggedEvent): string {
  const { data } = event;
  switch (event.type) {
    case 'delegation.accepted':
    case 'delegation.answered':
    case 'delegation.cancel_requested':
      return `by ${event.actor}${text(data['note'], ': ')}`;
    case 'delegation.dispatched':
      return `attempt ${String(data['attempt'])}`;
    case 'delegation.returned':
      return `${String(data['why'])}${text(data['error'], ': ')}${again(data['until'], event.at)}`;
    case 'delegation.asked':
      return text(data['question']);
    case 'delegation.progressed':
      return [typeof data['percent'] === 'number' ? `${data['percent']} %` : '', text(data['message'])]
        .join(' ')
        .trim();
    case 'delegation.warned':
      return typeof data['silent_ms'] === 'number' ? `no progress for ${span(data['silent_ms'])}` : '';
    case 'delegation.settled':
      return `${String(data['status'])}${typeof data['reason'] === 'string' ? ` (${data['reason']})` : ''}`;
    default:
      return '';
  }
}

function text(value: unknown, before = ''): string {
  return typeof value === 'string' && value !== '' ? `${before}${oneLine(value, 160)}` : '';
}

/** A moment in the data is a number or a time of the wire. */
function again(until: unknown, at: string): string {
  const moment = typeof until === 'number' ? until : Date.parse(typeof until === 'string' ? until : '');
  return Number.isNaN(moment) ? '' : `; again in ${span(moment - Date.parse(at))}`;
}
