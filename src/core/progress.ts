/**
 * How far somebody says they are, within its bounds: it is a sign of life first, so what cannot be understood of it is
 * left out, and never a reason to refuse the rest.
 */
import { cut } from './text.ts';

const MESSAGE_CHARACTERS = 4000;

export interface Progress {
  message?: string;
  percent?: number;
  inTool?: boolean;
}

export function boundedProgress({ message, percent, inTool }: Progress): Progress {
  return {
    ...(typeof message === 'string' ? { message: shortened(message.toWellFormed()) } : {}),
    ...(typeof percent === 'number' && Number.isFinite(percent)
      ? { percent: Math.min(100, Math.max(0, percent)) }
      : {}),
    ...(inTool === true ? { inTool } : {}),
  };
}

function shortened(message: string): string {
  return message.length > MESSAGE_CHARACTERS ? `${cut(message, MESSAGE_CHARACTERS - 1).text}…` : message;
}
